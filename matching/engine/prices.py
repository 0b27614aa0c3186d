"""Marginal premiums by carbon intensity, from the duals: what one tonne more would be worth.

A dual is a single party's number, so these are for market admins; ``PricePoint`` counts who stands
behind a value, for callers that must leave thin ones out (docs/matching.md).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from matching.engine.arrays import Ints
from matching.engine.market import Market
from matching.engine.results import SCALE, Result
from matching.engine.rows import LotRow, RequirementRow


@dataclass(frozen=True)
class PricePoint:
    """Of a lot of ``ci_milli`` that passes every other rule, one tonne more.

    Its marginal premium lies from ``lowest_e4`` to ``highest_e4`` (0.0001 USD/t): an interval where
    the duals are not unique, None where nobody would take it. Demand that accepts this intensity
    and supply at or below it are counted in rows, organisations and kilograms. ``indicative``: a
    search decided for some of that demand, and its multipliers leave a gap.
    """

    ci_milli: int
    lowest_e4: int | None
    highest_e4: int | None
    requirements: int
    buyers: int
    wanted_kg: int
    lots: int
    producers: int
    offered_kg: int
    indicative: bool


def curve(
    market: Market,
    result: Result,
    *,
    product_form: str,
    grade: str,
    boundary: str,
    levels_milli: Iterable[int],
) -> list[PricePoint]:
    """One point for each level, never rising with carbon; of one product at one boundary."""
    lots, rows = market.columns.lots, market.columns.rows
    offered = [
        place
        for place, row in enumerate(market.lots)
        if lots["sound"][place]
        and (row.product_form, row.grade) == (product_form, grade)
        and boundary in row.carbon_milli
    ]
    wanted = np.array(
        [
            place
            for place, row in enumerate(market.requirements)
            if rows["sound"][place]
            and product_form in row.product_forms
            and (not row.grades or grade in row.grades)
            and row.boundary == boundary
        ],
        dtype=np.int64,
    )
    supply = [market.lots[place] for place in offered]
    return [_point(market, result, level, supply, wanted, boundary) for level in levels_milli]


def _point(
    market: Market,
    result: Result,
    level: int,
    supply: list[LotRow],
    wanted: Ints,
    boundary: str,
) -> PricePoint:
    rows = market.columns.rows[wanted]
    accepting = wanted[rows["cap"] >= level]
    demand: list[RequirementRow] = [market.requirements[place] for place in accepting.tolist()]
    clean = [row for row in supply if row.carbon_milli[boundary] <= level]
    return PricePoint(
        ci_milli=level,
        lowest_e4=_premium(market, result, level, accepting, result.highest_requirement_duals),
        highest_e4=_premium(market, result, level, accepting, result.requirement_duals),
        requirements=len(demand),
        buyers=len({row.group for row in demand}),
        wanted_kg=sum(row.volume_kg for row in demand),
        lots=len(clean),
        producers=len({row.group for row in clean}),
        offered_kg=sum(row.available_kg for row in clean),
        indicative=any(row.key in result.searched for row in demand),
    )


def _premium(
    market: Market, result: Result, level: int, accepting: Ints, duals: tuple[int, ...]
) -> int | None:
    """The highest ask at which some requirement would take a kilogram: w covers its dual."""
    if not len(accepting):
        return None
    rows = market.columns.rows[accepting]
    v = np.array([duals[place] for place in accepting.tolist()], dtype=np.int64)
    a = np.array([result.average_duals[place] for place in accepting.tolist()], dtype=np.int64)
    above = np.where(rows["averages"], level - rows["limit"], 0)
    # Duals belong to 2 w + 1, and averages' to 1/SCALE of that.
    held = (v + a * above // SCALE) // 2
    worth = rows["maximum"] + rows["carbon_price"] * (rows["limit"] - level) - held
    return int(np.minimum(worth, rows["maximum"]).max())

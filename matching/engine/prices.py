"""Marginal premiums by carbon intensity, from the duals: what one tonne more would be worth.

A dual is a single party's number, so these are for market admins; ``PricePoint`` counts who stands
behind a value, for callers that must leave thin ones out (docs/matching.md).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from matching.engine.arrays import Ints
from matching.engine.market import Market
from matching.engine.results import SCALE, Result
from matching.engine.rows import LotRow, RequirementRow

# For a picture: a level each half t CO2e/t, of the products that most is wanted of.
STEP_MILLI, MOST_LEVELS, MOST_CURVES = 500, 40, 40


@dataclass(frozen=True, order=True)
class Product:
    """What is compared at all: one form and grade, within one boundary."""

    form: str
    grade: str
    boundary: str

    def __str__(self) -> str:
        return f"{self.form} {self.grade} {self.boundary}"


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
    product = Product(product_form, grade, boundary)
    offered = [place for place, row in _sound_lots(market) if product in _products_of_lot(row)]
    wanted = [
        place
        for place, row in _sound_rows(market)
        if product_form in row.product_forms
        and (not row.grades or grade in row.grades)
        and row.boundary == boundary
    ]
    return _points(market, result, product, offered, wanted, levels_milli)


def curves(market: Market, result: Result) -> dict[Product, list[PricePoint]]:
    """Of every product that somebody wants, from its cleanest lot or the lowest limit upwards.

    At most 40 products, those with the most kilograms wanted; in the order of their names.
    """
    offered: dict[Product, list[int]] = defaultdict(list)
    for place, lot in _sound_lots(market):
        for product in _products_of_lot(lot):
            offered[product].append(place)
    grades: dict[str, set[str]] = defaultdict(set)
    for product in offered:
        grades[product.form].add(product.grade)
    wanted: dict[Product, list[int]] = defaultdict(list)
    for place, row in _sound_rows(market):
        for form in row.product_forms:
            for grade in row.grades or grades[form]:
                wanted[Product(form, grade, row.boundary)].append(place)
    volume = market.columns.rows["volume"]
    size = Counter({product: sum(volume[places].tolist()) for product, places in wanted.items()})
    most = sorted(size, key=lambda product: (-size[product], product))[:MOST_CURVES]
    return {
        product: _points(
            market, result, product, offered[product], wanted[product],
            _levels(market, product, offered[product], wanted[product]),
        )
        for product in sorted(most)
    }  # fmt: skip


def _sound_lots(market: Market) -> Iterable[tuple[int, LotRow]]:
    sound = market.columns.lots["sound"]
    return ((place, row) for place, row in enumerate(market.lots) if sound[place])


def _sound_rows(market: Market) -> Iterable[tuple[int, RequirementRow]]:
    sound = market.columns.rows["sound"]
    return ((place, row) for place, row in enumerate(market.requirements) if sound[place])


def _products_of_lot(row: LotRow) -> list[Product]:
    return [Product(row.product_form, row.grade, boundary) for boundary in row.carbon_milli]


def _levels(
    market: Market, product: Product, offered: Sequence[int], wanted: Sequence[int]
) -> list[int]:
    """Round levels from the lowest that says anything to the first that nobody takes."""
    caps = market.columns.rows["cap"][list(wanted)]
    lowest = min([int(caps.min()), *_carbon(market, product, offered)]) // STEP_MILLI * STEP_MILLI
    highest = int(caps.max()) + STEP_MILLI
    return list(range(max(lowest, STEP_MILLI), highest + 1, STEP_MILLI))[:MOST_LEVELS]


def _carbon(market: Market, product: Product, offered: Sequence[int]) -> list[int]:
    return [market.lots[place].carbon_milli[product.boundary] for place in offered]


def _points(
    market: Market,
    result: Result,
    product: Product,
    offered: Sequence[int],
    wanted: Sequence[int],
    levels_milli: Iterable[int],
) -> list[PricePoint]:
    carbon = np.array(_carbon(market, product, offered), dtype=np.int64)
    lots, demand = np.array(offered, dtype=np.int64), np.array(wanted, dtype=np.int64)
    caps = market.columns.rows["cap"][demand]
    searched = np.array(
        [market.requirements[place].key in result.searched for place in wanted], dtype=bool
    )
    return [
        _point(
            market, result, level, lots[carbon <= level], demand[caps >= level],
            indicative=bool(searched[caps >= level].any()),
        )
        for level in levels_milli
    ]  # fmt: skip


def _point(
    market: Market, result: Result, level: int, clean: Ints, accepting: Ints, *, indicative: bool
) -> PricePoint:
    lots, rows = market.columns.lots[clean], market.columns.rows[accepting]
    return PricePoint(
        ci_milli=level,
        lowest_e4=_premium(market, result, level, accepting, result.highest_requirement_duals),
        highest_e4=_premium(market, result, level, accepting, result.requirement_duals),
        requirements=len(accepting),
        buyers=len(np.unique(rows["group"])),
        wanted_kg=sum(rows["volume"].tolist()),
        lots=len(clean),
        producers=len(np.unique(lots["group"])),
        offered_kg=sum(lots["available"].tolist()),
        indicative=indicative,
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

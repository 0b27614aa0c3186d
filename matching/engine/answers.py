"""What the sectors of a market came to, and how that adds up to one result."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter

import numpy as np

from matching.engine import compatibility
from matching.engine.arrays import Flags, Ints, total
from matching.engine.market import Market
from matching.engine.results import Match, Result
from matching.engine.searches import multipliers
from matching.engine.version import ENGINE_VERSION


@dataclass(frozen=True)
class Duals:
    """Of n lots (u) and m requirements (v, and a of averages), for profits 2w + 1 per kilogram."""

    highest_u: Ints
    lowest_v: Ints
    lowest_u: Ints
    highest_v: Ints
    a: Ints


@dataclass(frozen=True)
class Answer:
    """One sector's allocation; everything by places in the sector, both sides in canonical order.

    ``lot``, ``row`` and ``amount``: kilograms above 0. ``lot_part`` and ``row_part``: numbers of
    the parts that cannot influence each other, from 0, -1 without a compatible pair. ``searched``:
    requirements of parts that a search decided; ``beyond``: what by its own word it left open, in
    profits; ``ended``: whether it ended by itself.
    """

    lot: Ints
    row: Ints
    amount: Ints
    duals: Duals
    lot_part: Ints
    row_part: Ints
    parts: int
    pairs: int
    searched: Flags
    beyond: float
    ended: bool


def summed(
    market: Market, sectors: Sequence[tuple[Ints, Ints]], answers: Sequence[Answer]
) -> Result:
    """``sectors``: (lots, requirements) of each answer, by their places in the market."""
    found = _Market(len(market.lots), len(market.requirements))
    for (lots, rows), answer in zip(sectors, answers, strict=True):
        found.add(lots, rows, answer)
    matches = tuple(_matches(market, sectors, answers))
    reached = sum(2 * match.surplus_e7 + match.quantity_kg for match in matches)
    columns = market.columns
    bound = total(found.highest_u, columns.lots["available"])
    bound += total(found.lowest_v, columns.rows["volume"])
    bound += multipliers.allowed(found.a, columns.rows["allowance"])
    searched = np.flatnonzero(found.searched).tolist()
    exact = bound == reached
    open_ = sum(answer.beyond for answer in answers)
    beyond = open_ / max(reached + open_, 1.0)
    return Result(
        matches=matches,
        lot_duals=tuple(found.highest_u.tolist()),
        lowest_lot_duals=tuple(found.lowest_u.tolist()),
        requirement_duals=tuple(found.lowest_v.tolist()),
        highest_requirement_duals=tuple(found.highest_v.tolist()),
        average_duals=tuple(found.a.tolist()),
        lot_parts=tuple(found.lot_part.tolist()),
        requirement_parts=tuple(found.row_part.tolist()),
        searched=frozenset(market.requirements[place].key for place in searched),
        compatible_pairs=sum(answer.pairs for answer in answers),
        segments=found.parts,
        total_surplus_e7=sum(match.surplus_e7 for match in matches),
        inputs_sha256=market.inputs_sha256,
        result_sha256=_hash(matches),
        optimal=exact or (bool(searched) and all(answer.ended for answer in answers)),
        gap=Decimal(0) if exact else Decimal(bound - reached) / Decimal(max(bound, 1)),
        gap_solver=Decimal(0) if exact or not searched else Decimal(f"{beyond:.12f}"),
    )


class _Market:
    """Arrays over all lots and requirements, filled sector by sector."""

    def __init__(self, lots: int, requirements: int) -> None:
        self.highest_u, self.lowest_u = np.zeros((2, lots), dtype=np.int64)
        self.lowest_v, self.highest_v, self.a = np.zeros((3, requirements), dtype=np.int64)
        self.lot_part = np.full(lots, -1)
        self.row_part = np.full(requirements, -1)
        self.searched = np.zeros(requirements, dtype=np.bool_)
        self.parts = 0

    def add(self, lots: Ints, rows: Ints, answer: Answer) -> None:
        duals = answer.duals
        self.highest_u[lots], self.lowest_u[lots] = duals.highest_u, duals.lowest_u
        self.lowest_v[rows], self.highest_v[rows] = duals.lowest_v, duals.highest_v
        self.a[rows] = duals.a
        self.lot_part[lots] = _from(self.parts, answer.lot_part)
        self.row_part[rows] = _from(self.parts, answer.row_part)
        self.searched[rows] = answer.searched
        self.parts += answer.parts


def _from(first: int, part: Ints) -> Ints:
    return np.where(part < 0, -1, part + first)


def _matches(
    market: Market, sectors: Sequence[tuple[Ints, Ints]], answers: Sequence[Answer]
) -> Iterable[Match]:
    none = np.zeros(0, dtype=np.int64)
    pairs = list(zip(sectors, answers, strict=True))
    lot = np.concatenate([none, *(lots[answer.lot] for (lots, _rows), answer in pairs)])
    row = np.concatenate([none, *(rows[answer.row] for (_lots, rows), answer in pairs)])
    amount = np.concatenate([none, *(answer.amount for answer in answers)])
    order = np.lexsort((lot, row))
    lot, row, amount = lot[order], row[order], amount[order]
    columns = market.columns
    offered, wanted = columns.lots[lot], columns.rows[row]
    stated = columns.stated[wanted["boundary"], lot]
    values = compatibility.value(offered, wanted, stated).tolist()
    facts = (array.tolist() for array in (lot, row, amount, stated["ci"], offered["ask"]))
    for i, j, kilograms, ci, ask, value in zip(*facts, values, strict=True):
        yield Match(
            lot=market.lots[i].key,
            requirement=market.requirements[j].key,
            quantity_kg=kilograms,
            ci_milli=ci,
            ask_e4=ask,
            surplus_e7=value * kilograms,
        )


def _hash(matches: tuple[Match, ...]) -> str:
    names = ("lot", "requirement", "quantity_kg", "ci_milli", "ask_e4", "surplus_e7")
    rows = [ENGINE_VERSION, *map(attrgetter(*names), matches)]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()

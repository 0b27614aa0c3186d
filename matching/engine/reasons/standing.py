"""How a result leaves each party: what it got, from whom, and what a kilogram of it is worth."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matching.engine import compatibility
from matching.engine.arrays import Flags, Ints, sums_at
from matching.engine.market import Market
from matching.engine.results import Result


@dataclass(frozen=True)
class Standing:
    """The parties of one side, in canonical order.

    ``given``: matched kilograms. ``asks``: who is not fully matched. ``full``: who has no kilogram
    left. Those whom party a deals with are ``partner[first[a]:first[a + 1]]``. ``highest`` and
    ``lowest``: optimal duals, of the profits 2w + 1. ``portioned``: no price alone decides what it
    gets; ``doubtful``: is in one part of the market with somebody who is. ``carbon``: of
    requirements, kilograms x milli t/t that may still come above the average limit.
    """

    given: Ints
    asks: Flags
    full: Flags
    first: Ints
    partner: Ints
    highest: Ints
    lowest: Ints
    portioned: Flags
    doubtful: Flags
    carbon: Ints

    def deals_with(self, places: Ints, others: Ints) -> Flags:
        """Whether the parties at some places deal with the counterpart given there."""
        width = 1 + max(self.partner.max(initial=0), others.max(initial=0))
        owner = np.repeat(np.arange(len(self.given)), np.diff(self.first))
        found: Flags = np.isin(places * width + others, owner * width + self.partner)
        return found

    def deals_beside(self, places: Ints, others: Ints) -> Flags:
        """Whether the parties at some places deal with anybody but the counterpart given there."""
        first, partners = self.first[places], np.diff(self.first)[places]
        only = self.partner[np.where(partners == 1, first, 0)] if len(self.partner) else others
        found: Flags = (partners > 1) | ((partners == 1) & (only != others))
        return found


def of(market: Market, result: Result) -> tuple[Standing, Standing]:
    """Of the lots, of the requirements."""
    lots, rows = market.columns.lots, market.columns.rows
    lot_of = {lot.key: place for place, lot in enumerate(market.lots)}
    row_of = {row.key: place for place, row in enumerate(market.requirements)}
    lot = _ints([lot_of[match.lot] for match in result.matches])
    row = _ints([row_of[match.requirement] for match in result.matches])
    amount = _ints([match.quantity_kg for match in result.matches])
    given, got = sums_at(lot, amount, len(lots)), sums_at(row, amount, len(rows))
    stated = market.columns.stated[rows["boundary"][row], lot]
    carbon = sums_at(row, amount * compatibility.excess(lots[lot], rows[row], stated), len(rows))
    enough = np.where(rows["floor"] > 0, rows["floor"], rows["volume"])
    portioned = lots["take"] > 0, rows["special"]
    doubtful = _doubtful(result, *portioned)
    of_lots = Standing(
        given, given < lots["available"], given == lots["available"], *_by_end(lot, row, len(lots)),
        _ints(result.lot_duals), _ints(result.lowest_lot_duals), portioned[0], doubtful[0],
        np.zeros_like(given),
    )  # fmt: skip
    of_rows = Standing(
        got, got < enough, got == rows["volume"], *_by_end(row, lot, len(rows)),
        _ints(result.highest_requirement_duals), _ints(result.requirement_duals),
        portioned[1], doubtful[1], rows["allowance"] - carbon,
    )  # fmt: skip
    return of_lots, of_rows


def _by_end(ends: Ints, others: Ints, count: int) -> tuple[Ints, Ints]:
    """(where those begin that a party deals with, and where the last ends; those)."""
    order = np.argsort(ends, kind="stable")
    return np.searchsorted(ends[order], np.arange(count + 1)), others[order]


def _doubtful(result: Result, lots: Flags, rows: Flags) -> tuple[Flags, Flags]:
    """One party with portions is enough: with it the whole part may be decided otherwise."""
    of_lots, of_rows = _ints(result.lot_parts), _ints(result.requirement_parts)
    # One more for those without a compatible pair, whose part is -1.
    part = np.zeros(result.segments + 1, dtype=np.bool_)
    part[of_lots[lots]] = part[of_rows[rows]] = True
    part[-1] = False
    return lots | part[of_lots], rows | part[of_rows]


def _ints(values: Sequence[int]) -> Ints:
    return np.array(values, dtype=np.int64)

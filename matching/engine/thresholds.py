"""From where a party would be matched, or matched further: premiums and carbon limits, exactly.

Raising a limit adds the same to all pairs of a requirement. It gets a kilogram more in every
optimum once 2w + 1 exceeds, for some lot that fits, what a kilogram of that lot is worth to the
others: the lot's highest dual in the market where this requirement keeps what it has and asks no
more. The mirror holds for asks. Parts that were searched, and parties with portions, have no such
answer.
"""

from dataclasses import dataclass, replace

import numpy as np

from matching.engine import compatibility, duals, pairs, segments
from matching.engine.columns import Flags, Ints, LotColumns
from matching.engine.compatibility import PASSES, Rule
from matching.engine.market import LotRow, Market, RequirementRow
from matching.engine.pairs import Pairs
from matching.engine.recheck import Demand
from matching.engine.results import Result

HIGHEST_MILLI = 25_000
# An ask below any maximum, in 0.0001 USD/t: who would take the lot if price were no matter.
NO_ASK = -(10**9)
# Pairs that may be looked at again for parties that are matched in part; beyond, nothing is told.
BUDGET = 20_000_000


@dataclass
class Residual:
    """The optimal flow, asked what a kilogram more for one party would cost the others."""

    market: Market
    found: Pairs
    amounts: Ints
    part_of: Ints
    parts: list[Ints]
    portioned_rows: Flags
    portioned_lots: Flags
    left: int

    @classmethod
    def of(cls, market: Market, lots: LotColumns, result: Result) -> "Residual":
        found = pairs.compatible(market, lots)
        n, m = len(market.lots), len(market.requirements)
        place = {(one.lot, one.requirement): one.quantity_kg for one in result.matches}
        keys = zip(found.lot.tolist(), found.requirement.tolist(), strict=True)
        names = ((market.lots[i].key, market.requirements[j].key) for i, j in keys)
        amounts = np.fromiter((place.get(name, 0) for name in names), dtype=np.int64)
        parts = list(segments.split(found, n, m))
        part_of = np.full(m, -1, dtype=np.int64)
        for number, places in enumerate(parts):
            part_of[found.requirement[places]] = number
        portioned_rows = np.array([row.special for row in market.requirements], dtype=np.bool_)
        portioned_lots = np.array([row.min_take_kg > 0 for row in market.lots], dtype=np.bool_)
        # One party with portions is enough: with it the part may be decided otherwise.
        for places in parts:
            part_lots, part_rows = found.lot[places], found.requirement[places]
            if portioned_lots[part_lots].any() or portioned_rows[part_rows].any():
                portioned_lots[part_lots] = portioned_rows[part_rows] = True
        return cls(market, found, amounts, part_of, parts, portioned_rows, portioned_lots, BUDGET)

    def lots_without(self, requirement: int) -> Ints | None:
        """Highest duals of lots when it keeps what it has and asks no more; None beyond budget."""
        places = self._part(int(self.part_of[requirement]))
        if places is None:
            return None
        own = self.found.requirement[places] == requirement
        available = np.array([row.available_kg for row in self.market.lots], dtype=np.int64)
        count = len(self.market.requirements)
        found = self.found
        return self._highest(places, own, available, (found.lot, found.requirement), count)

    def requirements_without(self, lot: int) -> Ints | None:
        """Highest duals of requirements when a lot sells what it sells and offers no more."""
        mine = self.found.requirement[self.found.lot == lot]
        places = self._part(int(self.part_of[mine[0]]))
        if places is None:
            return None
        own = self.found.lot[places] == lot
        volume = np.array([row.volume_kg for row in self.market.requirements], dtype=np.int64)
        count, found = len(self.market.lots), self.found
        return self._highest(places, own, volume, (found.requirement, found.lot), count)

    def _highest(
        self, places: Ints, own: Flags, capacity: Ints, ends: tuple[Ints, Ints], count: int
    ) -> Ints:
        """Duals of the side with ``capacity``, less what the party's own pairs hold of it."""
        asked, facing = ends
        np.subtract.at(capacity, asked[places[own]], self.amounts[places[own]])
        rest = places[~own]
        flow = self.amounts[rest]
        side = asked[rest]
        full = duals.full(side, flow, capacity)
        sides = duals.Sides(side, facing[rest], self.found.at(rest).profit, flow, full, count)
        return duals.highest(sides)[0]

    def _part(self, number: int) -> Ints | None:
        places = self.parts[number]
        self.left -= len(places)
        return places if self.left >= 0 else None


def able(lots: LotColumns, first: Ints) -> Flags:
    """Lots that fit a requirement but for the price."""
    fits: Flags = ((first == PASSES) | (first == Rule.PREMIUM_TOO_HIGH)) & lots.sound
    return fits


def price(lots: LotColumns, row: RequirementRow, fits: Flags, u: Ints) -> int | None:
    """Lowest maximum premium with 2w + 1 > u for a lot that fits, and not below its ask."""
    fits = fits & (u < duals.NEVER)
    needed = np.maximum(_entry(lots, row), lots.ask - _saved(lots, row) + (u * fits + 1) // 2)
    return int(needed[fits].min()) if fits.any() else None


def shifts_up_to(lots: LotColumns, row: RequirementRow, fits: Flags, u: Ints, premium: int) -> bool:
    """Whether on the way up its own kilograms would change places.

    They do when a lot that is too dear today would be worth more to it than ``u``, the lots' duals
    of the round, but for the maximum: then no dual tells from where it gets more kilograms.
    """
    entry, worth = _entry(lots, row), 2 * compatibility.values(lots, row) + 1
    opening = (entry > (row.max_premium_e4 or 0)) & (entry <= premium)
    return bool((fits & opening & (worth > u)).any())


def _saved(lots: LotColumns, row: RequirementRow) -> Ints:
    return compatibility.values(lots, row) + lots.ask - (row.max_premium_e4 or 0)


def _entry(lots: LotColumns, row: RequirementRow) -> Ints:
    """The maximum premium from which each lot is not too dear: w >= 0, and the ask within it."""
    entry: Ints = np.maximum(lots.ask, lots.ask - _saved(lots, row))
    return entry


def carbon_fits(lots: LotColumns, row: RequirementRow) -> Flags:
    """Lots that would fit if the carbon limit were no matter."""
    first = compatibility.first_failures(lots, row, cap=HIGHEST_MILLI)
    fits: Flags = able(lots, first) & (lots.ask <= (row.max_premium_e4 or 0))
    return fits


def limit(lots: LotColumns, row: RequirementRow, fits: Flags, u: Ints) -> int | None:
    """Lowest carbon limit that lets it have some lot that nothing else stops."""
    ci = compatibility.intensity(lots, row)
    short = (u + 1) // 2 - ((row.max_premium_e4 or 0) - lots.ask)
    rate = row.carbon_price_e1
    if rate:
        needed = ci + np.maximum(0, -(-short // rate))
    else:
        needed, fits = ci, fits & (short <= 0)
    fits = fits & (needed <= HIGHEST_MILLI)
    return int(needed[fits].min()) if fits.any() else None


def ask(demand: Demand, lot: LotRow, v: Ints) -> int | None:
    """Highest ask with 2w + 1 > v for a requirement that fits, and not above its maximum."""
    fits, worth = _worth(demand, lot)
    fits = fits & (v < duals.NEVER)
    highest = np.minimum(worth - (v * fits + 1) // 2, demand.highest)
    return int(highest[fits].max()) if fits.any() else None


def shifts_down_to(demand: Demand, lot: LotRow, v: Ints, premium: int) -> bool:
    """As ``shifts_up_to``, for an ask on its way down; ``v`` are the requirements' duals."""
    asked = lot.ask_e4 or 0
    fits, worth = _worth(demand, lot)
    entry = np.minimum(worth, demand.highest)
    opening = (entry < asked) & (entry >= premium)
    return bool((fits & opening & (2 * (worth - asked) + 1 > v)).any())


def _worth(demand: Demand, lot: LotRow) -> tuple[Flags, Ints]:
    """Who would take the lot if price were no matter, and the ask at which w is 0 for each."""
    offer = demand.meets(replace(lot, ask_e4=NO_ASK))
    return offer.fits, (offer.profit - 1) // 2 + NO_ASK


def uncertain(demand: Demand, lot: LotRow, residual: Residual) -> bool:
    """Whether who could take the lot has portions or was served by a search."""
    offer = demand.meets(replace(lot, ask_e4=NO_ASK))
    return lot.min_take_kg > 0 or bool((offer.fits & residual.portioned_rows).any())

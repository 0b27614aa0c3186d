"""All pairs that may trade: the arcs of the flow network, requirement by requirement."""

from dataclasses import dataclass, fields

import numpy as np

from matching.engine import compatibility
from matching.engine.columns import Flags, Ints, LotColumns
from matching.engine.market import Market, RequirementRow


@dataclass(frozen=True)
class Pairs:
    """Arrays of one length. ``lot`` and ``requirement`` are places in the market.

    ``value``: w in 0.0001 USD/t. ``least``: smallest kilograms if the pair trades at all (1: any).
    ``excess``: milli t/t above the requirement's average limit, negative below; 0 where each lot
    counts alone.
    """

    lot: Ints
    requirement: Ints
    value: Ints
    least: Ints
    excess: Ints

    @property
    def profit(self) -> Ints:
        """What the solvers maximise per kilogram: surplus first, then tonnes (docs/matching.md)."""
        profit: Ints = 2 * self.value + 1
        return profit

    def at(self, places: Ints | Flags) -> "Pairs":
        return Pairs(*(getattr(self, field.name)[places] for field in fields(self)))


def compatible(market: Market, lots: LotColumns) -> Pairs:
    """Pairs that pass every rule that two parties can check between themselves; w >= 0."""
    parts = [_of(market, lots, place, row) for place, row in enumerate(market.requirements)]
    empty = np.zeros(0, dtype=np.int64)
    return Pairs(
        *(
            np.concatenate([empty, *(getattr(part, field.name) for part in parts)])
            for field in fields(Pairs)
        )
    )


def _of(market: Market, lots: LotColumns, place: int, row: RequirementRow) -> Pairs:
    found = np.zeros(0, dtype=np.int64)
    if compatibility.sound(row, market):
        passing = compatibility.first_failures(lots, row) == compatibility.PASSES
        found = np.flatnonzero(passing & lots.sound)
    ci = compatibility.intensity(lots, row)[found]
    return Pairs(
        lot=found,
        requirement=np.full(len(found), place, dtype=np.int64),
        value=compatibility.values(lots, row)[found],
        least=np.maximum(compatibility.least(lots, row)[found], 1),
        excess=ci - row.max_ci_milli if row.averages else np.zeros_like(ci),
    )

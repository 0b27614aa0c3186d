"""A part of the market that is searched: its parties, and all its pairs, listed."""

from dataclasses import dataclass, fields

import numpy as np

from matching.engine.arrays import Flags, Ints


@dataclass(frozen=True)
class Pairs:
    """Arrays of one length. ``lot`` and ``requirement`` are places in the part.

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


@dataclass(frozen=True)
class Part:
    """Pairs with places renumbered from 0, and the kilograms of its lots and requirements.

    ``lots`` and ``requirements`` give the places in the market. ``floor``: kilograms that a
    requirement gets or nothing; 0 for "any part of it". ``allowance``: kilograms x excess that may
    come above its average limit.
    """

    pairs: Pairs
    lots: Ints
    requirements: Ints
    available: Ints
    volume: Ints
    floor: Ints
    allowance: Ints

    @property
    def most(self) -> Ints:
        """The most that each pair can trade."""
        return np.minimum(self.available[self.pairs.lot], self.volume[self.pairs.requirement])

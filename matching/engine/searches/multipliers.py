"""Multipliers that a solver found in floats, made exact: whatever they are, they bound.

For any u >= 0 of lots and any a >= 0 of averages, v = max(0, 2w + 1 - u - a . excess) makes
sum u . available + sum v . volume + sum a . allowance a bound on every allocation that keeps the
averages: a kilogram beyond the limit costs what a kilogram below it earns. Good multipliers make it
tight.
"""

from dataclasses import dataclass

import numpy as np

from matching.engine.arrays import Ints, total
from matching.engine.results import SCALE
from matching.engine.searches.parts import Part
from matching.engine.searches.program import Floats


@dataclass(frozen=True)
class Multipliers:
    """Of the relaxation without portions: per kilogram of a lot, per t CO2e/t of an average."""

    lots: Floats
    averages: Floats


def exact(part: Part, found: Multipliers) -> tuple[Ints, Ints, Ints]:
    """(of lots, of requirements, of averages) as integers that hold for every pair."""
    pairs = part.pairs
    lots = np.rint(found.lots).astype(np.int64)
    # Per t CO2e/t to 1/1000 per milli t/t: the two thousands cancel.
    averages = np.rint(found.averages).astype(np.int64)
    free = SCALE * (pairs.profit - lots[pairs.lot]) - averages[pairs.requirement] * pairs.excess
    wanted = np.zeros(len(part.volume), dtype=np.int64)
    np.maximum.at(wanted, pairs.requirement, -(-free // SCALE))
    return lots, wanted, averages


def allowed(a: Ints, allowance: Ints) -> int:
    """What the allowances add to a bound; rounded up, for ``a`` is in 1/SCALE."""
    return -(-total(a, allowance) // SCALE)

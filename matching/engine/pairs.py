"""All pairs that may trade: the arcs of the flow network, requirement by requirement."""

from dataclasses import dataclass

import numpy as np

from matching.engine import compatibility
from matching.engine.columns import Ints, LotColumns
from matching.engine.market import Market


@dataclass(frozen=True)
class Pairs:
    """Arrays of one length: places of lot and requirement in the market, and w in 0.0001 USD/t."""

    lot: Ints
    requirement: Ints
    value: Ints


def compatible(market: Market, lots: LotColumns) -> Pairs:
    """Pairs that pass every hard rule (w >= 0 follows: ask <= maximum and intensity <= cap)."""
    places: list[Ints] = []
    values: list[Ints] = []
    for row in market.requirements:
        found = np.zeros(0, dtype=np.int64)
        if compatibility.sound(row, market):
            passing = compatibility.first_failures(lots, row) == compatibility.PASSES
            found = np.flatnonzero(passing & lots.sound)
        places.append(found)
        values.append(compatibility.values(lots, row)[found])
    owners = np.repeat(np.arange(len(places)), [len(found) for found in places])
    empty = np.zeros(0, dtype=np.int64)
    return Pairs(
        np.concatenate([empty, *places]), owners.astype(np.int64), np.concatenate([empty, *values])
    )


def segments(market: Market, pairs: Pairs) -> int:
    """How many parts of the market cannot influence each other; without lone parties."""
    n = len(market.lots)
    label = np.arange(n + len(market.requirements))
    left, right = pairs.lot, pairs.requirement + n
    while True:
        lower = np.minimum(label[left], label[right])
        new = label.copy()
        np.minimum.at(new, left, lower)
        np.minimum.at(new, right, lower)
        new = np.minimum(new, new[new])
        if np.array_equal(new, label):
            return len(np.unique(label[left]))
        label = new

"""Parts of the market that cannot influence each other: the components of the pairs' graph."""

from collections.abc import Iterator

import numpy as np

from matching.engine.columns import Ints
from matching.engine.pairs import Pairs


def split(pairs: Pairs, lots: int, requirements: int) -> Iterator[Ints]:
    """The places of each part's pairs, in canonical order. Parties without a pair are in none."""
    if not len(pairs.lot):
        return
    label = _labels(pairs.lot, pairs.requirement + lots, lots + requirements)[pairs.lot]
    order = np.argsort(label, kind="stable")
    cuts = np.flatnonzero(np.diff(label[order])) + 1
    yield from np.split(order, cuts)


def _labels(left: Ints, right: Ints, count: int) -> Ints:
    """Each node's smallest neighbour, over and over, with every label's label looked up."""
    label = np.arange(count)
    while True:
        lower = np.minimum(label[left], label[right])
        new = label.copy()
        np.minimum.at(new, left, lower)
        np.minimum.at(new, right, lower)
        new = new[new]
        if np.array_equal(new, label):
            return label
        label = new

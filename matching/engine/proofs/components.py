"""Which parties chains of compatible pairs connect, as the checker finds it out for itself."""

import numpy as np

from matching.engine.arrays import Ints

ABSENT = -1


class Components:
    """Joined lot by lot: a forest over the requirements, each tree one component (union-find)."""

    def __init__(self, lots: int, requirements: int) -> None:
        self._above = np.arange(requirements)
        self._paired = np.zeros(requirements, dtype=np.bool_)
        self._one_of = np.full(lots, ABSENT)

    def join(self, lot: int, wanted: Ints) -> None:
        """``wanted``: the places of all requirements compatible with it, at least one."""
        above = self._above
        found = above[wanted]
        while not np.array_equal(higher := above[found], found):
            found = higher
        above[found] = above[wanted] = found.min()
        self._paired[wanted] = True
        self._one_of[lot] = wanted[0]

    def labels(self) -> tuple[Ints, Ints]:
        """A number for each lot and requirement, equal in one component; ABSENT without a pair."""
        root = self._above
        while not np.array_equal(higher := root[root], root):
            root = higher
        lots = np.full(len(self._one_of), ABSENT)
        joined = self._one_of != ABSENT
        lots[joined] = root[self._one_of[joined]]
        return lots, np.where(self._paired, root, ABSENT)


def same(labels: Ints, names: Ints) -> bool:
    """Whether both divide parties into the same groups and leave the same ones out."""
    pairs = np.unique(np.stack([labels, names]), axis=1)
    one_to_one = all(len(np.unique(side)) == pairs.shape[1] for side in pairs)
    return one_to_one and np.array_equal(labels == ABSENT, names == ABSENT)

"""Single rules over many requirements, for the checker: who passes for what a lot holds.

A requirement asks for something, a lot holds something, and the same meets the same answer. So
each different thing that lots hold is asked once and kept as a row of bits over the requirements;
where all rows of a lot have their bit set, the pair may be compatible.
"""

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

import numpy as np

from matching.engine.arrays import Bits, Flags, Ints, Places
from matching.engine.rows import LotRow

WORD = 64
# Different numbers of one rule that get rows of their own, and rows that one rule keeps at most:
# 9 and 18 MB with 140,000 requirements.
LEVELS, KEPT = 512, 1024


class Names:
    """A rule on names and sets: those who ask for the same are asked together."""

    def __init__(
        self,
        asked: Iterable[Hashable],
        held: Callable[[LotRow], Hashable],
        accepts: Callable[[Any, Any], bool],
    ) -> None:
        self.key, self._accepts = held, accepts
        self._kinds, self._kind = numbered(asked)
        self._answers: dict[Hashable, Flags] = {}

    def passing(self, key: Hashable, own: Ints) -> Flags:
        """Which of the requirements at the places ``own`` pass."""
        answers = self._answers.get(key)
        if answers is None:
            answers = flags(self._accepts(asked, key) for asked in self._kinds)
            keep(self._answers, key, answers)
        found: Flags = answers[self._kind[own]]
        return found


class Least:
    """A rule on numbers: what is asked is at most what is held.

    ``rounded``: too many different numbers are asked for; some who fail pass, none fails wrongly.
    """

    def __init__(self, asked: Iterable[int], held: Callable[[LotRow], int]) -> None:
        self.asked, self.held = ints(asked), held
        levels = np.unique(self.asked)
        step = max(-(-len(levels) // LEVELS), 1)
        self.rounded = step > 1
        self._edges: list[int] = levels[::step].tolist()

    def key(self, lot: LotRow) -> int:
        """How many edges are at most what it holds: all who ask for less than the next may pass."""
        return bisect_right(self._edges, self.held(lot))

    def passing(self, key: int, own: Ints) -> Flags:
        if key == len(self._edges):
            return np.ones(len(own), dtype=np.bool_)
        found: Flags = self.asked[own] < self._edges[key]
        return found


class Rows:
    """A rule's rows of bits over the requirements at the places ``own``, made when asked for."""

    def __init__(self, rule: Names | Least, own: Ints) -> None:
        self._rule, self._own = rule, own
        self._known: dict[Hashable, Bits | None] = {}

    def of(self, lot: LotRow) -> Bits | None:
        """None where all of them pass."""
        key: Any = self._rule.key(lot)
        if key not in self._known:
            passing = self._rule.passing(key, self._own)
            keep(self._known, key, None if passing.all() else packed(passing))
        return self._known[key]


def packed(passing: Flags) -> Bits:
    found = np.zeros(-(-len(passing) // WORD), dtype=np.uint64)
    found.view(np.uint8)[: -(-len(passing) // 8)] = np.packbits(passing, bitorder="little")
    return found


def common(rows: Sequence[Bits], count: int) -> Ints:
    """The places below ``count`` whose bit is set in every row."""
    if not rows:
        return np.arange(count)
    words = -(-count // WORD)
    left = rows[0][:words].copy()
    for row in rows[1:]:
        np.bitwise_and(left, row[:words], out=left)
    bits = np.unpackbits(left.view(np.uint8), count=count, bitorder="little")
    return np.flatnonzero(bits.view(np.bool_))


def keep(known: dict[Hashable, Any], key: Hashable, value: object) -> None:
    """Adds it; what is full starts anew, so that memory has a limit."""
    if len(known) >= KEPT:
        known.clear()
    known[key] = value


def numbered(values: Iterable[Hashable]) -> tuple[dict[Any, int], Places]:
    """The different values with their numbers, by first appearance; and the number of each."""
    numbers: dict[Any, int] = {}
    places = (numbers.setdefault(value, len(numbers)) for value in values)
    return numbers, np.fromiter(places, dtype=np.int32)


def ints(values: Iterable[int]) -> Ints:
    return np.fromiter(values, dtype=np.int64)


def flags(values: Iterable[bool]) -> Flags:
    return np.fromiter(values, dtype=np.bool_)

"""Answers kept from one round for the next: what did not change is not solved again.

A sector's answer depends on its own rows alone, so it is found again by a hash over them, told in
their own words: the numbers that stand for texts change when rows of other sectors do. What is
kept is what a solver would find anew, so history never shows in a result.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from matching.engine.answers import Answer
from matching.engine.arrays import Ints, Records
from matching.engine.columns import Columns


class Memory:
    """The answers of the latest market; those that it had no use for are forgotten."""

    def __init__(self) -> None:
        self._known: dict[str, Answer] = {}
        self._used: dict[str, Answer] = {}
        self.hits = 0

    def recall(
        self, columns: Columns, lots: Ints, rows: Ints, solve: Callable[[], Answer]
    ) -> Answer:
        """The answer of the sector with these places, solved where it is not known."""
        name = fingerprint(columns, lots, rows)
        known = self._known.get(name)
        self.hits += known is not None
        self._used[name] = answer = known if known is not None else solve()
        return answer

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Around one market: what it used is kept for the next, also where it failed."""
        try:
            yield
        finally:
            self._known, self._used = self._used, {}


def fingerprint(columns: Columns, lots: Ints, rows: Ints) -> str:
    """Hash over everything that can influence the sector's answer, whatever surrounds it."""
    digest = hashlib.sha256()
    for side, records in (("lots", columns.lots[lots]), ("rows", columns.rows[rows])):
        for name in records.dtype.names or ():
            if name == "place":
                continue
            values = np.ascontiguousarray(records[name])
            words = columns.words.get((side, name))
            if words is not None:
                values, known = _own_numbers(values)
                digest.update(repr([words[one] for one in known]).encode())
            digest.update(values.tobytes())
    digest.update(repr(columns.words["rows", "boundary"]).encode())
    for name in ("ci", "verified"):
        digest.update(np.ascontiguousarray(columns.stated[name][:, lots]).tobytes())
    digest.update(_blocked(columns, lots, rows).tobytes())
    return digest.hexdigest()


def _own_numbers(values: Records) -> tuple[Records, list[int]]:
    """(numbers in the order of appearance here, the numbers that they stand for)."""
    known, first, number = np.unique(values, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(known), dtype=np.int64)
    rank[order] = np.arange(len(known))
    return rank[number], known[order].tolist()


def _blocked(columns: Columns, lots: Ints, rows: Ints) -> Ints:
    """Pairs of the sector that stay apart, by places in the sector."""
    pairs = columns.tables.blocked[:-1]
    lot, row = np.divmod(pairs, max(columns.tables.rows, 1))
    own = np.isin(lot, lots) & np.isin(row, rows)
    return np.stack([np.searchsorted(lots, lot[own]), np.searchsorted(rows, row[own])])

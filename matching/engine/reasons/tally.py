"""How many counterparts fail which rule: all pairs of some lots and requirements, tile by tile.

Within a tile a rule is asked once for parties that are alike to it. The answers become bits, 64
counterparts a word, a row of words for each rule and party; then few operations tell for 64 pairs
at once which rule fails first, and which fails alone. Nothing is kept that grows with the pairs.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from matching.engine.arrays import Bits, Flags, Ints
from matching.engine.columns import Columns
from matching.engine.compatibility import PASSES, RULES, Rule
from matching.engine.reasons import kinds
from matching.engine.reasons.kinds import Group, Kinds, Statements

WORD = 64
# Pairs in a tile, and parties along a side of it where there are enough: some 30 MB to work in.
PAIRS, ACROSS = 2**20, 2**10


class Counts(NamedTuple):
    """Of each party: counterparts that take part, by the rule that they fail.

    ``first``: before any other, under PASSES those who fail none. ``alone``: and no other.
    Both have the shape (parties, rules + 1).
    """

    first: Ints
    alone: Ints

    @classmethod
    def of(cls, parties: int) -> "Counts":
        return cls(*np.zeros((2, parties, len(RULES) + 1), dtype=np.int64))

    def add(self, places: Ints, more: "Counts") -> None:
        """``more``: of the parties at some places, each named once."""
        self.first[places] += more.first
        self.alone[places] += more.alone


class Tile(NamedTuple):
    """The places of its lots and requirements, their counts, and the pairs that are near.

    ``near``: (lots, requirements) of pairs of two that take part, of which no rule fails but
    perhaps the one on the premium.
    """

    lots: Ints
    rows: Ints
    of_lots: Counts
    of_rows: Counts
    near: tuple[Ints, Ints]


def tiles(columns: Columns, lots: Flags, rows: Flags) -> Iterator[Tile]:
    """All pairs of which at least one, the lot or the requirement, is marked as asking."""
    if lots.any() and rows.any():
        # Who asks comes first, so that tiles of those who do not can be left out.
        places = np.argsort(~lots, kind="stable"), np.argsort(~rows, kind="stable")
    else:
        places = (
            np.flatnonzero(lots | rows.any()),
            np.flatnonzero(rows | lots.any()),
        )
    for offered, wanted in _groups(columns, *places):
        if lots[offered.places].any() or rows[wanted.places].any():
            yield _tile(columns, offered, wanted)


def near(
    columns: Columns, lots: Ints, rows: Ints, leaving: frozenset[Rule]
) -> Iterator[tuple[Ints, Ints]]:
    """(lots, requirements) of pairs of two that take part and fail no rule but of ``leaving``."""
    for offered, wanted in _groups(columns, lots, rows):
        left = np.repeat(_packed(offered.sound[np.newaxis]), len(wanted.places), axis=0)
        for rule in RULES:
            if rule not in leaving and (passing := _passing(columns, rule, offered, wanted)):
                left &= passing.by_row()
        yield _pairs(offered, wanted, left)


def _groups(columns: Columns, lots: Ints, rows: Ints) -> Iterator[tuple[Group, Group]]:
    high, wide = (PAIRS // min(max(len(others), 1), ACROSS) for others in (lots, rows))
    offered = [kinds.of_lots(columns, part, min(high, len(rows))) for part in _cut(lots, wide)]
    for part in _cut(rows, high):
        wanted = kinds.of_rows(columns, part, min(wide, len(lots)))
        yield from ((group, wanted) for group in offered)


def _cut(places: Ints, size: int) -> Iterator[Ints]:
    return (places[begin : begin + size] for begin in range(0, len(places), size))


def _tile(columns: Columns, lots: Group, rows: Group) -> Tile:
    passing = [_passing(columns, rule, lots, rows) for rule in RULES]
    by_lot = [one and one.by_lot() for one in passing]
    of_lots, _near = _counted(by_lot, rows.sound, len(lots.places))
    by_row = [one and one.by_row() for one in passing]
    of_rows, left = _counted(by_row, lots.sound, len(rows.places))
    return Tile(lots.places, rows.places, of_lots, of_rows, _pairs(lots, rows, left))


class Passing(NamedTuple):
    """Which kinds of lots pass a rule towards which kinds of requirements; these are the rows."""

    flags: Flags
    lots: Kinds
    rows: Kinds

    def by_lot(self) -> Bits:
        """A row for each lot, of bits over the requirements."""
        turned = np.ascontiguousarray(self.flags.T)
        return self.lots.each(_packed(self.rows.along(turned)))

    def by_row(self) -> Bits:
        """A row for each requirement, of bits over the lots."""
        return self.rows.each(_packed(self.lots.along(self.flags)))


def _passing(columns: Columns, rule: Rule, lots: Group, rows: Group) -> Passing | None:
    """None where all of them pass."""
    offered, wanted = lots.kinds[rule], rows.kinds[rule]
    row = {name: column[:, np.newaxis] for name, column in wanted.columns.items()}
    stated = Statements(lots.stated, wanted.columns["boundary"]) if "boundary" in row else None
    flags: Flags = RULES[rule](offered.columns, row, stated, columns.tables)
    return None if flags.all() else Passing(flags, offered, wanted)


def _pairs(lots: Group, rows: Group, bits: Bits) -> tuple[Ints, Ints]:
    """Places of the pairs whose bits are set, of requirements that take part."""
    words = bits[rows.sound].astype("<u8", copy=False)
    flags = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little")
    row, lot = np.divmod(np.flatnonzero(flags.view(np.bool_)), flags.shape[1])
    return lots.places[lot], rows.places[rows.sound][row]


def _packed(passing: Flags) -> Bits:
    """Bit k of word w of a row is its flag 64 w + k."""
    rows, count = passing.shape
    found = np.zeros((rows, -(-count // WORD) * WORD // 8), dtype=np.uint8)
    found[:, : -(-count // 8)] = np.packbits(passing, axis=1, bitorder="little")
    return found.view("<u8").astype(np.uint64, copy=False)


def _counted(passing: Sequence[Bits | None], sound: Flags, parties: int) -> tuple[Counts, Bits]:
    """(counts over the counterparts that are ``sound``, those of them who are near, as bits)."""
    counts, takes_part = Counts.of(parties), _packed(sound[np.newaxis])
    # Counterparts of whom some rule failed, and of whom a second one did.
    failed, again = np.zeros((2, parties, takes_part.shape[1]), dtype=np.uint64)
    left = near = np.repeat(takes_part, parties, axis=0)
    before = _number(left)
    for number, bits in enumerate(passing, start=1):
        near = left
        if bits is not None:
            again |= failed & ~bits
            failed |= ~bits
            left = takes_part & ~failed
            after = _number(left)
            counts.first[:, number] = before - after
            before = after
    counts.first[:, PASSES] = before
    once = takes_part & failed & ~again
    for number, bits in enumerate(passing, start=1):
        if bits is not None:
            counts.alone[:, number] = _number(once & ~bits)
    return counts, near


def _number(bits: Bits) -> Ints:
    found: Ints = np.bitwise_count(bits).sum(axis=1, dtype=np.int64)
    return found

"""Which lots pass which rule, as bits: 64 lots a word, a row of words for each different demand.

A requirement's candidates are the words of its demands, one AND the other: few operations for many
lots. Demands on numbers (carbon, days, shares) are rounded towards "passes" to a few levels, and
rules between two single parties are left out, so candidates are a superset; ``fits`` decides.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from matching.engine.arrays import Bits, Flags, Ints, Places, Records
from matching.engine.columns import Tables
from matching.engine.compatibility import (
    One,
    affordable,
    begun,
    buyer,
    certified,
    clean,
    comparable,
    energy,
    grade,
    lasting,
    offsets,
    origin,
    portion,
    producer,
    product,
    recycled,
    region,
    renewable,
    strangers,
    terms,
    unblocked,
    verified,
    window,
)
from matching.engine.compiled import kernel, shared

WORD = 64
# At most so many different values of a number have bits of their own.
LEVELS = 32
# Rules that few different demands make, and the columns of a requirement that they depend on.
DEMANDS: tuple[tuple[Callable[[One, One, One, Any], Any], tuple[str, ...]], ...] = (
    (product, ("forms",)),
    (grade, ("grades",)),
    (comparable, ("boundary",)),
    (clean, ("boundary", "cap")),
    (verified, ("boundary", "verified_only")),
    (certified, ("schemes",)),
    (offsets, ("offsets",)),
    (origin, ("origins",)),
    (energy, ("energies",)),
    (renewable, ("renewable",)),
    (recycled, ("recycled",)),
    (region, ("region",)),
    (begun, ("end",)),
    (lasting, ("start",)),
    (terms, ("incoterms", "duties")),
)
# The place of a word's lowest bit, by that bit modulo 67: all 64 powers of two differ there.
LOWEST = np.zeros(67, dtype=np.int64)
for _place in range(WORD):
    LOWEST[2**_place % 67] = _place
ONE, ZERO, PRIME = np.uint64(1), np.uint64(0), np.uint64(67)


class Index(NamedTuple):
    """``bits``: (demands, words), its first row all lots.

    Requirement j's demands are ``demand[first[j]:first[j + 1]]``; what all lots meet is not there.
    """

    bits: Bits
    first: Ints
    demand: Places


def build(lots: Records, rows: Records, stated: Records, tables: Tables) -> Index:
    """Bits on the lots for every different demand of the requirements."""
    rows = _levelled(rows)
    words = [_packed(np.ones(len(lots), dtype=np.bool_))]
    owners, demands = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for rule, names in DEMANDS:
        first, number = _different([rows[name] for name in names])
        place = np.zeros(len(first), dtype=np.int64)
        for one, j in enumerate(first.tolist()):
            passing: Flags = rule(lots, rows[j], stated[rows["boundary"][j]], tables)
            if not passing.all():
                place[one] = len(words)
                words.append(_packed(passing))
        asking = np.flatnonzero(place[number])
        owners.append(asking)
        demands.append(place[number[asking]])
    owner, demand = np.concatenate(owners), np.concatenate(demands)
    counts = np.bincount(owner, minlength=len(rows))
    order = np.argsort(owner, kind="stable")
    first = np.concatenate([[0], np.cumsum(counts)])
    return Index(np.stack(words), first, demand[order].astype(np.int32))


@kernel
def candidates(
    index: Index, j: int, stop: int, words: Bits, skip: Ints, ceiling: int, found: Places
) -> int:
    """How many of the first ``stop`` lots may fit requirement j; their places are in ``found``.

    Words w with ``skip[w] >= ceiling`` are passed over. ``words`` is room to work in.
    """
    width = (stop + WORD - 1) // WORD
    for w in range(width):
        words[w] = index.bits[0, w]
    for k in range(index.first[j], index.first[j + 1]):
        row = index.demand[k]
        for w in range(width):
            words[w] &= index.bits[row, w]
    count = 0
    for w in range(width):
        word = words[w]
        if word == ZERO or skip[w] >= ceiling:
            continue
        while word != ZERO:
            lowest = word & (~word + ONE)
            found[count] = w * WORD + LOWEST[lowest % PRIME]
            count += 1
            word ^= lowest
    return count


@shared
def fits(lot: One, row: One, stated: One) -> Any:
    """Whether a candidate passes the rules on numbers, which its bits decide roughly or not."""
    return (
        affordable(lot, row, stated, None)
        and clean(lot, row, stated, None)
        and window(lot, row, stated, None)
        and portion(lot, row, stated, None)
        and strangers(lot, row, stated, None)
        and renewable(lot, row, stated, None)
        and recycled(lot, row, stated, None)
    )


@shared
def free(lot: One, row: One) -> Any:
    """Whether neither side has a word about the other: ``welcome`` need not be asked."""
    return not (row["listing"] or lot["guarded"] or lot["blocked"])


@kernel
def welcome(lot: One, row: One, stated: One, tables: Tables) -> bool:
    """Whether a pair passes the rules between two single parties."""
    return bool(
        producer(lot, row, stated, tables)
        and buyer(lot, row, stated, tables)
        and unblocked(lot, row, stated, tables)
    )


def _levelled(rows: Records) -> Records:
    """Demands on numbers made no stricter, so that few different ones are left."""
    rows = rows.copy()
    for name in ("cap", "end"):
        rows[name] = _rounded_up(rows[name])
    for name in ("start", "renewable", "recycled"):
        rows[name] = -_rounded_up(-rows[name])
    return rows


def _rounded_up(values: Any) -> Any:
    levels = np.unique(values)
    if len(levels) > LEVELS:
        levels = levels[np.linspace(0, len(levels) - 1, LEVELS).astype(np.int64)]
    return levels[np.searchsorted(levels, values)] if len(values) else values


def _different(columns: Sequence[Ints | Places | Flags]) -> tuple[Ints, Ints]:
    """(the first row of each different combination, the number of each row's combination)."""
    code = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        _values, number = np.unique(column, return_inverse=True)
        code = code * (len(_values) + 1) + number
    _codes, first, number = np.unique(code, return_index=True, return_inverse=True)
    return first, number


def _packed(passing: Flags) -> Bits:
    """Bit k of word w is lot 64 w + k; at least one word."""
    count = max(-(-len(passing) // WORD), 1)
    flags = np.zeros(count * WORD, dtype=np.bool_)
    flags[: len(passing)] = passing
    words: Bits = np.packbits(flags, bitorder="little").view("<u8").astype(np.uint64)
    return words

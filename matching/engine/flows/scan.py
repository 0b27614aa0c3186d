"""Passes over all pairs of a sector, none of which is kept but those asked for."""

import numpy as np

from matching.engine.arrays import Bits, Ints, Places
from matching.engine.columns import NEVER
from matching.engine.compiled import kernel
from matching.engine.flows.index import WORD, Index, candidates, fits, free, welcome
from matching.engine.flows.sector import Sector


@kernel
def survey(sector: Sector, label: Places) -> int:
    """Count the compatible pairs; ``label`` (n + m) gets the smallest node of each component."""
    lots, rows, stated, tables = sector.lots, sector.rows, sector.stated, sector.tables
    n, count = len(lots), 0
    words, nothing, found = _room(sector.indexed, n)
    for node in range(len(label)):
        label[node] = node
    for j in range(len(rows)):
        row, own = rows[j], stated[rows[j]["boundary"]]
        stop = np.searchsorted(sector.asks, row["maximum"], side="right")
        for k in range(candidates(sector.indexed, j, stop, words, nothing, 1, found)):
            i = found[k]
            if fits(lots[i], row, own[i]) and (
                free(lots[i], row) or welcome(lots[i], row, own[i], tables)
            ):
                count += 1
                _join(label, i, n + j)
    for node in range(len(label)):
        label[node] = _root(label, node)
    return count


@kernel
def _root(label: Places, node: int) -> int:
    while label[node] != node:
        label[node] = label[label[node]]
        node = label[node]
    return node


@kernel
def _join(label: Places, one: int, other: int) -> None:
    one, other = _root(label, one), _root(label, other)
    if one < other:
        label[other] = one
    else:
        label[one] = other


@kernel
def greedy(
    sector: Sector, order: Ints, left: Ints, wanted: Ints, lot: Places, row: Places, amount: Ints
) -> int:
    """Each requirement in ``order`` takes its best lots while there are any; a forest of pairs.

    ``left`` and ``wanted`` are the open kilograms and shrink; ``lot``, ``row`` and ``amount`` (room
    for n + m) become the pairs. Returns how many there are.
    """
    lots, rows, stated, tables = sector.lots, sector.rows, sector.stated, sector.tables
    n, count = len(lots), 0
    words, gone, found = _room(sector.indexed, n)
    # How many lots of each word still have kilograms; a word without is passed over.
    rest = np.bincount(np.arange(n) // WORD, minlength=len(gone))
    cost = np.empty(n, dtype=np.int64)
    for j in order:
        own, slope = stated[rows[j]["boundary"]], sector.slope[j]
        stop = np.searchsorted(sector.asks, rows[j]["maximum"], side="right")
        many = 0
        for k in range(candidates(sector.indexed, j, stop, words, gone, 1, found)):
            i = found[k]
            if (
                left[i] > 0
                and fits(lots[i], rows[j], own[i])
                and (free(lots[i], rows[j]) or welcome(lots[i], rows[j], own[i], tables))
            ):
                found[many] = i
                cost[many] = sector.cost[i] + slope * own[i]["ci"]
                many += 1
        best_first = np.arange(many)
        if slope > 0:
            best_first = np.argsort(cost[:many])
        for place in best_first:
            i = found[place]
            lot[count], row[count] = i, j
            amount[count] = min(left[i], wanted[j])
            left[i] -= amount[count]
            wanted[j] -= amount[count]
            count += 1
            if left[i] == 0:
                rest[i // WORD] -= 1
                gone[i // WORD] = rest[i // WORD] == 0
            if wanted[j] == 0:
                break
    return count


@kernel
def improving(
    sector: Sector, u: Ints, v: Ints, above: int, begin: int, end: int, most: int,
    lot: Places, row: Places, gain: Ints,
) -> int:  # fmt: skip
    """The pairs of requirements ``begin`` to ``end`` worth more than their duals and ``above``.

    Of each requirement the ``most`` best, and by how much, into ``lot``, ``row`` and ``gain``.
    Returns how many.
    """
    lots, rows, stated, tables = sector.lots, sector.rows, sector.stated, sector.tables
    words, lowest, found = _room(sector.indexed, len(lots))
    price = sector.cost + u
    lowest[:] = NEVER
    for i in range(len(lots)):
        lowest[i // WORD] = min(lowest[i // WORD], price[i])
    lowest_ci = cleanest(sector)
    count = 0
    for j in range(begin, end):
        boundary, slope = rows[j]["boundary"], sector.slope[j]
        own = stated[boundary]
        target = sector.worth[j] - v[j]
        stop = np.searchsorted(sector.asks, rows[j]["maximum"], side="right")
        ceiling = target - slope * lowest_ci[boundary] - above
        first = count
        for k in range(candidates(sector.indexed, j, stop, words, lowest, ceiling, found)):
            i = found[k]
            more = target - price[i] - slope * own[i]["ci"]
            full = count - first == most
            if more <= above or (full and gain[count - 1] >= more):
                continue
            if fits(lots[i], rows[j], own[i]) and (
                free(lots[i], rows[j]) or welcome(lots[i], rows[j], own[i], tables)
            ):
                place = count - 1 if full else count
                count += not full
                while place > first and gain[place - 1] < more:
                    lot[place], gain[place] = lot[place - 1], gain[place - 1]
                    place -= 1
                lot[place], gain[place] = i, more
        row[first:count] = j
    return count


@kernel
def cleanest(sector: Sector) -> Ints:
    """The lowest intensity stated at each boundary, 0 where there is none."""
    found = np.zeros(len(sector.stated), dtype=np.int64)
    for boundary in range(len(found)):
        lowest = NEVER
        for one in sector.stated[boundary]:
            if 0 <= one["ci"] < lowest:
                lowest = one["ci"]
        found[boundary] = 0 if lowest == NEVER else lowest
    return found


@kernel
def listed(sector: Sector, wanted: Ints, lot: Places, row: Places) -> int:
    """Compatible pairs of the requirements ``wanted``; with no room in ``lot``, their number."""
    lots, rows, stated, tables = sector.lots, sector.rows, sector.stated, sector.tables
    words, nothing, found = _room(sector.indexed, len(lots))
    count = 0
    for j in wanted:
        own = stated[rows[j]["boundary"]]
        stop = np.searchsorted(sector.asks, rows[j]["maximum"], side="right")
        for k in range(candidates(sector.indexed, j, stop, words, nothing, 1, found)):
            i = found[k]
            if fits(lots[i], rows[j], own[i]) and (
                free(lots[i], rows[j]) or welcome(lots[i], rows[j], own[i], tables)
            ):
                if len(lot):
                    lot[count], row[count] = i, j
                count += 1
    return count


@kernel
def _room(index: Index, n: int) -> tuple[Bits, Ints, Places]:
    """(words to work in, zeros to pass nothing over, places of candidates)."""
    width = index.bits.shape[1]
    return (
        np.empty(width, dtype=np.uint64),
        np.zeros(width, dtype=np.int64),
        np.empty(width * WORD, dtype=np.int32),
    )

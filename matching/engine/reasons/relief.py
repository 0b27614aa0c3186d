"""What a kilogram more for one party costs the others, from an optimal flow.

A counterpart's dual tells what a kilogram of it is worth. Where that is so because the party itself
could do with less, the kilogram costs more: the counterpart's dual rises once the party asks no
more and keeps what it has. By how much is the shortest path in the residual network without the
party, from the counterpart to whoever gives up a kilogram at last; lengths are slacks, what a pair
is worth less than its two duals, so none is negative (Dijkstra; Ahuja, Magnanti, Orlin, Network
Flows, 1993, ch. 4 and 5).
"""

from heapq import heappop, heappush
from typing import Any, NamedTuple

import numpy as np

from matching.engine.arrays import Flags, Ints, Records
from matching.engine.columns import ABSENT, NEVER, Columns, Tables
from matching.engine.compatibility import (
    One,
    buyer,
    certified,
    clean,
    comparable,
    energy,
    grade,
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
    value,
    verified,
    window,
)
from matching.engine.compiled import kernel, shared
from matching.engine.flows.index import fits
from matching.engine.reasons.standing import Standing

# Pairs that may be looked at for one party; beyond, nothing is told.
BUDGET = 10_000_000
GAVE_UP = -NEVER


class Net(NamedTuple):
    """An optimal flow as parties of one side see it; the other side are the ``faced`` ones.

    ``dual``: highest optimal ones of the faced; ``own_dual``: the lowest of the own side, which go
    with them. ``full``: who of the faced has nothing left. Those whom faced a deals with are
    ``partner[first[a]:first[a + 1]]``. ``lots_faced``: whether the faced are lots.
    """

    lots: Records
    rows: Records
    stated: Records
    tables: Tables
    dual: Ints
    own_dual: Ints
    full: Flags
    first: Ints
    partner: Ints
    lots_faced: bool


def net(columns: Columns, lots: Standing, rows: Standing, *, lots_faced: bool) -> Net:
    faced, own = (lots, rows) if lots_faced else (rows, lots)
    return Net(
        columns.lots, columns.rows, columns.stated, columns.tables, faced.highest, own.lowest,
        faced.full, faced.first, faced.partner, lots_faced,
    )  # fmt: skip


@shared
def gap(lot: One, row: One, stated: One) -> tuple[Any, Any]:
    """(what the ask is above the maximum, what the pair is worth), both in 0.0001 USD/t."""
    return lot["ask"] - row["maximum"], value(lot, row, stated)


@shared
def step(short: Any, worth: Any, dual: Any) -> Any:
    """How far either price must go until the pair may trade and 2w + 1 exceeds ``dual``."""
    return np.maximum(short, (dual + 1) // 2 - worth)


@kernel
def near(net: Net, i: int, j: int) -> bool:
    """Whether both take part and no rule fails but perhaps the one on the premium."""
    lot, row, tables = net.lots[i], net.rows[j], net.tables
    stated = net.stated[row["boundary"], i]
    return bool(
        lot["sound"]
        and row["sound"]
        and clean(lot, row, stated, tables)
        and product(lot, row, stated, tables)
        and grade(lot, row, stated, tables)
        and strangers(lot, row, stated, tables)
        and comparable(lot, row, stated, tables)
        and verified(lot, row, stated, tables)
        and certified(lot, row, stated, tables)
        and offsets(lot, row, stated, tables)
        and origin(lot, row, stated, tables)
        and producer(lot, row, stated, tables)
        and buyer(lot, row, stated, tables)
        and energy(lot, row, stated, tables)
        and renewable(lot, row, stated, tables)
        and recycled(lot, row, stated, tables)
        and region(lot, row, stated, tables)
        and window(lot, row, stated, tables)
        and terms(lot, row, stated, tables)
        and unblocked(lot, row, stated, tables)
        and portion(lot, row, stated, tables)
    )


@kernel
def nearest(net: Net, own: int, least: int, budget: int) -> int:
    """The smallest step of ``own``'s price that brings it a kilogram more, in 0.0001 USD/t.

    ``least``: what it would be if no dual rose. GAVE_UP: ``budget`` pairs were not enough.
    """
    lots, rows, stated, dual = net.lots, net.rows, net.stated, net.dual
    tried = np.zeros(len(dual), dtype=np.bool_)
    best, reach = NEVER, least + 1
    while True:
        # Of those not tried, the counterpart that would be nearest if its dual did not rise.
        pick, low, worth = ABSENT, reach, 0
        budget -= len(dual)
        for a in range(len(dual)):
            i, j = (a, own) if net.lots_faced else (own, a)
            short, value_here = gap(lots[i], rows[j], stated[rows[j]["boundary"], i])
            needed = step(short, value_here, dual[a])
            if least <= needed < low and not tried[a] and near(net, i, j):
                pick, low, worth = a, needed, value_here
        if pick == ABSENT or budget < 0:
            return best if budget >= 0 else GAVE_UP
        tried[pick] = True
        most = NEVER if best == NEVER else 2 * (best + worth) - dual[pick]
        rise, budget = _rise(net, own, pick, most, budget)
        if rise < most:
            i, j = (pick, own) if net.lots_faced else (own, pick)
            short, worth = gap(lots[i], rows[j], stated[rows[j]["boundary"], i])
            best = step(short, worth, dual[pick] + rise)
        reach = best


@kernel
def _rise(net: Net, own: int, start: int, most: int, budget: int) -> tuple[int, int]:
    """(by how much the dual of ``start`` rises without ``own``, ``most`` at most; what is left)."""
    lots, rows, stated, dual, own_dual = net.lots, net.rows, net.stated, net.dual, net.own_dual
    best = most if net.full[start] else 0
    length = np.full(len(dual), NEVER)
    seen = np.zeros(len(own_dual), dtype=np.bool_)
    seen[own] = True
    queue = [(0, start)]
    while len(queue) > 0 and queue[0][0] < best:
        so_far, a = heappop(queue)
        for place in range(net.first[a], net.first[a + 1]):
            b = net.partner[place]
            if seen[b]:
                continue
            seen[b] = True
            best = min(best, so_far + own_dual[b])
            budget -= len(dual)
            if budget < 0:
                return most, budget
            for c in range(len(dual)):
                i, j = (c, b) if net.lots_faced else (b, c)
                said = stated[rows[j]["boundary"], i]
                longer = so_far + dual[c] + own_dual[b] - 2 * value(lots[i], rows[j], said) - 1
                if longer >= min(best, length[c]) or not fits(lots[i], rows[j], said):
                    continue
                if near(net, i, j):
                    length[c] = longer
                    if net.full[c]:
                        heappush(queue, (longer, c))
                    else:
                        best = longer
    return best, budget

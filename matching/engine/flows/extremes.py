"""The two ends of the optimal duals of a flow: what one kilogram more or less of a party changes.

A party's highest dual is what doing with one kilogram less of it would cost: a shortest path in
the residual network, here from any optimal duals on, by how much each may still rise (Ahuja,
Magnanti, Orlin, Network Flows, 1993, ch. 5). Pairs that nobody generated join in when a pass over
all of them finds that they stand in the way.
"""

from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from matching.engine.arrays import Flags, Ints, Places, sums_at
from matching.engine.columns import NEVER
from matching.engine.compiled import kernel
from matching.engine.flows import transport
from matching.engine.flows.sector import Sector
from matching.engine.flows.transport import Flow

# Pairs that stand in the way, of each requirement, taken up at once.
TAKEN = 8


@dataclass(frozen=True)
class Extremes:
    """Both optimal; ``u`` in the order of the sector's lots, ``v`` of its requirements."""

    highest_u: Ints
    lowest_v: Ints
    lowest_u: Ints
    highest_v: Ints


def find(sector: Sector, flow: Flow, pool: Executor | None = None) -> Extremes:
    sector = sector.unranked
    sold = sums_at(flow.lot, flow.amount, len(flow.u)) == sector.lots["available"]
    filled = sums_at(flow.row, flow.amount, len(flow.v)) == sector.rows["volume"]
    rise, fall = _rise(sector, flow, sold, pool, of_lots=True)
    gain, loss = _rise(sector, flow, filled, pool, of_lots=False)
    return Extremes(flow.u + rise, flow.v - fall, flow.u - loss, flow.v + gain)


def _rise(
    sector: Sector, flow: Flow, full: Flags, pool: Executor | None, *, of_lots: bool
) -> tuple[Ints, Ints]:
    """By how much all duals of one side may rise together, and those of the other must fall.

    ``full``: who of that side has nothing left; the duals of the others are 0 and stay.
    """
    rising, falling = (flow.u, flow.v) if of_lots else (flow.v, flow.u)
    rise, fall = np.where(full, NEVER, 0), falling.copy()
    lot, row, used = flow.lot, flow.row, flow.amount > 0
    while True:
        a, b = (lot, row) if of_lots else (row, lot)
        slack = flow.u[lot] + flow.v[row] - sector.profit(lot, row)
        _settle(*_by_end(a, len(rising)), *_by_end(b[used], len(falling)), a, b,
                np.flatnonzero(used), slack, rise, fall)  # fmt: skip
        u, v = (flow.u + rise, flow.v - fall) if of_lots else (flow.u - fall, flow.v + rise)
        more, beside, _gain = transport.improving(sector, u, v, TAKEN, pool)
        if not len(more):
            return rise, fall
        lot, row = np.concatenate([lot, more]), np.concatenate([row, beside])
        used = np.concatenate([used, np.zeros(len(more), dtype=np.bool_)])


def _by_end(ends: Places, count: int) -> tuple[Ints, Ints]:
    """Columns in the order of one end: ``order[first[k]:first[k + 1]]`` are those of node k."""
    order = np.argsort(ends, kind="stable")
    return np.searchsorted(ends[order], np.arange(count + 1)), order


@kernel
def _settle(
    first: Ints, order: Ints, first_used: Ints, order_used: Ints, a: Places, b: Places,
    used: Ints, slack: Ints, rise: Ints, fall: Ints,
) -> None:  # fmt: skip
    """Lower ``rise`` of a and ``fall`` of b until, for every column, fall <= rise + slack, and
    rise <= fall where kilograms flow: label correcting, first in first out.
    """
    for name in used:
        rise[a[name]] = min(rise[a[name]], fall[b[name]])
    count = len(rise)
    queue, waiting = np.arange(count), np.ones(count, dtype=np.bool_)
    begin, size = 0, count
    while size > 0:
        node = queue[begin]
        begin, size = (begin + 1) % count, size - 1
        waiting[node] = False
        for place in range(first[node], first[node + 1]):
            name = order[place]
            most = rise[node] + slack[name]
            other = b[name]
            if most >= fall[other]:
                continue
            fall[other] = most
            for spot in range(first_used[other], first_used[other + 1]):
                again = a[used[order_used[spot]]]
                if rise[again] > most:
                    rise[again] = most
                    if not waiting[again]:
                        waiting[again] = True
                        queue[(begin + size) % count] = again
                        size += 1

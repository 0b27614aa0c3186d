"""A sector: lots and requirements that no product joins to any other, ready for passes over them.

Lots stand in the order of their asks, so that what is not too dear for a requirement comes first;
requirements in canonical order. A pair's profit is made of what belongs to one side alone:

    profit = worth[j] - cost[i] - slope[j] x carbon intensity = K (2 w + 1) - rank[i] - rank[j]

The ranks, places in canonical order, let the earliest go first among equals. Along an alternating
path they cancel but for its two ends, so with K above twice their sum they never outweigh a unit
of 2 w + 1 (docs/matching.md).
"""

from typing import NamedTuple

import numpy as np

from matching.engine.arrays import Ints, Places, Records
from matching.engine.columns import HIGHEST_MILLI, Columns, Tables
from matching.engine.errors import EngineError
from matching.engine.flows import index
from matching.engine.flows.index import Index
from matching.engine.flows.simplex import RANGE
from matching.engine.results import SCALE


class Sector(NamedTuple):
    """Records of n lots and m requirements; ``asks`` of lots, for bisection; ``scale`` is K.

    ``rank``: of each lot, its position in canonical order.
    """

    lots: Records
    rows: Records
    stated: Records
    tables: Tables
    indexed: Index
    asks: Ints
    rank: Ints
    cost: Ints
    worth: Ints
    slope: Ints
    scale: int

    def profit(self, lot: Places, row: Places) -> Ints:
        """Of pairs, by places in the sector."""
        ci = self.stated["ci"][self.rows["boundary"][row], lot]
        profit: Ints = self.worth[row] - self.cost[lot] - self.slope[row] * ci
        return profit

    def priced(self, a: Ints) -> "Sector":
        """The same with profits in 1/SCALE, less what the averages' multipliers ``a`` take."""
        plain = self.unranked
        return plain._replace(
            cost=SCALE * plain.cost,
            worth=SCALE * plain.worth + a * self.rows["limit"],
            slope=SCALE * plain.slope + a,
        )

    @property
    def unranked(self) -> "Sector":
        """The same with profits 2w + 1: for duals, which know no order among equals."""
        cost, worth, slope = _profit(self.lots, self.rows)
        return self._replace(cost=cost, worth=worth, slope=slope, scale=1)


def build(columns: Columns, lots: Ints, rows: Ints) -> Sector:
    """Of the places ``lots`` and ``rows`` of the market, each in canonical order."""
    offered, wanted = columns.lots[lots], columns.rows[rows]
    by_ask = np.argsort(offered["ask"], kind="stable")
    offered = offered[by_ask]
    stated = np.ascontiguousarray(columns.stated[:, lots[by_ask]])
    scale = 2 ** (4 * (len(lots) + len(rows)) + 4).bit_length()
    _check_range(offered, wanted, scale)
    cost, worth, slope = _profit(offered, wanted)
    return Sector(
        lots=offered,
        rows=wanted,
        stated=stated,
        tables=columns.tables,
        indexed=index.build(offered, wanted, stated, columns.tables),
        asks=np.ascontiguousarray(offered["ask"]),
        rank=by_ask,
        cost=scale * cost + by_ask,
        worth=scale * worth - np.arange(len(rows)),
        slope=scale * slope,
        scale=scale,
    )


def _profit(lots: Records, rows: Records) -> tuple[Ints, Ints, Ints]:
    """(cost of lots, worth of requirements, slope of requirements) of 2w + 1, without ranks."""
    slope = 2 * rows["carbon_price"]
    return 2 * lots["ask"], 2 * rows["maximum"] + 1 + slope * rows["limit"], slope


def _check_range(lots: Records, rows: Records, scale: int) -> None:
    """In Python's integers, which do not wrap: no profit may come near 64 bits."""
    dearest = max(int(lots["ask"].max()), -int(lots["ask"].min()))
    most = max(int(rows["maximum"].max()), -int(rows["maximum"].min()))
    saved = int(rows["carbon_price"].max()) * max(int(rows["limit"].max()), HIGHEST_MILLI)
    if scale * 2 * (dearest + most + saved + 1) >= RANGE:
        raise EngineError("Premiums or carbon prices are beyond the range of the solver.")

"""The transportation problem of a sector, exactly, without ever listing its pairs.

Column generation: a greedy allocation is the first basis, the network simplex improves it over the
columns that are known, a pass over all pairs adds those that are worth more than their duals, and
so on until none is. What is optimal over the known columns is then optimal over all pairs.
"""

from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from matching.engine.arrays import Ints, Places
from matching.engine.flows import scan, simplex
from matching.engine.flows.sector import Sector
from matching.engine.flows.simplex import Basis, Columns

# Columns that one pass adds for each requirement.
ADDED = 4
# Requirements that a pass looks at in one go; goes run side by side where there are workers.
STRIDE = 8_192


@dataclass(frozen=True)
class Flow:
    """Kilograms on the generated pairs, and duals, all in profits 2w + 1 per kilogram.

    ``lot``, ``row``, ``profit`` and ``amount`` have one length; ``u`` is of lots in the sector's
    order, ``v`` of requirements. Every pair of the sector, generated or not, has
    profit <= u + v.
    """

    lot: Places
    row: Places
    profit: Ints
    amount: Ints
    u: Ints
    v: Ints


def solve(sector: Sector, pool: Executor | None = None) -> Flow:
    """The flow of most surplus, then most tonnes, then earliest parties.

    Raises EngineError when numbers leave the range in which the arithmetic is exact.
    """
    columns, amounts = _greedy(sector)
    available, volume = sector.lots["available"], sector.rows["volume"]
    basis = Basis.of_forest(available, volume, columns, amounts)
    while True:
        simplex.improve(basis, columns)
        lot, row, _gain = improving(sector, basis.lot_duals, basis.requirement_duals, ADDED, pool)
        if not len(lot):
            break
        columns = Columns(
            np.concatenate([columns.lot, lot]),
            np.concatenate([columns.requirement, row]),
            np.concatenate([columns.profit, sector.profit(lot, row)]),
        )
    amounts = basis.amounts(len(columns.profit))
    return Flow(
        lot=columns.lot,
        row=columns.requirement,
        profit=_plain(columns.profit, sector.scale),
        amount=amounts,
        u=_plain(basis.lot_duals, sector.scale),
        v=_plain(basis.requirement_duals, sector.scale),
    )


def improving(
    sector: Sector,
    u: Ints,
    v: Ints,
    most: int,
    pool: Executor | None = None,
    *,
    above: int = 0,
) -> tuple[Places, Places, Ints]:
    """(lots, requirements, gains) of the pairs worth more than their duals and ``above``.

    Of each requirement the ``most`` best ones.
    """
    count = len(sector.rows)
    each = pool.map if pool is not None and count > STRIDE else map

    def some(begin: int) -> tuple[Places, Places, Ints]:
        end = min(begin + STRIDE, count)
        room = (end - begin) * most
        lot, row = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.int32)
        gain = np.empty(room, dtype=np.int64)
        found = scan.improving(sector, u, v, above, begin, end, most, lot, row, gain)
        return lot[:found].copy(), row[:found].copy(), gain[:found].copy()

    none = np.zeros(0, dtype=np.int32)
    found = [(none, none, none.astype(np.int64)), *each(some, range(0, count, STRIDE))]
    lots, rows, gains = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return lots, rows, gains


def _greedy(sector: Sector) -> tuple[Columns, Ints]:
    """Those first that could pay most for the cleanest lot, each with what is best for it."""
    cleanest = scan.cleanest(sector)[sector.rows["boundary"]]
    order = np.argsort(sector.slope * cleanest - sector.worth, kind="stable")
    room = len(sector.lots) + len(sector.rows)
    lot, row = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.int32)
    amount = np.empty(room, dtype=np.int64)
    left, wanted = sector.lots["available"].copy(), sector.rows["volume"].copy()
    count = scan.greedy(sector, order, left, wanted, lot, row, amount)
    lot, row = lot[:count].copy(), row[:count].copy()
    return Columns(lot, row, sector.profit(lot, row)), amount[:count].copy()


def _plain(scaled: Ints, scale: int) -> Ints:
    """Without ranks, which are less than half a unit together."""
    rounded: Ints = (scaled + scale // 2) // scale
    return rounded

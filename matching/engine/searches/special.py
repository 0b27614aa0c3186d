"""Parts in which portions, floors or averages decide: found by their flow, then searched."""

from dataclasses import dataclass

import numpy as np

from matching.engine import compatibility
from matching.engine.arrays import Ints, Places, Records, sums_at, total
from matching.engine.columns import NEVER
from matching.engine.flows import scan, transport
from matching.engine.flows.sector import Sector
from matching.engine.flows.transport import Flow
from matching.engine.results import SCALE
from matching.engine.searches import multipliers, relaxation, search
from matching.engine.searches.parts import Pairs, Part

# Pairs up to which a part lists them all; some 100 bytes each while it is searched.
LISTED = 5_000_000
# Beyond: pairs of each requirement to begin with, those that join at once, and how often.
NEAR, ADDED, ROUNDS = 24, 8, 3


@dataclass(frozen=True)
class Searched:
    """One part as a search left it: ``lots`` and ``rows`` by their places in the sector.

    ``lot``, ``row``, ``amount``: kilograms above 0; ``u``, ``v``, ``a``: exact multipliers.
    ``beyond``: what the search left open by its own word, in profits 2w + 1 per kilogram.
    """

    lots: Ints
    rows: Ints
    lot: Ints
    row: Ints
    amount: Ints
    u: Ints
    v: Ints
    a: Ints
    beyond: float
    ended: bool


def broken(sector: Sector, flow: Flow, row_part: Ints) -> list[int]:
    """Numbers of the parts whose flow breaks a portion, a floor or an average."""
    used = np.flatnonzero(flow.amount)
    lot, row, amount = flow.lot[used], flow.row[used], flow.amount[used]
    lots, rows = sector.lots[lot], sector.rows[row]
    excess = compatibility.excess(lots, rows, _stated(sector, lot, row))
    got = sums_at(row, amount, len(sector.rows))
    carbon = sums_at(row, amount * excess, len(sector.rows))
    small = row[amount < np.maximum(lots["take"], rows["least"])]
    missed = (got > 0) & (got < sector.rows["floor"])
    dirty = carbon > sector.rows["allowance"]
    breaking = np.concatenate([small, np.flatnonzero(missed | dirty)])
    numbers: list[int] = np.unique(row_part[breaking]).tolist()
    return numbers


def decide(sector: Sector, flow: Flow, lots: Ints, rows: Ints) -> Searched:
    """Decide one part, given by the places of its lots and requirements in the sector."""
    none = np.zeros(0, dtype=np.int32)
    few = scan.listed(sector, rows, none, none) <= LISTED
    part = listed(sector, rows) if few else _near(sector, flow, rows)
    found = search.search(part)
    used = np.flatnonzero(found.amounts)
    reached = total(part.pairs.profit, found.amounts)
    u, v, a = found.u, found.v, found.a
    if few:
        lots, rows = part.lots, part.requirements
    else:
        of_lots, of_averages = _placed(sector, part, u, a)
        v = _worth(sector, of_lots, of_averages)[rows]
        u, a = of_lots[lots], of_averages[rows]
    return Searched(
        lots=lots,
        rows=rows,
        lot=part.lots[part.pairs.lot[used]],
        row=part.requirements[part.pairs.requirement[used]],
        amount=found.amounts[used],
        u=u,
        v=v,
        a=a,
        beyond=max(found.bound - reached, 0.0),
        ended=found.ended,
    )


def listed(sector: Sector, rows: Ints) -> Part:
    """All pairs of some requirements, as a part."""
    none = np.zeros(0, dtype=np.int32)
    count = scan.listed(sector, rows, none, none)
    lot, row = np.empty(count, dtype=np.int32), np.empty(count, dtype=np.int32)
    scan.listed(sector, rows, lot, row)
    return _part(sector, lot, row)


def _near(sector: Sector, flow: Flow, rows: Ints) -> Part:
    """The pairs that matter where there are too many to list: those near the duals.

    Those of the flow come first; pairs that the relaxation's multipliers undervalue join in, until
    there are none or it is enough.
    """
    mine = np.zeros(len(sector.rows), dtype=np.bool_)
    mine[rows] = True
    lot, row, _gain = transport.improving(sector.unranked, flow.u, flow.v, NEAR, above=-NEVER // 4)
    pairs = np.unique(_code(sector, lot, row)[mine[row]])
    for _round in range(ROUNDS):
        part = _part(sector, *_decoded(sector, pairs))
        found = multipliers.exact(part, relaxation.relaxed(part).multipliers)
        u, a = _placed(sector, part, found[0], found[2])
        v = np.zeros(len(sector.rows), dtype=np.int64)
        v[part.requirements] = found[1]
        lot, row, _gain = transport.improving(sector.priced(a), SCALE * u, SCALE * v, ADDED)
        more = _code(sector, lot, row)[mine[row]]
        if not len(more):
            break
        pairs = np.union1d(pairs, more)
    return _part(sector, *_decoded(sector, pairs))


def _worth(sector: Sector, u: Ints, a: Ints) -> Ints:
    """The smallest duals of requirements that hold for every pair of the sector, listed or not."""
    none = np.zeros(len(sector.rows), dtype=np.int64)
    _lot, row, gain = transport.improving(sector.priced(a), SCALE * u, none, 1)
    none[row] = -(-gain // SCALE)
    return none


def _placed(sector: Sector, part: Part, u: Ints, a: Ints) -> tuple[Ints, Ints]:
    """Multipliers of the part's lots and averages, over all of the sector."""
    lots, rows = (np.zeros(len(side), dtype=np.int64) for side in (sector.lots, sector.rows))
    lots[part.lots], rows[part.requirements] = u, a
    return lots, rows


def _code(sector: Sector, lot: Places, row: Places) -> Ints:
    return row.astype(np.int64) * len(sector.lots) + lot


def _decoded(sector: Sector, pairs: Ints) -> tuple[Ints, Ints]:
    return pairs % len(sector.lots), pairs // len(sector.lots)


def _part(sector: Sector, lot: Ints | Places, row: Ints | Places) -> Part:
    """Pairs in canonical order, with their parties renumbered."""
    order = np.lexsort((sector.rank[lot], row))
    lot, row = lot[order], row[order]
    ranks, own_lot = np.unique(sector.rank[lot], return_inverse=True)
    places, own_row = np.unique(row.astype(np.int64), return_inverse=True)
    by_rank = np.argsort(sector.rank)
    offered, asking = sector.lots[lot], sector.rows[row]
    stated = _stated(sector, lot, row)
    pairs = Pairs(
        lot=own_lot,
        requirement=own_row,
        value=compatibility.value(offered, asking, stated),
        least=np.maximum(np.maximum(offered["take"], asking["least"]), 1),
        excess=compatibility.excess(offered, asking, stated),
    )
    return Part(
        pairs=pairs,
        lots=by_rank[ranks],
        requirements=places,
        available=sector.lots["available"][by_rank[ranks]],
        volume=sector.rows["volume"][places],
        floor=sector.rows["floor"][places],
        allowance=sector.rows["allowance"][places],
    )


def _stated(sector: Sector, lot: Places | Ints, row: Places | Ints) -> Records:
    stated: Records = sector.stated[sector.rows["boundary"][row], lot]
    return stated

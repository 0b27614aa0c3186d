"""The optimum: sector by sector, by flow where that decides it, by a search where it must.

A sector's flow ignores portions and averages. Where a part of it keeps them all the same, that is
the optimum, exactly. Elsewhere a search decides, and the relaxation's multipliers bound what any
other answer could be worth (docs/matching.md).
"""

from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor

import numpy as np

from matching.engine import answers
from matching.engine.answers import Answer, Duals
from matching.engine.arrays import Flags, Ints, Places
from matching.engine.columns import Columns
from matching.engine.flows import extremes, scan, sector, sectors, transport
from matching.engine.flows.extremes import Extremes
from matching.engine.flows.sector import Sector
from matching.engine.flows.transport import Flow
from matching.engine.market import Market
from matching.engine.memory import Memory
from matching.engine.results import Result
from matching.engine.searches import special
from matching.engine.searches.special import Searched


def solve(market: Market, *, workers: int = 1, memory: Memory | None = None) -> Result:
    """The allocation with most surplus, then most tonnes. EngineError if none was proven.

    ``workers``: threads. ``memory``: of an earlier market, whose unchanged sectors are not solved
    again. The answer is the same with and without, and with any number of workers.
    """
    columns, memory = market.columns, memory or Memory()
    parts = list(sectors.split(columns))

    def answered(place: int, pool: Executor | None = None) -> Answer:
        lots, rows = parts[place]
        return memory.recall(columns, lots, rows, lambda: answer(columns, lots, rows, pool))

    with ThreadPoolExecutor(workers) as pool:
        # Large sectors one after the other, each by all workers; then small ones side by side.
        large = [place for place, (_, rows) in enumerate(parts) if len(rows) > transport.STRIDE]
        found = {place: answered(place, pool if workers > 1 else None) for place in large}
        small = [place for place in range(len(parts)) if place not in found]
        found |= zip(small, pool.map(answered, small), strict=True)
    memory.turn()
    return answers.summed(market, parts, [found[place] for place in range(len(parts))])


def answer(columns: Columns, lots: Ints, rows: Ints, pool: Executor | None = None) -> Answer:
    """One sector, from the places of its lots and requirements in the market."""
    field = sector.build(columns, lots, rows)
    label = np.empty(len(lots) + len(rows), dtype=np.int32)
    pairs = scan.survey(field, label)
    lot_part, row_part, parts = _parts(field, label)
    flow = transport.solve(field, pool)
    searched = [
        special.decide(
            field, flow, np.flatnonzero(lot_part == number), np.flatnonzero(row_part == number)
        )
        for number in special.broken(field, flow, row_part)
    ]
    ends = extremes.find(field, flow, pool)
    lot, row, amount, by_search = _matched(field, flow, searched)
    return Answer(
        lot=field.rank[lot],
        row=row,
        amount=amount,
        duals=_duals(field, ends, searched),
        lot_part=_canonical(field, lot_part),
        row_part=row_part,
        parts=parts,
        pairs=pairs,
        searched=by_search,
        beyond=sum(one.beyond for one in searched),
        ended=all(one.ended for one in searched),
    )


def _parts(field: Sector, label: Places) -> tuple[Ints, Ints, int]:
    """(number of each lot's part, of each requirement's, how many), by their earliest lots."""
    n = len(field.lots)
    # The smallest node of a part is a lot; a requirement without a pair has its own label.
    names = np.unique(label[n:][label[n:] < n])
    earliest = np.full(n, n)
    np.minimum.at(earliest, label[:n], field.rank)
    names = names[np.argsort(earliest[names])]
    number = np.full(len(label), -1)
    number[names] = np.arange(len(names))
    found = number[label]
    return found[:n], found[n:], len(names)


def _matched(
    field: Sector, flow: Flow, searched: Sequence[Searched]
) -> tuple[Ints, Ints, Ints, Flags]:
    """(lots, requirements, kilograms, which requirements a search decided)."""
    by_search = np.zeros(len(field.rows), dtype=np.bool_)
    for one in searched:
        by_search[one.rows] = True
    kept = np.flatnonzero((flow.amount > 0) & ~by_search[flow.row])
    return (
        np.concatenate([flow.lot[kept], *(one.lot for one in searched)]),
        np.concatenate([flow.row[kept], *(one.row for one in searched)]),
        np.concatenate([flow.amount[kept], *(one.amount for one in searched)]),
        by_search,
    )


def _duals(field: Sector, ends: Extremes, searched: Sequence[Searched]) -> Duals:
    """Of the flow, and where a search decided, its multipliers; lots in canonical order."""
    average = np.zeros(len(field.rows), dtype=np.int64)
    for one in searched:
        ends.highest_u[one.lots] = ends.lowest_u[one.lots] = one.u
        ends.lowest_v[one.rows] = ends.highest_v[one.rows] = one.v
        average[one.rows] = one.a
    return Duals(
        highest_u=_canonical(field, ends.highest_u),
        lowest_v=ends.lowest_v,
        lowest_u=_canonical(field, ends.lowest_u),
        highest_v=ends.highest_v,
        a=average,
    )


def _canonical(field: Sector, of_lots: Ints) -> Ints:
    found = np.empty_like(of_lots)
    found[field.rank] = of_lots
    return found

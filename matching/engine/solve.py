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
from matching.engine.errors import EngineError
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
    places = list(sectors.split(columns))

    def answered(number: int, pool: Executor | None = None) -> Answer:
        lots, rows = places[number]
        return memory.recall(columns, lots, rows, lambda: answer(columns, lots, rows, pool))

    if workers < 1:
        raise EngineError(f"workers is {workers}: give 1 or more.")
    with ThreadPoolExecutor(workers) as pool, memory.kept():
        # Large sectors one after the other, each by all workers; then small ones side by side.
        large = [place for place, (_, rows) in enumerate(places) if len(rows) > transport.STRIDE]
        found = {one: answered(one, pool if workers > 1 else None) for one in large}
        small = [one for one in range(len(places)) if one not in found]
        found |= zip(small, pool.map(answered, small), strict=True)
    return answers.summed(market, places, [found[one] for one in range(len(places))])


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
    highest_u, lowest_u = ends.highest_u.copy(), ends.lowest_u.copy()
    highest_v, lowest_v = ends.highest_v.copy(), ends.lowest_v.copy()
    average = np.zeros(len(field.rows), dtype=np.int64)
    for one in searched:
        highest_u[one.lots] = lowest_u[one.lots] = one.u
        highest_v[one.rows] = lowest_v[one.rows] = one.v
        average[one.rows] = one.a
    return Duals(
        highest_u=_canonical(field, highest_u),
        lowest_v=lowest_v,
        lowest_u=_canonical(field, lowest_u),
        highest_v=highest_v,
        a=average,
    )


def _canonical(field: Sector, of_lots: Ints) -> Ints:
    found = np.empty_like(of_lots)
    found[field.rank] = of_lots
    return found

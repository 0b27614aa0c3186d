"""One market, one solver, in a process of its own: python -m tests.benchmarks.measure 1k explicit

Facts are told as soon as they are known, one JSON object a line, so that a run that is stopped
later still says what it reached.
"""

import argparse
import ctypes
import json
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TextIO, TypeVar

from marketplace.domain.fx import FxRates
from matching import engine, files
from matching.engine import LotRow, Market
from tests.benchmarks import baselines, sheets
from tests.benchmarks.checks import Checked, Trade, check
from tests.benchmarks.instances import (
    INSTANCES,
    LP,
    SESSION,
    SOLVERS,
    SPLIT,
    STRONG,
    WORKERS,
    Instance,
)
from tests.benchmarks.markets import SEED, synthetic

Found = TypeVar("Found")
Note = Callable[..., None]

BASELINES = {
    STRONG: baselines.explicit,
    SPLIT: baselines.by_product,
    LP: baselines.pairwise_lp,
    "greedy": baselines.greedy,
    "price-first": baselines.price_first,
}
TINY, ADDED = 64, 5
DIES_WITH_PARENT = 1


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.benchmarks.measure", description=__doc__)
    parser.add_argument("instance", choices=INSTANCES)
    parser.add_argument("solver", choices=SOLVERS)
    parser.add_argument("--json", type=Path, help="append the facts to this file")
    parser.add_argument("--seed", type=int, default=SEED)
    chosen = parser.parse_args()
    # Whoever stops the benchmark must not leave a solver behind that eats the machine.
    ctypes.CDLL(None).prctl(DIES_WITH_PARENT, signal.SIGKILL)
    with chosen.json.open("a") if chosen.json else nullcontext(sys.stdout) as out:
        note = partial(_told, out)
        measure(INSTANCES[chosen.instance], chosen.solver, chosen.seed, note)
    return 0


def _told(out: TextIO, **facts: object) -> None:
    print(json.dumps(facts), file=out, flush=True)


def measure(instance: Instance, solver: str, seed: int, note: Note) -> None:
    """A tiny market first: imports and compiled kernels are not what is measured."""
    tiny = _market(replace(instance, size=TINY), seed)
    run = {**dict.fromkeys(BASELINES, _baseline), SESSION: incremental}.get(solver, _engine)
    run(tiny, instance, solver, lambda **_: None)
    market = _market(instance, seed)
    note(seed=seed, before_mib=_mib_now())
    run(market, instance, solver, note)
    note(highest_mib=_mib_most())


def _baseline(market: Market, _: Instance, solver: str, note: Note) -> None:
    wall, found = _timed(lambda: BASELINES[solver](market))
    note(wall_s=wall, peak_mib=_mib_most(), pairs=found.pairs)
    columns = (found.lot.tolist(), found.requirement.tolist(), found.kg.tolist())
    _check(market, zip(*columns, strict=True), note)


def _engine(market: Market, instance: Instance, solver: str, note: Note) -> None:
    wall, result = _timed(lambda: engine.solve(market, workers=WORKERS[solver]))
    note(wall_s=wall, peak_mib=_mib_most(), **_facts(result))
    seconds, verdict = _timed(lambda: engine.verify(market, result))
    note(verify_s=seconds, verified=verdict.ok, note="; ".join(verdict.problems[:3]))
    _check(market, _trades(market, result), note)
    if instance.reasons and WORKERS[solver] == 1:
        note(explain_s=_timed(lambda: engine.explain(market, result))[0])
    if instance.files and WORKERS[solver] == 1:
        note(read_s=_reading(market))


def incremental(market: Market, _: Instance, solver: str, note: Note) -> None:
    """Lots that come one by one into a solved market: the slowest of them, and a full round."""
    memory = engine.Memory()
    engine.solve(market, memory=memory)
    step, seconds = len(market.lots) // ADDED, list[float]()
    new = [replace(row, key=f"NEW-{row.key}") for row in market.lots[step // 2 :: step]]
    for count in range(1, len(new) + 1):
        wall, result = _timed(partial(_changed, market, new[:count], memory))
        seconds.append(wall)
    note(wall_s=max(seconds), peak_mib=_mib_most(), **_facts(result))
    after = Market.build(
        [*market.lots, *new], market.requirements, market.as_of, market.blocked_pairs
    )
    full_s, full = _timed(lambda: engine.solve(after))
    verify_s, verdict = _timed(lambda: engine.verify(after, result))
    checked = _check(after, _trades(after, result), note)
    same = checked.reached == check(after, _trades(after, full)).reached
    words = "" if same else "a full round reaches another optimum"
    note(full_s=full_s, verify_s=verify_s, verified=verdict.ok and same, note=words)


def _changed(market: Market, new: list[LotRow], memory: engine.Memory) -> engine.Result:
    after = Market.build(
        [*market.lots, *new], market.requirements, market.as_of, market.blocked_pairs
    )
    return engine.solve(after, memory=memory)


def _facts(result: engine.Result) -> dict[str, object]:
    return {
        "engine": engine.ENGINE_VERSION,
        "pairs": result.compatible_pairs,
        "segments": result.segments,
        "optimal": result.optimal,
        "gap": float(result.gap),
        "digest": result.result_sha256,
    }


def _trades(market: Market, result: engine.Result) -> Iterator[Trade]:
    lots = {row.key: place for place, row in enumerate(market.lots)}
    wanted = {row.key: place for place, row in enumerate(market.requirements)}
    return ((lots[m.lot], wanted[m.requirement], m.quantity_kg) for m in result.matches)


def _check(market: Market, trades: Iterable[Trade], note: Note) -> Checked:
    """Who solved it is not asked what it is worth: all are counted by the same plain code."""
    found = check(market, trades)
    note(surplus_e7=found.surplus_e7, kg=found.kg, violations=dict(found.violations))
    return found


def _market(instance: Instance, seed: int) -> Market:
    return synthetic(
        instance.size,
        products=instance.products,
        minimums=instance.minimums,
        averages=instance.averages,
        seed=seed,
    )


def _reading(market: Market) -> float:
    with tempfile.TemporaryDirectory(prefix="gpm-bench-") as folder:
        lots, requirements = sheets.write(market, Path(folder))
        return _timed(lambda: files.read_market(lots, requirements, market.as_of, FxRates({})))[0]


def _timed(step: Callable[[], Found]) -> tuple[float, Found]:
    begin = time.perf_counter()
    found = step()
    return time.perf_counter() - begin, found


def _mib_now() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def _mib_most() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())

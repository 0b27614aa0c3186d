"""Engine against a plain pairwise LP, and the engine alone as markets grow.

The machine's speed is not the point: read the ratios within one run. Ends with 1 when the two
optima differ, so that a fast wrong answer never looks good.
"""

import argparse
import resource
import sys
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_matrix

from matching import engine
from matching.engine import Market, columns, pairs
from tests.benchmarks.markets import synthetic

Answer = TypeVar("Answer")
COMPARED, ALONE = (100, 300, 600), (600, 2_000)


def main() -> int:
    parser = argparse.ArgumentParser(prog="dev.py bench", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(ALONE))
    sizes = parser.parse_args().sizes
    print("lots = requirements      pairs    LP s   engine s   LP / engine")
    same = [compare(size) for size in COMPARED]
    print("\nlots = requirements      pairs   solve s  verify s  explain s    MiB at most")
    for size in sizes:
        alone(size)
    return 0 if all(same) else 1


def compare(size: int) -> bool:
    """One line: the LP over all pairs and the engine, same market, same optimum."""
    found = synthetic(size, size)
    lp_seconds, (count, best) = timed(lambda: pairwise_lp(found))
    seconds, result = timed(lambda: engine.solve(found))
    reached = sum(2 * match.surplus_e7 + match.quantity_kg for match in result.matches)
    same = abs(reached - best) <= max(1.0, 1e-9 * best)
    print(f"{size:>19,} {count:>10,} {lp_seconds:>7.2f} {seconds:>10.2f}", end="")
    print(f" {lp_seconds / seconds:>13.1f}" + ("" if same else "   OPTIMA DIFFER"), flush=True)
    return same


def alone(size: int) -> None:
    found = synthetic(size, size)
    solving, result = timed(lambda: engine.solve(found))
    verifying, verdict = timed(lambda: engine.verify(found, result))
    explaining, _reasons = timed(lambda: engine.explain(found, result))
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{size:>19,} {result.compatible_pairs:>10,} {solving:>9.2f} {verifying:>9.2f}", end="")
    proven = "" if result.optimal and verdict.ok else "   NOT PROVEN"
    print(f" {explaining:>10.2f} {most:>14,}{proven}", flush=True)


def pairwise_lp(market: Market) -> tuple[int, float]:
    """(number of pairs, optimum of 2w + 1 per kg) by HiGHS over the explicit pairs."""
    found = pairs.compatible(market, columns.of_lots(market))
    count, lots = len(found.lot), len(market.lots)
    rows = np.concatenate([found.lot, found.requirement + lots])
    places = np.tile(np.arange(count), 2)
    shape = (lots + len(market.requirements), count)
    matrix = coo_matrix((np.ones(2 * count), (rows, places)), shape=shape).tocsr()
    capacity = [row.available_kg for row in market.lots]
    capacity += [row.volume_kg for row in market.requirements]
    solved = linprog(-(2.0 * found.value + 1), A_ub=matrix, b_ub=capacity, method="highs")
    return count, -float(solved.fun)


def timed(step: Callable[[], Answer]) -> tuple[float, Answer]:
    begin = time.perf_counter()
    answer = step()
    return time.perf_counter() - begin, answer


if __name__ == "__main__":
    sys.exit(main())

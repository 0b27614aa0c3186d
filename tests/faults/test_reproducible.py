"""One snapshot gives one result, whoever solves it."""

import os
import random
import subprocess
import sys
from pathlib import Path

from matching import engine
from tests.benchmarks.markets import synthetic
from tests.figures import Figures, attack, times

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys
from tests.faults.test_reproducible import solved
print(solved(int(sys.argv[1]), int(sys.argv[2])))
"""
SIZE = times(60, 2_000)


def solved(shuffle: int, workers: int) -> str:
    """Hashes of input and result of one market, its rows in an order of their own."""
    drawn = synthetic(SIZE, products=28, minimums=0.1, averages=0.1)
    lots, requirements = list(drawn.lots), list(drawn.requirements)
    dice = random.Random(shuffle)
    dice.shuffle(lots)
    dice.shuffle(requirements)
    market = engine.Market.build(lots, requirements, drawn.as_of, drawn.blocked_pairs)
    result = engine.solve(market, workers=workers)
    assert engine.verify(market, result).ok
    return f"{result.inputs_sha256} {result.result_sha256}"


@attack("B13")
def test_one_snapshot_has_one_result(figures: Figures) -> None:
    runs, told = times(2, 20), set()
    for run in range(runs):
        workers = (1, 4)[run % 2]
        environment = {**os.environ, "NUMBA_DISABLE_JIT": "0", "PYTHONHASHSEED": str(run + 1)}
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(run), str(workers)],
            cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        told.add(done.stdout.strip())
    assert len(told) == 1
    figures.say(
        f"{SIZE} lots x {SIZE} requirements, a tenth with minimums, a tenth with averages, solved "
        f"{runs} times: rows shuffled, 1 and 4 workers, other hash seeds, a process each",
        "one result hash",
    )

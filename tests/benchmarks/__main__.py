"""The engine against its rivals on the same markets, each run in a process of its own.

The machine's speed is not the point: read the ratios within one run. Ends with 1 when an optimum
differs from a rival's by anything, or something of the engine is not verified.
"""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks import report
from tests.benchmarks.instances import (
    FULL,
    INSTANCES,
    LP,
    QUICK,
    SOLVERS,
    STRONG,
    Board,
    Instance,
    Measurement,
)
from tests.benchmarks.runs import measured

DEFAULT = Path("docs/benchmarks.md")


def main() -> int:
    chosen = _arguments()
    names = chosen.only or (QUICK if chosen.quick else FULL)
    heading = report.heading(chosen.seed, chosen.date)
    board = Board()
    for instance in map(INSTANCES.__getitem__, names):
        for solver in (name for name in instance.solvers if name in chosen.solvers):
            limit_s = chosen.limit or instance.limit_s
            board.rows.append(measured(instance, solver, chosen.seed, limit_s))
            print(report.line(board.rows[-1], board), file=sys.stderr, flush=True)
        if chosen.write:
            # After each instance: a run of hours that is stopped has told what it knows.
            chosen.write.write_text(report.document(board, problems(board), heading))
    print(report.document(board, problems(board), heading), end="")
    return 1 if problems(board) else 0


def problems(board: Board) -> list[str]:
    """What must not be: an engine without a proof, or two that differ over the optimum."""
    found = []
    for row in board.rows:
        words = f"{row.instance}, {row.solver}: "
        instance = INSTANCES[row.instance]
        if row.engine_run and not (row.verified and row.well):
            found.append(words + (row.note or "not verified"))
        if row.violations and (row.engine_run or not instance.special):
            found.append(words + f"breaks rules: {row.violations}")
        found += [words + other for other in _disagreements(board, instance, row)]
    return found


def _disagreements(board: Board, instance: Instance, row: Measurement) -> list[str]:
    """With the exact rivals, and with the engine itself on one process."""
    found = []
    if row.engine_run and not instance.special:
        rivals = (board.get(row.instance, solver) for solver in (STRONG, LP))
        found += [
            f"reaches {row.reached}, {rival.solver} {rival.reached}"
            for rival in rivals
            if rival and None not in (rival.reached, row.reached) and rival.reached != row.reached
        ]
    alone = board.get(row.instance, "engine-1")
    if alone and row.solver == "engine-2" and alone.digest and row.digest != alone.digest:
        found.append("another result than one process gives")
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="dev.py bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="small markets, about 3 minutes")
    parser.add_argument(
        "--only", nargs="+", choices=INSTANCES, metavar="NAME", help=" ".join(INSTANCES)
    )
    parser.add_argument(
        "--solvers",
        nargs="+",
        choices=SOLVERS,
        default=SOLVERS,
        metavar="NAME",
        help=" ".join(SOLVERS),
    )
    parser.add_argument(
        "--write",
        type=Path,
        nargs="?",
        const=DEFAULT,
        help=f"write the tables to a file, by default {DEFAULT}",
    )
    parser.add_argument("--limit", type=float, help="seconds for each measurement")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--date", default=datetime.now(UTC).date().isoformat(), help="day to print")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

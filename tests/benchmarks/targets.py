"""The issue's targets, and what was reached of them."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from tests.benchmarks.instances import ENGINES, INSTANCES, SESSION, STRONG, Board, Measurement

GROWTH = (STRONG, *ENGINES)
SMALL, LARGE = "10k-28", "140k-28"
Reading = Callable[[Board, str], float | None]


@dataclass(frozen=True)
class Target:
    """``more``: whether a larger number is better. ``form``: how a number reads."""

    instance: str
    words: str
    must: float
    aim: float
    reading: Reading
    form: str = "{:.2f} s"
    more: bool = False

    def cells(self, board: Board) -> tuple[str, ...]:
        reached = self.reading(board, self.instance)
        told = "" if reached is None else self.form.format(reached)
        bounds = (self.form.format(self.must), self.form.format(self.aim))
        return f"{self.instance}: {self.words}", *bounds, told, self._verdict(board, reached)

    def _verdict(self, board: Board, reached: float | None) -> str:
        if reached is None:
            runs = [row for row in board.rows if row.instance == self.instance]
            failed = any(row.engine_run and not row.well for row in runs)
            return "MISSED" if failed else "not measured"
        sign = 1 if self.more else -1
        if sign * reached >= sign * self.aim:
            return "aim"
        return "must" if sign * reached >= sign * self.must else "MISSED"


def exponent(board: Board, solver: str) -> float | None:
    """k of time ~ size^k between the smallest and the largest market of 28 products."""
    small, large = board.get(SMALL, solver), board.get(LARGE, solver)
    if not (small and large and small.wall_s and large.wall_s):
        return None
    sizes = INSTANCES[LARGE].size / INSTANCES[SMALL].size
    return math.log(large.wall_s / small.wall_s) / math.log(sizes)


def growth(board: Board) -> list[str]:
    found = [(solver, exponent(board, solver)) for solver in GROWTH]
    return [
        f"- {solver}: time grows as n^{power:.2f} from {SMALL} to {LARGE}."
        for solver, power in found
        if power is not None
    ]


def _faster(board: Board, instance: str) -> float | None:
    peer, own = board.get(instance, STRONG), board.best_engine(instance)
    return peer.wall_s / own.wall_s if peer and own and peer.wall_s and own.wall_s else None


def _smaller(board: Board, instance: str) -> float | None:
    peer, own = board.get(instance, STRONG), board.best_engine(instance)
    return peer.peak_mib / own.peak_mib if peer and own and peer.peak_mib and own.peak_mib else None


def _growth(board: Board, _: str) -> float | None:
    powers = [power for solver in ENGINES if (power := exponent(board, solver)) is not None]
    return min(powers, default=None)


def _added(board: Board, instance: str) -> float | None:
    row = board.get(instance, SESSION)
    return row.wall_s if row and row.verified else None


def _explained(board: Board, instance: str) -> float | None:
    """Reasons are told by one process."""
    row = board.get(instance, ENGINES[0])
    return row.wall_s + row.explain_s if row and row.wall_s and row.explain_s else None


def _proven(number: Callable[[Measurement], float | None]) -> Reading:
    """A number of the engine's run, if ``verify`` accepted what it says."""

    def read(board: Board, instance: str) -> float | None:
        row = board.best_engine(instance)
        return number(row) if row and row.verified else None

    return read


_wall = _proven(lambda row: row.wall_s)
_with_proof = _proven(lambda row: (row.wall_s or 0.0) + (row.verify_s or 0.0))
_memory = _proven(lambda row: row.highest_mib)
_gap = _proven(lambda row: None if row.gap is None else 100 * row.gap)
_SEARCHED = ("milp-10k", "milp-10k-28")

TARGETS = (
    Target(LARGE, "(a) / wall", 4, 10, _faster, "{:.2f}", more=True),
    Target(LARGE, "(a) / peak memory", 2, 5, _smaller, "{:.2f}", more=True),
    Target("20k", "(a) / wall", 2, 5, _faster, "{:.2f}", more=True),
    Target("140k", "wall + verify", 900, 180, _with_proof, "{:.0f} s"),
    Target("140k", "memory, verify included", 4096, 4096, _memory, "{:.0f} MiB"),
    Target("1k", "wall + explain", 0.3, 0.1, _explained, "{:.3f} s"),
    Target("incremental", "wall", 0.3, 0.05, _added, "{:.3f} s"),
    *(Target(name, "certified gap", 0.5, 0.1, _gap, "{:.4f} %") for name in _SEARCHED),
    *(Target(name, "wall", 60, 20, _wall) for name in _SEARCHED),
    Target(LARGE, "exponent of growth from 10k-28", 1.3, 1.1, _growth, "{:.2f}"),
)

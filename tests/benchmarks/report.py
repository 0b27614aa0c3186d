"""The measurements as Markdown: one table, the targets, and how to read them."""

import math
import os
import platform
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.instances import STRONG, Board, Measurement
from tests.benchmarks.targets import TARGETS, growth

LIBRARIES = ("numpy", "scipy", "ortools", "highspy", "numba")
Cell = Callable[[Measurement, Board], str]
LEGEND = """\
Every line is a fresh process on the same market, which is in memory; imports are done and compiled
kernels warm. *wall*: from the market's rows to the result, the engine's with duals. *peak*: the
process at the end of solving, its workers included (shared pages once); *before*: with the market
alone. *(a)* is `explicit`: all pairs by NumPy, then one OR-tools min-cost flow; `explicit-split`
is the same, told that products are markets of their own. `pairwise-lp` is HiGHS over all pairs.
`greedy` serves first who has the most valuable pair, with what is worth most to it; `price-first`
the highest limit with the cheapest lots, as an order book would. All four ignore minimums and
averages: where a market has such, they solve its relaxation and break rules. *% of optimum*: of 2
x surplus + kg, rounded down; with minimums or averages of the engine's certified bound, which
nobody exceeds who keeps the rules. *violations*: counted for all solvers by the same plain code.
`session`: the slowest of five lots, added one by one to a solved market; its *(a) / wall* is
against a full round of the engine."""


def line(row: Measurement, board: Board) -> str:
    return _line(cell(row, board) for cell in COLUMNS.values())


def document(board: Board, problems: Sequence[str], heading: str) -> str:
    """The whole page; lines are complete only once all solvers of an instance are through."""
    lines = [
        "# Benchmarks",
        "",
        heading,
        "",
        _line(COLUMNS),
        _line(":--" if n < 2 else "--:" for n in range(len(COLUMNS))),
        *(line(row, board) for row in board.rows),
        "",
        LEGEND,
        "",
        *growth(board),
        "",
        "## Targets",
        "",
        "Judged on the faster of the engine's runs with one and with two threads.",
        "",
        _line(("target", "must", "aim", "reached", "")),
        _line((":--", "--:", "--:", "--:", ":--")),
        *(_line(target.cells(board)) for target in TARGETS),
        *(["", "## Problems", ""] if problems else []),
        *(f"- {problem}" for problem in problems),
    ]
    return "\n".join(lines) + "\n"


def heading(seed: int, day: str) -> str:
    found = [f"{name} {version(name)}" for name in LIBRARIES]
    python = f"Python {platform.python_version()}"
    return f"`dev.py bench`, {day}, seed {seed}. {_machine()}. {', '.join([python, *found])}."


def _machine() -> str:
    names = [
        words.split(":", 1)[1].strip()
        for words in Path("/proc/cpuinfo").read_text().splitlines()
        if words.startswith("model name")
    ]
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    cores = len(os.sched_getaffinity(0))
    return f"{names[0] if names else platform.machine()}, {cores} cores, {pages >> 30} GiB"


def _seconds(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return (
        f"{seconds:.1f}"
        if seconds >= 100
        else f"{seconds:.2f}"
        if seconds >= 1
        else f"{seconds:.3f}"
    )


def _mib(mib: float | None) -> str:
    return "" if mib is None else f"{mib:,.0f}"


def _count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _faster(row: Measurement, board: Board) -> str:
    peer = board.get(row.instance, STRONG)
    before = row.full_s or (peer.wall_s if peer else None)
    return f"{before / row.wall_s:.2f}" if before and row.wall_s else ""


def _smaller(row: Measurement, board: Board) -> str:
    peer = board.get(row.instance, STRONG)
    return f"{peer.peak_mib / row.peak_mib:.2f}" if peer and peer.peak_mib and row.peak_mib else ""


def _share(row: Measurement, board: Board) -> str:
    best = board.optimum(row.instance)
    if not best or row.reached is None:
        return ""
    # Rounded down: what is not the optimum must not look like it.
    return f"{math.floor(row.reached / best * 1_000_000) / 10_000:.4f}"


def _surplus(row: Measurement, _: Board) -> str:
    return "" if row.surplus_e7 is None else f"{row.surplus_e7 // 10**5 / 100:,.2f}"


def _violations(row: Measurement, _: Board) -> str:
    return "" if row.violations is None else f"{sum(row.violations.values()):,}"


def _verified(row: Measurement, _: Board) -> str:
    return "" if row.verified is None else "yes" if row.verified else "NO"


def _gap(row: Measurement, _: Board) -> str:
    return "" if row.gap is None else f"{100 * row.gap:.4f}"


COLUMNS: dict[str, Cell] = {
    "instance": lambda row, _: row.instance,
    "solver": lambda row, _: row.solver,
    "wall s": lambda row, _: _seconds(row.wall_s),
    "(a) / wall": _faster,
    "before MiB": lambda row, _: _mib(row.before_mib),
    "peak MiB": lambda row, _: _mib(row.peak_mib),
    "(a) / peak": _smaller,
    "pairs": lambda row, _: _count(row.pairs),
    "segments": lambda row, _: _count(row.segments),
    "surplus USD": _surplus,
    "% of optimum": _share,
    "violations": _violations,
    "verified": _verified,
    "gap %": _gap,
    "verify s": lambda row, _: _seconds(row.verify_s),
    "explain s": lambda row, _: _seconds(row.explain_s),
    "read s": lambda row, _: _seconds(row.read_s),
    "note": lambda row, _: row.note.replace("|", "/")[:120],
}


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"

"""What a flow cannot say: portions of a least size, all or nothing, averages. HiGHS, one thread.

Quantities are tonnes and money USD/t here, in floats: what comes back is a pattern (which pairs
trade, which requirements are served) and multipliers, from which kilograms.py and multipliers.py
make exact numbers again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import highspy
import numpy as np

# The class without the callbacks of highspy.Highs, which print a banner before any option holds.
from highspy._core import _Highs
from numpy.typing import NDArray

from matching.engine.arrays import Flags, Ints
from matching.engine.errors import EngineError
from matching.engine.searches.parts import Part

Floats = NDArray[np.float64]
# USD of a part's surplus below which two allocations count as equal: less than a kilogram's 2w + 1.
SAME_USD = 1e-8
PER_TONNE = 1e-4 / 2  # from the engine's integers 2w + 1 to USD/t
INFINITE = highspy.kHighsInf


@dataclass(frozen=True)
class Effort:
    """A search ends at the latest after so many nodes: a count, so that every machine ends alike.

    ``share``: of a part's surplus, below which two allocations count as equal.
    """

    nodes: int
    share: float


TO_THE_END = Effort(nodes=5_000, share=1e-9)


@dataclass(frozen=True)
class Pattern:
    """``kilograms`` are near-exact; ``trades`` and ``served`` are decisions.

    ``bound``: no allocation of the part is worth more, in 2w + 1 per kilogram, says the solver.
    """

    kilograms: Floats
    trades: Flags
    served: Flags
    bound: float
    ended: bool


@dataclass(frozen=True)
class Rows:
    """``low <= matrix . columns <= high`` with the matrix as (row, column, coefficient)."""

    row: Ints
    column: Ints
    coefficient: Floats
    low: Floats
    high: Floats


def search(part: Part, effort: Effort = TO_THE_END) -> Pattern:
    """The best allocation with all portions and averages. EngineError if the solver fails."""
    pairs, count = part.pairs, len(part.pairs.lot)
    portioned, whole = np.flatnonzero(pairs.least > 1), np.flatnonzero(part.floor)
    rows = _stacked([*_transport(part, whole), *_averages(part), *_portions(part, portioned)])
    integers = len(portioned) + len(whole)
    upper = np.concatenate([part.most / 1000, np.ones(integers)])
    gain = np.concatenate([pairs.profit * PER_TONNE, np.zeros(integers)])
    model = _solved(rows, gain, upper, integers, effort)
    info = model.getInfo()
    found = np.array(model.getSolution().col_value)
    trades, served = np.ones(count, dtype=np.bool_), np.ones(len(part.volume), dtype=np.bool_)
    trades[portioned] = found[count : count + len(portioned)] > 0.5
    served[whole] = found[count + len(portioned) :] > 0.5
    return Pattern(
        kilograms=found[:count] * 1000,
        trades=trades & served[pairs.requirement],
        served=served,
        bound=(info.mip_dual_bound if integers else info.objective_function_value)
        * 1000
        / PER_TONNE,
        ended=model.getModelStatus() == highspy.HighsModelStatus.kOptimal,
    )


def whole(gain: Ints, excess: Ints, room: Ints, goal: tuple[int, int], over: int) -> Ints | None:
    """Whole kilograms, at most ``room``, of most gain; their sum within ``goal``, and the sum of
    kilograms x ``excess`` at most ``over``. None where there are none, to the last kilogram.
    """
    each, count = np.arange(len(gain)), len(gain)
    rows = Rows(
        np.repeat([0, 1], count),
        np.tile(each, 2),
        np.concatenate([np.ones(count), excess.astype(np.float64)]),
        np.array([goal[0], -INFINITE], dtype=np.float64),
        np.array([goal[1], over], dtype=np.float64),
    )
    try:
        worth: Floats = (gain * PER_TONNE).astype(np.float64)
        model = _solved(rows, worth, room.astype(np.float64), count, TO_THE_END)
    except EngineError:
        return None
    found = np.rint(np.array(model.getSolution().col_value)).astype(np.int64)
    fits = goal[0] <= int(found.sum()) <= goal[1] and int((found * excess).sum()) <= over
    return found if fits and (found <= room).all() else None


def averaging(part: Part) -> Flags:
    """Requirements whose average some pair could break."""
    dirtiest = np.zeros(len(part.volume), dtype=np.int64)
    np.maximum.at(dirtiest, part.pairs.requirement, part.pairs.excess)
    found: Flags = dirtiest * part.volume > part.allowance
    return found


def _transport(part: Part, whole: Ints) -> list[Rows]:
    """Lots, then requirements; those of ``whole`` get all from their floor on, or nothing."""
    pairs, count = part.pairs, len(part.pairs.lot)
    ones, each = np.ones(count), np.arange(count)
    volume = part.volume / 1000
    switch = count + int((pairs.least > 1).sum()) + np.arange(len(whole))
    given = _rows(pairs.lot, each, ones, high=part.available / 1000)
    high = volume.copy()
    high[whole] = 0.0
    got = _rows(
        np.concatenate([pairs.requirement, whole]),
        np.concatenate([each, switch]),
        np.concatenate([ones, -volume[whole]]),
        high=high,
    )
    if not len(whole):
        return [given, got]
    place = np.full(len(volume), -1)
    place[whole] = np.arange(len(whole))
    own = np.flatnonzero(place[pairs.requirement] >= 0)
    enough = _rows(
        np.concatenate([place[pairs.requirement[own]], np.arange(len(whole))]),
        np.concatenate([own, switch]),
        np.concatenate([ones[own], -part.floor[whole] / 1000]),
        low=np.zeros(len(whole)),
    )
    return [given, got, enough]


def _averages(part: Part) -> list[Rows]:
    wanted = np.flatnonzero(averaging(part))
    if not len(wanted):
        return []
    place = np.full(len(part.volume), -1)
    place[wanted] = np.arange(len(wanted))
    own = np.flatnonzero(place[part.pairs.requirement] >= 0)
    above, allowed = part.pairs.excess[own] / 1000, part.allowance[wanted] / 10**6
    return [_rows(place[part.pairs.requirement[own]], own, above, high=allowed)]


def _portions(part: Part, portioned: Ints) -> list[Rows]:
    """x <= most . y and x >= least . y."""
    if not len(portioned):
        return []
    each, switch = np.arange(len(portioned)), len(part.pairs.lot) + np.arange(len(portioned))
    row, column = np.tile(each, 2), np.concatenate([portioned, switch])
    ones, zeros = np.ones(len(portioned)), np.zeros(len(portioned))
    most, least = part.most[portioned] / 1000, part.pairs.least[portioned] / 1000
    return [
        _rows(row, column, np.concatenate([ones, -most]), high=zeros),
        _rows(row, column, np.concatenate([ones, -least]), low=zeros),
    ]


def _rows(
    row: Ints,
    column: Ints,
    coefficient: Floats,
    *,
    low: Floats | None = None,
    high: Floats | None = None,
) -> Rows:
    known = low if low is not None else high
    assert known is not None
    return Rows(
        row,
        column,
        coefficient,
        np.full(len(known), -INFINITE) if low is None else low,
        np.full(len(known), INFINITE) if high is None else high,
    )


def _stacked(parts: Sequence[Rows]) -> Rows:
    starts = np.cumsum([0, *(len(part.low) for part in parts)])
    return Rows(
        np.concatenate([part.row + start for part, start in zip(parts, starts, strict=False)]),
        np.concatenate([part.column for part in parts]),
        np.concatenate([part.coefficient for part in parts]),
        np.concatenate([part.low for part in parts]),
        np.concatenate([part.high for part in parts]),
    )


def _solved(
    rows: Rows, gain: Floats, upper: Floats, integers: int, effort: Effort = TO_THE_END
) -> _Highs:
    order = np.lexsort((rows.column, rows.row))
    counts = np.bincount(rows.row, minlength=len(rows.low))
    linear = highspy.HighsLp()
    linear.num_col_, linear.num_row_ = len(gain), len(rows.low)
    linear.sense_ = highspy.ObjSense.kMaximize
    linear.col_cost_, linear.col_lower_, linear.col_upper_ = gain, np.zeros(len(gain)), upper
    linear.row_lower_, linear.row_upper_ = rows.low, rows.high
    linear.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    linear.a_matrix_.start_ = np.concatenate([[0], np.cumsum(counts)])
    linear.a_matrix_.index_ = rows.column[order]
    linear.a_matrix_.value_ = rows.coefficient[order]
    if integers:
        kinds = [highspy.HighsVarType.kContinuous] * (len(gain) - integers)
        linear.integrality_ = kinds + [highspy.HighsVarType.kInteger] * integers
    model = _Highs()
    options: dict[str, bool | float | str] = {
        "output_flag": False,
        "threads": 1,
        "parallel": "off",
        "mip_rel_gap": effort.share,
        "mip_abs_gap": SAME_USD,
        "mip_feasibility_tolerance": 1e-9,
        "primal_feasibility_tolerance": 1e-9,
        "mip_max_nodes": effort.nodes,
    }
    for name, value in options.items():
        model.setOptionValue(name, value)
    model.passModel(linear)
    model.run()
    if model.getInfo().primal_solution_status != highspy.kSolutionStatusFeasible:
        raise EngineError(f"HiGHS ended with {model.getModelStatus().name} and no answer.")
    return model

"""The network simplex by hand, against an LP, restarted, and at the end of its range."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from matching.engine.arrays import Ints
from matching.engine.errors import EngineError
from matching.engine.flows import simplex
from matching.engine.flows.simplex import Basis, Columns

Problem = tuple[Ints, Ints, Columns]


def ints(*values: int) -> Ints:
    return np.array(values, dtype=np.int64)


def columns(*pairs: tuple[int, int, int]) -> Columns:
    """(lot, requirement, profit) each."""
    lot, row, profit = zip(*pairs, strict=True) if pairs else ((), (), ())
    return Columns(np.array(lot, np.int32), np.array(row, np.int32), np.array(profit, np.int64))


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    n, m = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    kilograms = st.integers(1, 5)
    pairs = [
        (i, j, draw(st.integers(-2, 6))) for i in range(n) for j in range(m) if draw(st.booleans())
    ]
    available = ints(*(draw(kilograms) for _ in range(n)))
    return available, ints(*(draw(kilograms) for _ in range(m))), columns(*pairs)


def best_by_lp(available: Ints, volume: Ints, found: Columns) -> float:
    if not len(found.profit):
        return 0.0
    rows = np.zeros((len(available) + len(volume), len(found.profit)))
    each = np.arange(len(found.profit))
    rows[found.lot, each] = rows[found.requirement + len(available), each] = 1
    solved = linprog(-found.profit, A_ub=rows, b_ub=[*available, *volume], method="highs")
    return float(-solved.fun)


def assert_optimal(problem: Problem, basis: Basis) -> None:
    available, volume, found = problem
    amounts = basis.amounts(len(found.profit))
    u, v = basis.lot_duals, basis.requirement_duals
    assert (amounts >= 0).all() and (u >= 0).all() and (v >= 0).all()
    assert (np.bincount(found.lot, amounts, len(available)) <= available).all()
    assert (np.bincount(found.requirement, amounts, len(volume)) <= volume).all()
    assert (found.profit <= u[found.lot] + v[found.requirement]).all()
    reached = int((amounts * found.profit).sum())
    assert reached == int((u * available).sum() + (v * volume).sum())
    assert reached == pytest.approx(best_by_lp(*problem))


def test_two_lots_for_one_requirement_by_hand() -> None:
    """The better one sells all; the other lot's kilograms set its dual: 9 - 4."""
    available, volume = ints(60, 100), ints(100)
    basis = Basis.start(available, volume)
    assert simplex.improve(basis, columns((0, 0, 9), (1, 0, 4))) == 2
    assert basis.amounts(2).tolist() == [60, 40]
    assert (basis.lot_duals.tolist(), basis.requirement_duals.tolist()) == ([5, 0], [4])


def test_the_published_example_of_two_canneries_and_three_markets() -> None:
    """Dantzig, Linear Programming and Extensions (1963), ch. 3: 153,675 USD of freight."""
    freight = {(0, 0): 225, (0, 1): 153, (0, 2): 162, (1, 0): 225, (1, 1): 162, (1, 2): 126}
    found = columns(*((i, j, 1_000 - usd) for (i, j), usd in freight.items()))
    basis = Basis.start(ints(350, 600), ints(325, 300, 275))
    simplex.improve(basis, found)
    amounts = basis.amounts(len(freight)).tolist()
    assert sum(amounts) == 900
    assert sum(usd * kg for usd, kg in zip(freight.values(), amounts, strict=True)) == 153_675


@given(problems())
@settings(max_examples=300)
def test_the_optimum_is_that_of_an_lp(problem: Problem) -> None:
    available, volume, found = problem
    basis = Basis.start(available, volume)
    simplex.improve(basis, found)
    assert_optimal(problem, basis)


@given(problems(), st.integers(0, 36))
def test_columns_may_come_later(problem: Problem, cut: int) -> None:
    available, volume, found = problem
    basis = Basis.start(available, volume)
    simplex.improve(basis, Columns(*(one[:cut] for one in vars(found).values())))
    simplex.improve(basis, found)
    assert_optimal(problem, basis)


@given(problems())
def test_a_greedy_forest_is_a_start(problem: Problem) -> None:
    available, volume, found = problem
    left, wanted = available.copy(), volume.copy()
    amounts = np.zeros(len(found.profit), dtype=np.int64)
    for place in range(len(amounts)):
        i, j = found.lot[place], found.requirement[place]
        amounts[place] = some = min(left[i], wanted[j])
        left[i] -= some
        wanted[j] -= some
    used = np.flatnonzero(amounts)
    forest = Columns(*(one[used] for one in vars(found).values()))
    basis = Basis.of_forest(available, volume, forest, amounts[used])
    assert basis.amounts(len(used)).tolist() == amounts[used].tolist()
    order = [*used.tolist(), *(place for place in range(len(amounts)) if not amounts[place])]
    reordered = Columns(*(one[order] for one in vars(found).values()))
    simplex.improve(basis, reordered)
    assert_optimal((available, volume, reordered), basis)


def test_an_empty_market_has_an_empty_basis() -> None:
    basis = Basis.start(ints(), ints())
    assert simplex.improve(basis, columns()) == 0


def test_profits_beyond_the_range_are_refused() -> None:
    basis = Basis.start(ints(1), ints(1))
    with pytest.raises(EngineError, match="profit is beyond"):
        simplex.improve(basis, columns((0, 0, 2**60)))


def test_duals_that_leave_the_range_are_refused() -> None:
    """No market gets there from the start; a basis that is near the end of the range does."""
    basis = Basis.start(ints(1), ints(2))
    basis.dual[1] = 1 - 2**60
    with pytest.raises(EngineError, match="Duals left the range"):
        simplex.improve(basis, columns((0, 0, 2**59)))

"""Both ends of the optimal duals, against an LP over the optimal face."""

import numpy as np
from hypothesis import given, settings
from scipy.optimize import linprog

from matching import engine
from matching.engine import Market
from matching.engine.arrays import total
from tests.factories.engine import lot, market, requirement
from tests.strategies import plain_markets
from tests.unit.matching.engine.flows.test_scan import by_rules


def highest_sums(found: Market) -> tuple[float, float]:
    """The largest sum of u, and of v, over all optimal duals: HiGHS on the dual program."""
    lots = {row.key: place for place, row in enumerate(found.lots)}
    rows = {row.key: place for place, row in enumerate(found.requirements)}
    n, m = len(lots), len(rows)
    capacity = np.array(
        [row.available_kg for row in found.lots] + [row.volume_kg for row in found.requirements],
        dtype=float,
    )
    pairs = sorted(by_rules(found))
    matrix, worth = np.zeros((len(pairs), n + m)), np.zeros(len(pairs))
    for place, (one, other) in enumerate(pairs):
        i, j = lots[one], rows[other]
        offered, row = found.lots[i], found.requirements[j]
        matrix[place, i] = matrix[place, n + j] = -1
        worth[place] = 2 * row.value_e4(offered.ask_e4 or 0, offered.carbon_milli[row.boundary]) + 1
    scale = capacity.max()
    best = linprog(capacity / scale, A_ub=matrix, b_ub=-worth, method="highs").fun
    # Parties without kilograms to lose would rise for ever: none here, all have at least 1 kg.
    face = {"A_ub": np.vstack([matrix, capacity / scale]), "b_ub": [*-worth, best + 1e-7 * best]}
    sums = [
        -linprog(-np.repeat(side, (n, m)), **face, method="highs").fun
        for side in ((1.0, 0.0), (0.0, 1.0))
    ]
    return sums[0], sums[1]


@given(plain_markets(5))
@settings(max_examples=60)
def test_no_optimal_duals_lie_beyond(found: Market) -> None:
    result = engine.solve(found)
    of_lots, of_requirements = highest_sums(found)
    # The LP's face is a hair thicker than the optimum: it may be above, by little, never below.
    assert sum(result.lot_duals) <= of_lots * (1 + 1e-3) + 2
    assert sum(result.highest_requirement_duals) <= of_requirements * (1 + 1e-3) + 2
    bounds = {
        total(np.array(u), found.columns.lots["available"])
        + total(np.array(v), found.columns.rows["volume"])
        for u, v in (
            (result.lot_duals, result.requirement_duals),
            (result.lowest_lot_duals, result.highest_requirement_duals),
        )
    }
    assert bounds == {sum(2 * one.surplus_e7 + one.quantity_kg for one in result.matches)}


def test_an_even_market_has_an_interval() -> None:
    """500 t for 500 t: the whole surplus of 5 USD/t, 100,001 as 2w + 1, may be either side's."""
    result = engine.solve(market(lot(), requirement()))
    assert (result.lot_duals, result.requirement_duals) == ((100_001,), (0,))
    assert (result.lowest_lot_duals, result.highest_requirement_duals) == ((0,), (100_001,))


def test_a_kilogram_too_many_leaves_the_sellers_nothing() -> None:
    result = engine.solve(market(lot(available_kg=500_001), requirement()))
    assert result.lot_duals == result.lowest_lot_duals == (0,)
    assert result.requirement_duals == result.highest_requirement_duals == (100_001,)

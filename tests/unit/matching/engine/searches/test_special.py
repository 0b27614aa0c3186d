"""Parts that a search decides, found in their sector; and those too large to list their pairs."""

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import engine
from matching.engine import Market, Result
from matching.engine.errors import EngineError
from matching.engine.searches import diving, program, search, special
from tests.benchmarks.checks import check
from tests.benchmarks.markets import synthetic
from tests.factories.engine import SMELTER, lot, market, requirement
from tests.strategies import contracted_markets, special_markets


@pytest.fixture
def unlisted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every part has too many pairs, begins with one a requirement, and others join but once."""
    for name, value in {"LISTED": 0, "NEAR": 1, "ADDED": 1, "ROUNDS": 1}.items():
        monkeypatch.setattr(special, name, value)


def keeps_every_rule(found: Market, result: Result) -> bool:
    lots = {row.key: place for place, row in enumerate(found.lots)}
    rows = {row.key: place for place, row in enumerate(found.requirements)}
    trades = ((lots[m.lot], rows[m.requirement], m.quantity_kg) for m in result.matches)
    return not check(found, trades).violations


@pytest.mark.usefixtures("unlisted")
@given(st.one_of(special_markets(), contracted_markets()))
@settings(max_examples=150)
def test_without_the_list_the_bound_still_holds_over_all_pairs(found: Market) -> None:
    result = engine.solve(found)
    assert engine.verify(found, result).ok
    assert keeps_every_rule(found, result)


def test_near_pairs_are_enough_for_nearly_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    found = synthetic(100, minimums=0.2, averages=0.1)
    listed = engine.solve(found)
    monkeypatch.setattr(special, "LISTED", 0)
    near = engine.solve(found)
    assert near.searched == listed.searched
    assert engine.verify(found, near).ok
    assert near.gap <= listed.gap + Decimal("0.02")


def test_pairs_join_until_none_is_undervalued(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one pair each to begin with, and rounds enough, the certified bound is the same."""
    found = synthetic(60, minimums=0.2, averages=0.2, seed=3)
    listed = engine.solve(found)
    for name, value in {"LISTED": 0, "NEAR": 1, "ADDED": 4, "ROUNDS": 50}.items():
        monkeypatch.setattr(special, name, value)
    near = engine.solve(found)
    bounds = [
        sum(np.array(one.lot_duals, dtype=object) * found.columns.lots["available"])
        + sum(np.array(one.requirement_duals, dtype=object) * found.columns.rows["volume"])
        for one in (listed, near)
    ]
    assert bounds[0] == pytest.approx(bounds[1], rel=1e-6)


AVERAGE: dict[str, Any] = {"ci_basis": "PORTFOLIO_AVERAGE"}


def test_a_floor_that_rounding_misses_by_a_kilogram_is_not_given_up() -> None:
    """Y can have 28,000 kg of E and 2,682 of B; floats leave it a kilogram short at first."""
    found = market(
        lot("A", available_kg=15_616, ask_e4=40_000, carbon_milli={SMELTER: 1_000}),
        lot("B", available_kg=31_989, ask_e4=30_000, carbon_milli={SMELTER: 6_000}),
        lot("C", available_kg=6_706, ask_e4=100_000, carbon_milli={SMELTER: 6_000}),
        lot(
            "E", available_kg=31_441, ask_e4=60_000, carbon_milli={SMELTER: 2_000},
            min_take_kg=15_720,
        ),
        requirement(
            "X", volume_kg=6_973, max_premium_e4=40_000, max_ci_milli=3_300, **AVERAGE
        ),
        requirement(
            "Y", volume_kg=30_682, max_premium_e4=100_000, max_ci_milli=4_000, partial_ok=False,
            min_lot_kg=2_000, **AVERAGE,
        ),
    )  # fmt: skip
    result = engine.solve(found)
    assert sum(one.quantity_kg for one in result.matches if one.requirement == "Y") == 30_682
    assert engine.verify(found, result).ok


def test_what_is_worth_less_than_a_cent_is_matched_all_the_same() -> None:
    """At w = 0 only the tonnes speak; 817 kg of them."""
    whole: dict[str, Any] = {"partial_ok": False, "min_lot_kg": 100}
    found = market(
        lot("A", available_kg=867, ask_e4=2, min_take_kg=433),
        lot("B", available_kg=291, ask_e4=2, min_take_kg=145),
        requirement("Y", volume_kg=817, max_premium_e4=2),
        requirement("X", volume_kg=604, max_premium_e4=1, **whole),
        requirement("Z", volume_kg=376, max_premium_e4=3, **whole),
    )
    result = engine.solve(found)
    assert sum(one.quantity_kg for one in result.matches) >= 817
    assert engine.verify(found, result).ok


def test_a_dive_that_fails_leaves_a_feasible_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A portion barred for the sake of an average is not forced a moment later."""
    monkeypatch.setattr(search, "WHOLE_PAIRS", 0)
    found = market(
        lot("A", available_kg=5, ask_e4=80_000, carbon_milli={SMELTER: 4_000}, min_take_kg=2),
        lot("B", available_kg=4, ask_e4=110_000, carbon_milli={SMELTER: 5_000}, min_take_kg=2),
        requirement("X", volume_kg=6, max_premium_e4=150_000, partial_ok=False, **AVERAGE),
        requirement("Y", volume_kg=6, max_premium_e4=110_000, max_ci_milli=2_500, partial_ok=False),
    )
    assert engine.verify(found, engine.solve(found)).ok


def test_no_solver_is_able_to_fail_a_market(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be decided stays unsold, with the gap that this leaves."""

    def fails(*_ignored: object) -> None:
        raise EngineError("no answer")

    monkeypatch.setattr(program, "search", fails)
    monkeypatch.setattr(diving, "pattern", fails)
    found = market(lot(min_take_kg=400_000), requirement(volume_kg=450_000, min_lot_kg=420_000),
                   requirement("R2", volume_kg=450_000, min_lot_kg=420_000))  # fmt: skip
    result = engine.solve(found)
    assert (result.matches, result.optimal) == ((), False)
    assert result.gap == 1
    assert engine.verify(found, result).ok

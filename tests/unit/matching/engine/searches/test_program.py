"""Portions, all-or-nothing and averages: hand-made cases, then a plain MILP, then attacks."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from matching import engine
from matching.engine import Market
from tests.factories.engine import SMELTER, lot, market, requirement
from tests.milp import plain_milp, reached
from tests.strategies import special_markets

AVERAGE = {"ci_basis": "PORTFOLIO_AVERAGE"}


def solved(found: Market) -> dict[tuple[str, str], int]:
    result = engine.solve(found)
    assert engine.verify(found, result) == engine.Verdict(ok=True, problems=())
    assert result.optimal
    return {(one.lot, one.requirement): one.quantity_kg for one in result.matches}


def test_a_lot_that_goes_whole_goes_to_who_takes_it_whole() -> None:
    """The small requirement pays more per tonne, but cannot take the lot."""
    found = market(
        lot("A", available_kg=100_000, min_take_kg=100_000),
        requirement("R1", volume_kg=60_000, max_premium_e4=400_000),
        requirement("R2", volume_kg=100_000, max_premium_e4=210_000),
    )
    assert solved(found) == {("A", "R2"): 100_000}


def test_a_smallest_lot_keeps_a_requirement_from_being_split() -> None:
    found = market(
        lot("A", available_kg=90_000, ask_e4=100_000),
        lot("B", available_kg=100_000, ask_e4=110_000),
        requirement("R", volume_kg=100_000, min_lot_kg=50_000),
    )
    assert solved(found) == {("A", "R"): 50_000, ("B", "R"): 50_000}


@pytest.mark.parametrize(("tolerance", "expected"), [(0, {}), (1_000, {("A", "R"): 95_000})])
def test_all_or_nothing_within_its_tolerance(tolerance: int, expected: object) -> None:
    found = market(
        lot("A", available_kg=95_000),
        requirement("R", volume_kg=100_000, partial_ok=False, tolerance_centi_pct=tolerance),
    )
    assert solved(found) == expected


def test_an_average_takes_as_much_dirty_metal_as_the_clean_allows() -> None:
    """3 parts at 3.000 carry 1 part at 7.000 to an average of 4.000, to the kilogram."""
    found = market(
        lot("clean", available_kg=300_001, carbon_milli={SMELTER: 3_000}, ask_e4=200_000),
        lot("dirty", available_kg=900_000, carbon_milli={SMELTER: 7_000}, ask_e4=10_000),
        requirement("R", volume_kg=900_000, **AVERAGE),
    )
    assert solved(found) == {("clean", "R"): 300_001, ("dirty", "R"): 100_000}


def test_a_cap_per_lot_bars_the_dirtiest_from_an_average() -> None:
    found = market(
        lot("clean", available_kg=300_000, carbon_milli={SMELTER: 3_000}),
        lot("dirty", available_kg=900_000, carbon_milli={SMELTER: 7_000}, ask_e4=10_000),
        requirement("R", volume_kg=900_000, per_lot_cap_milli=6_999, **AVERAGE),
    )
    assert solved(found) == {("clean", "R"): 300_000}


def test_only_the_average_stops_it() -> None:
    found = market(lot(carbon_milli={SMELTER: 4_001}), requirement(**AVERAGE))
    assert solved(found) == {}
    reasons = {one.key: one.reason for one in engine.explain(found, engine.solve(found))}
    assert reasons["R1"] == "AVERAGE_CI"


def test_a_carbon_price_makes_dirty_metal_dear_to_an_average_too() -> None:
    """w = 25 - 20 + 10 x (4 - 5) = -5 USD/t: never used, even where the average would allow it."""
    found = market(
        lot("clean", available_kg=100_000, carbon_milli={SMELTER: 2_000}),
        lot("dirty", available_kg=100_000, carbon_milli={SMELTER: 5_000}),
        requirement("R", volume_kg=200_000, internal_carbon_price=Decimal(10), **AVERAGE),
    )
    assert solved(found) == {("clean", "R"): 100_000}


def test_parts_that_need_no_search_stay_exact_beside_one_that_does() -> None:
    found = market(
        lot("A", available_kg=100_000, min_take_kg=60_000),
        requirement("R1", volume_kg=100_000),
        requirement("R2", volume_kg=70_000, max_premium_e4=300_000),
        lot("B", product_form="SLAB"),
        requirement("S", product_forms=frozenset({"SLAB"})),
    )
    result = engine.solve(found)
    assert result.searched == {"R1", "R2"}
    assert engine.verify(found, result).ok
    kept = tuple(one for one in result.matches if one.lot != "B")
    lost = sum(one.surplus_e7 for one in result.matches) - sum(one.surplus_e7 for one in kept)
    forged = replace(result, matches=kept, total_surplus_e7=result.total_surplus_e7 - lost)
    assert any("exact part" in told for told in engine.verify(found, forged).problems)


@given(special_markets())
@settings(max_examples=150)
def test_the_optimum_is_that_of_a_plain_milp(found: Market) -> None:
    """To a few kilograms: averages are continuous there and whole kilograms here."""
    result = engine.solve(found)
    assert engine.verify(found, result) == engine.Verdict(ok=True, problems=())
    best, dearest = plain_milp(found), 2 * 200_000 + 1
    tonnes_lost = 10 * sum(row.averages for row in found.requirements)
    assert best - dearest * tonnes_lost - 1e-6 * best <= reached(result) <= best * (1 + 1e-6) + 1
    assert result.optimal


@given(special_markets())
@settings(max_examples=50)
def test_the_gap_bounds_what_any_other_answer_could_be_worth(found: Market) -> None:
    result = engine.solve(found)
    bound = reached(result) / (1 - float(result.gap)) if result.gap < 1 else np.inf
    assert plain_milp(found) <= bound * (1 + 1e-9) + 1


@given(special_markets(), st.data())
@settings(max_examples=80)
def test_no_rule_can_be_broken_unnoticed(found: Market, data: st.DataObject) -> None:
    """One kilogram more or less on any match: sums are made to fit, the gap is not."""
    result = engine.solve(found)
    assume(result.matches)
    place = data.draw(st.integers(0, len(result.matches) - 1))
    change = data.draw(st.sampled_from((-1, 1)))
    one = result.matches[place]
    worth = one.surplus_e7 // one.quantity_kg
    other = replace(
        one, quantity_kg=one.quantity_kg + change, surplus_e7=one.surplus_e7 + change * worth
    )
    forged = replace(
        result,
        matches=(*result.matches[:place], other, *result.matches[place + 1 :]),
        total_surplus_e7=result.total_surplus_e7 + change * worth,
    )
    assert not engine.verify(found, forged).ok

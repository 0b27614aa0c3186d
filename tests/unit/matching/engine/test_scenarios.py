"""The published scenarios of the trade that the engine decides, one by one."""

import pytest

from matching import engine
from tests.factories.engine import GATE, SMELTER, lot, market, requirement


def matched_kg(*rows: engine.LotRow | engine.RequirementRow) -> int:
    found = market(*rows)
    result = engine.solve(found)
    assert engine.verify(found, result).ok
    return sum(match.quantity_kg for match in result.matches)


def reason_of(key: str, *rows: engine.LotRow | engine.RequirementRow) -> str:
    found = market(*rows)
    told = engine.explain(found, engine.solve(found))
    return next(one.reason for one in told if one.key == key)


def test_1_a_lot_meets_a_requirement() -> None:
    assert matched_kg(lot(), requirement()) == 500_000


def test_2_another_boundary_is_not_comparable_and_a_high_value_is_too_high() -> None:
    wanted = requirement(boundary=GATE)
    smelter_only = lot(carbon_milli={SMELTER: 1_900})
    with_epd = lot(carbon_milli={SMELTER: 1_900, GATE: 4_300}, ci_verified=frozenset({GATE}))
    assert reason_of("R1", smelter_only, wanted) == "NOT_COMPARABLE"
    assert reason_of("R1", with_epd, wanted) == "CI_TOO_HIGH"


@pytest.mark.parametrize(
    ("carbon", "ask", "limit", "kilograms"),
    [
        (4_000, 200_000, 250_000, 500_000),
        (4_001, 200_000, 250_000, 0),
        (3_200, 250_000, 250_000, 500_000),
        (3_200, 250_100, 250_000, 0),
        (3_200, 0, 0, 500_000),
    ],
)
def test_3_limits_are_included_to_the_last_digit(
    carbon: int, ask: int, limit: int, kilograms: int
) -> None:
    offered = lot(carbon_milli={SMELTER: carbon}, ask_e4=ask)
    assert matched_kg(offered, requirement(max_premium_e4=limit)) == kilograms


def test_5_one_cent_a_pound_is_five_cents_a_tonne_too_much_for_22() -> None:
    offered = lot(ask_e4=220_462)
    assert reason_of("R1", offered, requirement(max_premium_e4=220_000)) == "PREMIUM_TOO_HIGH"
    assert matched_kg(offered, requirement(max_premium_e4=250_000)) == 500_000


def test_internal_carbon_price_prefers_cleaner_metal_but_never_pays_above_the_limit() -> None:
    clean = lot("clean", carbon_milli={SMELTER: 2_000}, ask_e4=240_000)
    cheap = lot("cheap", carbon_milli={SMELTER: 3_900}, ask_e4=200_000)
    above = lot("above", carbon_milli={SMELTER: 1_000}, ask_e4=250_001)
    for price, wins in ((0, "cheap"), (5, "clean")):
        found = market(clean, cheap, above, requirement(internal_carbon_price=price))
        (match,) = engine.solve(found).matches
        assert match.lot == wins


def test_tonnes_decide_between_allocations_of_the_same_surplus() -> None:
    """A pair worth nothing above its ask is matched too: more tonnes, same surplus."""
    assert matched_kg(lot(ask_e4=250_000), requirement()) == 500_000
    big, small = lot("L1", available_kg=800_000), requirement("R1", volume_kg=300_000)
    assert matched_kg(big, small, requirement("R2", volume_kg=600_000)) == 800_000


def test_the_greedy_choice_is_not_the_best_one() -> None:
    """Best pair first gives 30; the optimum serves both requirements for 20 + 20."""
    rows = (
        lot("A", available_kg=1_000, carbon_milli={SMELTER: 1_000}, ask_e4=0),
        lot("B", available_kg=1_000, carbon_milli={SMELTER: 3_000}, ask_e4=100_000),
        requirement("R1", volume_kg=1_000, max_premium_e4=300_000),
        requirement("R2", volume_kg=1_000, max_premium_e4=200_000, max_ci_milli=2_000),
    )
    found = market(*rows)
    result = engine.solve(found)
    assert [(one.lot, one.requirement) for one in result.matches] == [("B", "R1"), ("A", "R2")]
    assert result.total_surplus_e7 == 400_000_000

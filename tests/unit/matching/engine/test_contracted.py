"""Requirements that are partly contracted: their average and their floor count what is bought."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings

from matching import engine
from matching.engine import Market, Memory
from matching.engine.errors import EngineError
from matching.engine.results import SCALE
from tests.factories.engine import DAY, SMELTER, bought, lot, market, requirement
from tests.milp import plain_milp, reached
from tests.strategies import contracted_markets

AVERAGE: dict[str, Any] = {"ci_basis": "PORTFOLIO_AVERAGE"}
B = lot("B", available_kg=400_000, carbon_milli={SMELTER: 4_500}, ask_e4=100_000)


def kilograms(found: Market) -> dict[tuple[str, str], int]:
    """What is matched, proven."""
    result = engine.solve(found)
    assert engine.verify(found, result) == engine.Verdict(ok=True, problems=())
    return {(one.lot, one.requirement): one.quantity_kg for one in result.matches}


def reason(found: Market, key: str = "R1") -> str:
    return next(one.reason for one in engine.explain(found, engine.solve(found)) if one.key == key)


def test_what_is_bought_below_the_average_carries_dirtier_metal() -> None:
    """0.5 x 400 t = 200 t CO2e above, 0.4 x 600 t = 240 below: the whole lot, by its flow alone."""
    found = market(B, bought())
    result = engine.solve(found)
    assert kilograms(found) == {("B", "R1"): 400_000}
    assert result.optimal and not result.gap and not result.searched


@pytest.mark.parametrize(
    ("carbon", "allowance", "expected"),
    [
        (4_600, 240_000_000, 400_000),
        (4_600, 239_999_999, 399_999),
        (4_601, 240_000_000, 399_334),
        (4_500, 0, None),
        (4_500, 499, None),
        (4_500, 500, 1),
        (4_000, 0, 400_000),
    ],
)
def test_it_carries_as_much_as_it_lies_below_to_the_kilogram(
    carbon: int, allowance: int, expected: int | None
) -> None:
    found = market(replace(B, carbon_milli={SMELTER: carbon}), bought(allowance=allowance))
    assert kilograms(found).get(("B", "R1")) == expected


def test_the_cap_per_lot_stays_what_it_is() -> None:
    found = market(B, bought(per_lot_cap_milli=4_250))
    assert kilograms(found) == {}
    assert reason(found) == "CI_TOO_HIGH"


def test_clean_metal_and_what_is_bought_carry_dirty_metal_together() -> None:
    """100 t x 1.000 + 240 t CO2e below carry 340 t CO2e: 170 t of a lot at 6.000."""
    found = market(
        lot("clean", available_kg=100_000, carbon_milli={SMELTER: 3_000}),
        lot("dirty", available_kg=900_000, carbon_milli={SMELTER: 6_000}, ask_e4=10_000),
        bought(),
    )
    assert kilograms(found) == {("clean", "R1"): 100_000, ("dirty", "R1"): 170_000}


def test_a_certified_bound_counts_what_the_allowance_is_worth() -> None:
    """The dirty lot serves the average for its 240 t CO2e, and the bound knows no better."""
    found = market(
        lot("dirty", available_kg=900_000, carbon_milli={SMELTER: 6_000}),
        bought(),
    )
    result = engine.solve(found)
    assert kilograms(found) == {("dirty", "R1"): 120_000}
    # 2w + 1 of a kilogram for the 2,000 milli t/t that it lies above; rounded, so that 1 is left.
    assert (result.average_duals, result.requirement_duals) == ((50_000,), (1,))
    bound = 50_000 * 240_000_000 // SCALE + 1 * 400_000
    assert result.lot_duals == (0,)
    assert result.gap == Decimal(bound - 100_001 * 120_000) / bound


@pytest.mark.parametrize(
    ("contracted", "tolerance", "there", "expected"),
    [
        (0, 0, 399_999, None),
        (600_000, 0, 399_999, None),
        (600_000, 200, 379_999, None),
        (600_000, 200, 380_000, 380_000),
        (590_001, 333, 370_000, 370_000),
        (3_600_000, 1_000, 1, 1),
    ],
)
def test_all_or_nothing_counts_what_is_bought(
    contracted: int, tolerance: int, there: int, expected: int | None
) -> None:
    """2 % of all 1,000 t may be missing, not of the 400 t that are open."""
    wanted = requirement(
        volume_kg=400_000, contracted_kg=contracted, partial_ok=False, tolerance_centi_pct=tolerance
    )
    found = market(lot(available_kg=there), wanted)
    assert kilograms(found).get(("L1", "R1")) == expected


def test_with_enough_bought_a_flow_decides_and_the_rest_is_open_all_the_same() -> None:
    wanted = requirement(
        volume_kg=20_000, contracted_kg=980_000, partial_ok=False, tolerance_centi_pct=200
    )
    assert (wanted.floor_kg, wanted.special) == (0, False)
    assert (replace(wanted, tolerance_centi_pct=199).floor_kg) == 100
    found = market(lot(available_kg=1_000), wanted)
    assert engine.solve(found).searched == frozenset()
    assert reason(found) == "VOLUME_SHORT"


@pytest.mark.parametrize("change", [{"contracted_kg": -1}, {"allowance": -1, **AVERAGE}])
def test_what_is_bought_is_never_below_nothing(change: dict[str, Any]) -> None:
    with pytest.raises(EngineError, match="contracted_kg or allowance is below 0"):
        market(requirement(**change))


def test_an_allowance_beyond_the_range_is_an_error_never_an_answer() -> None:
    for allowance in (2**60 + 1, 2**63, 10**30):
        with pytest.raises(EngineError, match=r"^allowance: .* beyond the range"):
            engine.solve(market(lot(), requirement(allowance=allowance, **AVERAGE)))


@pytest.mark.parametrize("allowance", [500_000_000 * 25_000, 2**60])
def test_the_largest_allowance_does_not_wrap(allowance: int) -> None:
    """One average that it carries whole beside one that is searched, with portions."""
    kg = 500_000_000
    found = market(
        lot("dirty", available_kg=kg, carbon_milli={SMELTER: 25_000}, min_take_kg=1_000),
        requirement("R1", volume_kg=kg, allowance=allowance, **AVERAGE),
        requirement("R2", volume_kg=kg, max_premium_e4=260_000, allowance=kg * 4_000, **AVERAGE),
    )
    amounts = kilograms(found)
    assert amounts == {("dirty", "R1"): 404_761_905, ("dirty", "R2"): 95_238_095}


def test_an_allowance_without_an_average_means_nothing() -> None:
    plain, more = (market(lot(), requirement(allowance=one)) for one in (0, 10**9))
    assert engine.solve(plain) == engine.solve(more)
    dirty = market(B, requirement(allowance=10**9))
    assert kilograms(dirty) == {}


def test_inputs_have_another_hash_and_another_memory_only_where_something_is_bought() -> None:
    wanted = requirement(**AVERAGE)
    plain = market(lot(), wanted)
    # As it was before there were allowances: stored rounds keep their hash.
    assert plain.inputs_sha256.startswith("4ad465018e85c8ec")
    memory = Memory()
    engine.solve(plain, memory=memory)
    more = market(lot(), replace(wanted, allowance=1))
    assert more.inputs_sha256 != plain.inputs_sha256
    engine.solve(more, memory=memory)
    assert memory.hits == 0
    engine.solve(more, memory=memory)
    assert memory.hits == 1


@given(contracted_markets())
@settings(max_examples=150)
def test_the_optimum_is_that_of_a_plain_milp(found: Market) -> None:
    """To a few kilograms: averages are continuous there and whole kilograms here."""
    result = engine.solve(found)
    assert engine.verify(found, result) == engine.Verdict(ok=True, problems=())
    best, dearest = plain_milp(found), 2 * 200_000 + 1
    tonnes_lost = 10 * sum(row.averages for row in found.requirements)
    assert best - dearest * tonnes_lost - 1e-6 * best <= reached(result) <= best * (1 + 1e-6) + 1
    assert result.optimal


@given(contracted_markets())
@settings(max_examples=60)
def test_more_allowance_and_more_bought_never_lower_the_optimum(found: Market) -> None:
    more = [
        replace(row, allowance=row.allowance + 10**6, contracted_kg=row.contracted_kg + 10**5)
        for row in found.requirements
    ]
    loose = Market.build(found.lots, more, DAY)
    dearest = (2 * 200_000 + 1) * 10 * len(more)
    assert reached(engine.solve(loose)) >= reached(engine.solve(found)) * (1 - 1e-6) - dearest

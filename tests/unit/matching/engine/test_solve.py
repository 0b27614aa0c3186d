"""The optimum against a plain pairwise LP, its proof, and its independence of any order."""

import random
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from matching import engine
from matching.engine import Market, Result
from matching.engine.errors import EngineError
from matching.engine.flows import sector, transport
from matching.engine.proofs.verify import broken_rules
from tests.benchmarks.baselines import greedy, price_first
from tests.benchmarks.markets import synthetic
from tests.factories.engine import DAY, SMELTER, lot, market, requirement
from tests.strategies import markets, plain_markets


def best_by_lp(found: Market) -> float:
    """The most 2w + 1 per kilogram that scipy's LP reaches over all compatible pairs."""
    pairs = [
        (i, j, row.value_e4(offered.ask_e4 or 0, offered.carbon_milli[row.boundary]))
        for i, offered in enumerate(found.lots)
        for j, row in enumerate(found.requirements)
        if (offered.key, row.key) not in found.blocked_pairs
        and not list(broken_rules(found, offered, row))
    ]
    if not pairs:
        return 0.0
    rows = np.zeros((len(found.lots) + len(found.requirements), len(pairs)))
    for place, (i, j, _worth) in enumerate(pairs):
        rows[i, place] = rows[len(found.lots) + j, place] = 1
    capacity = [one.available_kg for one in found.lots]
    capacity += [one.volume_kg for one in found.requirements]
    worth = np.array([2 * w + 1 for _i, _j, w in pairs], dtype=float)
    solved = linprog(-worth, A_ub=rows, b_ub=capacity, method="highs")
    assert solved.status == 0
    return float(-solved.fun)


def reached(result: Result) -> int:
    return sum(2 * match.surplus_e7 + match.quantity_kg for match in result.matches)


@given(plain_markets())
def test_the_optimum_is_that_of_the_pairwise_lp(found: Market) -> None:
    result = engine.solve(found)
    assert reached(result) == pytest.approx(best_by_lp(found), rel=1e-9, abs=1)
    assert result.optimal
    assert engine.verify(found, result).ok


@given(markets())
def test_with_every_rule_too(found: Market) -> None:
    result = engine.solve(found)
    assert reached(result) == pytest.approx(best_by_lp(found), rel=1e-9, abs=1)
    assert engine.verify(found, result) == engine.Verdict(ok=True, problems=())


@given(plain_markets(), st.integers(0, 99))
def test_the_order_of_rows_never_shows(found: Market, seed: int) -> None:
    shuffled_lots, shuffled = list(found.lots), list(found.requirements)
    random.Random(seed).shuffle(shuffled_lots)
    random.Random(seed + 1).shuffle(shuffled)
    again = Market.build(shuffled_lots, shuffled, DAY)
    assert again.inputs_sha256 == found.inputs_sha256
    assert engine.solve(again) == engine.solve(found)


@given(plain_markets())
@settings(max_examples=30)
def test_another_market_has_another_hash(found: Market) -> None:
    first, *others = found.lots
    changed = replace(first, available_kg=first.available_kg + 1)
    other = Market.build([changed, *others], found.requirements, DAY)
    assert other.inputs_sha256 != found.inputs_sha256


@given(markets(), st.data())
def test_relaxing_a_rule_never_lowers_the_optimum(found: Market, data: st.DataObject) -> None:
    assume(found.requirements)
    place = data.draw(st.integers(0, len(found.requirements) - 1))
    row = found.requirements[place]
    ways: tuple[dict[str, Any], ...] = (
        {"max_premium_e4": (row.max_premium_e4 or 0) + 100_000},
        {"max_ci_milli": row.max_ci_milli + 500},
        {"grades": frozenset(), "product_forms": row.product_forms | {"SOW"}},
        {"volume_kg": row.volume_kg + 7},
        {"required_schemes": frozenset(), "verified_ci_only": False},
        {"accept_offsets": True, "allowed_origins": frozenset()},
    )
    rows = list(found.requirements)
    rows[place] = replace(row, **data.draw(st.sampled_from(ways)))
    loose = Market.build(found.lots, rows, DAY, found.blocked_pairs)
    assert reached(engine.solve(loose)) >= reached(engine.solve(found))


@given(plain_markets())
def test_it_is_never_below_greed(found: Market) -> None:
    assert reached(engine.solve(found)) >= max(greedy(found).reached, price_first(found).reached)


@pytest.mark.parametrize("seed", range(3))
def test_any_number_of_workers_gives_the_same(seed: int) -> None:
    found = synthetic(60, products=28, seed=seed)
    assert engine.solve(found, workers=4) == engine.solve(found)


def test_a_large_sector_is_looked_at_by_all_workers_with_the_same_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = synthetic(60)
    alone = engine.solve(found)
    monkeypatch.setattr(transport, "STRIDE", 7)
    assert engine.solve(found, workers=3) == alone


def test_totals_beyond_64_bits_are_exact() -> None:
    lots = [lot(f"L{n}", available_kg=500_000_000, ask_e4=-500_000) for n in range(40)]
    wanted = [
        requirement(f"R{n}", volume_kg=500_000_000, max_premium_e4=10_000_000) for n in range(40)
    ]
    found = market(*lots, *wanted)
    result = engine.solve(found)
    assert result.total_surplus_e7 == 40 * 500_000_000 * 10_500_000
    assert engine.verify(found, result).ok


def test_empty_markets_have_an_empty_optimum() -> None:
    for found in (market(), market(lot()), market(requirement())):
        result = engine.solve(found)
        assert (result.matches, result.optimal, result.segments) == ((), True, 0)
        assert engine.verify(found, result).ok


def test_parts_that_cannot_influence_each_other_are_counted() -> None:
    slab = {"product_form": "SLAB"}
    found = market(
        lot("A"), lot("B", **slab), lot("C", product_form="SOW"),
        requirement("R1"), requirement("R2", product_forms=frozenset({"SLAB"})),
    )  # fmt: skip
    result = engine.solve(found)
    assert (result.segments, result.compatible_pairs) == (2, 2)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (lot(available_kg=0), "available_kg 0 is below 1"),
        (lot(min_take_kg=500_001), "min_take_kg 500001 is out of its range"),
        (lot(carbon_milli={SMELTER: -5}), "a carbon intensity is below 0"),
        (requirement(volume_kg=0), "volume_kg 0 is below 1"),
        (requirement(min_lot_kg=-1), "min_lot_kg or tolerance is out of range"),
        (requirement(tolerance_centi_pct=1_001), "min_lot_kg or tolerance is out of range"),
    ],
)
def test_rows_that_make_no_sense_are_refused(
    row: engine.LotRow | engine.RequirementRow, words: str
) -> None:
    with pytest.raises(engine.EngineError, match=words):
        market(row)


def test_two_rows_of_one_name_are_refused() -> None:
    with pytest.raises(engine.EngineError, match="Two lots"):
        market(lot(), lot())
    with pytest.raises(engine.EngineError, match="Two requirements"):
        market(requirement(), requirement())


@pytest.mark.parametrize(
    "row",
    [
        requirement(max_premium_e4=2**61),
        requirement(volume_kg=2**63),
        requirement(internal_carbon_price=Decimal(-3)),
        requirement(min_renewable_centi_pct=2**32),
        lot(ask_e4=-(2**63) - 1),
        lot(available_kg=2**62),
        lot(recycled_post_centi_pct=-1),
        lot(carbon_milli={SMELTER: 2**40}),
    ],
)
def test_numbers_beyond_the_range_are_an_error_never_an_answer(
    row: engine.LotRow | engine.RequirementRow,
) -> None:
    others = [requirement()] if isinstance(row, engine.LotRow) else [lot()]
    with pytest.raises(EngineError, match="beyond the range"):
        engine.solve(market(row, *others))


def test_profits_that_only_together_leave_the_range_are_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each number is within its own range; what they come to in a large sector need not be."""
    monkeypatch.setattr(sector, "RANGE", 2**45)
    wanted = [
        requirement(
            f"R{n}", internal_carbon_price=Decimal(100_000), max_ci_milli=10**6,
            max_premium_e4=2**40,
        )
        for n in range(20)
    ]  # fmt: skip
    with pytest.raises(EngineError, match="beyond the range of the solver"):
        engine.solve(market(lot(ask_e4=-(2**40)), *wanted))


def test_a_carbon_intensity_of_zero_is_the_cleanest() -> None:
    lots = [
        lot(f"L{n}", available_kg=kg, ask_e4=ask, carbon_milli={SMELTER: ci})
        for n, (kg, ask, ci) in enumerate(
            [(2, 0, 4_000), (2, 2_000, 0), (4, 3_000, 4_000), (3, 3_000, 4_000)]
        )
    ]
    wanted = [
        requirement(
            f"R{n}", volume_kg=kg, max_premium_e4=most, internal_carbon_price=Decimal(price)
        )
        for n, (kg, most, price) in enumerate(
            [(1, 3_000, 1), (2, 2_000, 1), (1, 6_000, 3), (4, 4_000, 0)]
        )
    ]
    found = market(*lots, *wanted)
    assert engine.verify(found, engine.solve(found)).ok


def test_no_worker_is_no_way_to_work() -> None:
    with pytest.raises(EngineError, match="workers is 0"):
        engine.solve(market(lot(), requirement()), workers=0)


def test_among_equals_the_earliest_is_served() -> None:
    """Four equal lots of 500 t for two requirements: the two listed first, whatever their names."""
    days = {"L3": 1, "L2": 2, "L1": 5, "L4": 9}
    lots = [
        lot(key, listed_at=datetime(2026, 11, day, tzinfo=UTC)) for key, day in sorted(days.items())
    ]
    wanted = [requirement("R1"), requirement("R2")]
    assert {one.lot for one in engine.solve(market(*lots, *wanted)).matches} == {"L3", "L2"}


def test_among_equal_requirements_the_earliest_is_served() -> None:
    posted = {"R1": 7, "R2": 3, "R3": 5}
    wanted = [
        requirement(key, posted_at=datetime(2026, 11, day, tzinfo=UTC), volume_kg=300_000)
        for key, day in posted.items()
    ]
    result = engine.solve(market(lot(), *wanted))
    got = {one.requirement: one.quantity_kg for one in result.matches}
    assert got == {"R2": 300_000, "R3": 200_000}

"""Reasons: complete, and thresholds that hold when the market is solved again with them."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import engine
from matching.engine import Market, Reason
from matching.engine.reasons import relief
from matching.engine.reasons.explain import explain_one
from tests.factories.engine import DAY, SMELTER, lot, market, requirement, worked_example
from tests.strategies import contracted_markets, markets, plain_markets, special_markets


def told(found: Market) -> dict[str, Reason]:
    return {one.key: one for one in engine.explain(found, engine.solve(found))}


def got_kg(found: Market, key: str) -> int:
    matches = engine.solve(found).matches
    return sum(one.quantity_kg for one in matches if key in (one.lot, one.requirement))


def with_lot(found: Market, key: str, **changes: object) -> Market:
    lots = [replace(row, **changes) if row.key == key else row for row in found.lots]  # type: ignore[arg-type]
    return Market.build(lots, found.requirements, DAY, found.blocked_pairs)


def with_requirement(found: Market, key: str, **changes: object) -> Market:
    rows = [replace(row, **changes) if row.key == key else row for row in found.requirements]  # type: ignore[arg-type]
    return Market.build(found.lots, rows, DAY, found.blocked_pairs)


def test_the_worked_example_of_the_documentation() -> None:
    """docs/matching.md: three lots, three requirements."""
    found = worked_example()
    result = engine.solve(found)
    amounts = {(one.lot, one.requirement): one.quantity_kg for one in result.matches}
    assert amounts == {("A", "X"): 400_000, ("B", "Y"): 300_000, ("A", "Z"): 100_000}
    assert result.total_surplus_e7 == 40_000_000_000  # 4,000.00 USD
    reasons = told(found)
    assert set(reasons) == {"C", "Y", "Z"}
    assert (reasons["C"].reason, reasons["C"].open_kg) == ("CI_TOO_HIGH", 400_000)
    assert (reasons["Y"].reason, reasons["Y"].open_kg) == ("VOLUME_SHORT", 50_000)
    assert (reasons["Z"].reason, reasons["Z"].open_kg) == ("OUTBID", 100_000)
    assert dict(reasons["C"].passing_alone) == {"CI_TOO_HIGH": 3}
    assert dict(reasons["Y"].passing_alone) == {"CI_TOO_HIGH": 2}
    assert dict(reasons["Z"].passing_alone) == {"CI_TOO_HIGH": 1, "PREMIUM_TOO_HIGH": 1}
    assert reasons["Z"].starts_at_e4 == 250_001
    assert got_kg(with_requirement(found, "Z", max_premium_e4=250_001), "Z") == 200_000


def test_being_outbid_tells_the_premium_that_starts_to_match() -> None:
    found = market(
        lot(available_kg=100_000),
        requirement("R1", volume_kg=100_000, max_premium_e4=260_000),
        requirement("R2", volume_kg=100_000, max_premium_e4=240_000),
    )
    loser = told(found)["R2"]
    assert (loser.reason, loser.starts_at_e4) == ("OUTBID", 260_001)
    assert got_kg(with_requirement(found, "R2", max_premium_e4=260_001), "R2") == 100_000
    assert got_kg(with_requirement(found, "R2", max_premium_e4=259_999), "R2") == 0


@given(markets())
def test_everybody_who_is_not_fully_matched_has_a_reason(found: Market) -> None:
    result = engine.solve(found)
    open_kg = {row.key: row.available_kg for row in found.lots}
    open_kg |= {row.key: row.volume_kg for row in found.requirements}
    for one in result.matches:
        open_kg[one.lot] -= one.quantity_kg
        open_kg[one.requirement] -= one.quantity_kg
    reasons = engine.explain(found, result)
    assert {one.key: one.open_kg for one in reasons} == {
        key: kilograms for key, kilograms in open_kg.items() if kilograms
    }
    assert all(one.reason for one in reasons)


@given(st.one_of(markets(), special_markets(), contracted_markets()))
def test_one_party_is_told_what_all_are_told(found: Market) -> None:
    result = engine.solve(found)
    keys = [(row.key, True) for row in found.lots]
    keys += [(row.key, False) for row in found.requirements]
    one_by_one = [explain_one(found, result, key, is_lot=is_lot) for key, is_lot in keys]
    assert [one for one in one_by_one if one is not None] == engine.explain(found, result)


def test_nobody_knows_why_about_a_stranger() -> None:
    found = market(lot(), requirement())
    with pytest.raises(KeyError, match="R2"):
        explain_one(found, engine.solve(found), "R2", is_lot=False)


def changed_to(found: Market, one: Reason, step: int = 0) -> Market:
    """The market with the party at its threshold, or some steps away from it."""
    assert one.starts_at_e4 is not None
    if one.is_lot:
        return with_lot(found, one.key, ask_e4=one.starts_at_e4 - step)
    return with_requirement(found, one.key, max_premium_e4=one.starts_at_e4 + step)


@given(plain_markets(largest=6))
@settings(max_examples=100)
def test_what_it_says_would_match_does_match(found: Market) -> None:
    """Each threshold, put into the market and solved again, gives at least one kilogram more."""
    for one in told(found).values():
        before = got_kg(found, one.key)
        if one.starts_at_e4 is not None:
            assert got_kg(changed_to(found, one), one.key) > before
        if one.starts_at_milli is not None:
            changed = with_requirement(found, one.key, max_ci_milli=one.starts_at_milli)
            assert got_kg(changed, one.key) > before


@given(plain_markets(largest=6))
@settings(max_examples=100)
def test_two_steps_less_would_not(found: Market) -> None:
    """Below the threshold nothing is gained: one step is the price of an exact tie at most."""
    for one in told(found).values():
        if one.starts_at_e4 is not None:
            assert got_kg(changed_to(found, one, step=-2), one.key) <= got_kg(found, one.key)


@given(plain_markets(largest=6))
@settings(max_examples=60)
def test_whoever_was_outbid_and_got_nothing_is_told_from_where_it_would(found: Market) -> None:
    for one in told(found).values():
        if one.reason == "OUTBID" and not got_kg(found, one.key):
            assert one.starts_at_e4 is not None


def test_where_new_pairs_open_on_the_way_a_partly_matched_party_is_told_nothing() -> None:
    """At 50 its one kilogram would change places with another lot's; no second one is sold."""
    clean = {"carbon_milli": {SMELTER: 1_001}, "ask_e4": 0, "available_kg": 1}
    rows = [(1, 10_000, 5), (4, 20_000, 0), (1, 0, 0), (1, 0, 0), (1, 20_000, 0)]
    found = market(
        *(lot(f"L{place}", **clean) for place in (0, 1, 2, 3, 5)),
        lot("L4", carbon_milli={SMELTER: 1_000}, ask_e4=20_000, available_kg=2),
        *(
            requirement(
                f"R{place}",
                volume_kg=kg,
                max_premium_e4=premium,
                max_ci_milli=2_000,
                internal_carbon_price=Decimal(price),
            )
            for place, (kg, premium, price) in enumerate(rows)
        ),
    )
    assert got_kg(found, "L4") == got_kg(with_lot(found, "L4", ask_e4=50), "L4") == 1
    partly = told(found)["L4"]
    assert (partly.reason, partly.starts_at_e4, partly.not_computed) == ("OUTBID", None, True)


@given(st.one_of(special_markets(), contracted_markets()))
@settings(max_examples=80)
def test_beside_portions_and_searches_a_threshold_is_true_or_not_told(found: Market) -> None:
    for one in told(found).values():
        if one.starts_at_e4 is not None:
            assert got_kg(changed_to(found, one), one.key) > got_kg(found, one.key)


def test_where_a_portion_stands_in_the_way_it_says_so() -> None:
    found = market(
        lot(available_kg=100_000, min_take_kg=100_000),
        requirement("R1", volume_kg=100_000, max_premium_e4=260_000),
        requirement("R2", volume_kg=100_000, max_premium_e4=240_000),
    )
    loser = told(found)["R2"]
    assert (loser.reason, loser.starts_at_e4, loser.not_computed) == ("OUTBID", None, True)


PARTLY = {
    "R2": market(
        lot("A", available_kg=150_000),
        requirement("R1", volume_kg=100_000, max_premium_e4=260_000),
        requirement("R2", volume_kg=100_000, max_premium_e4=220_000),
    ),
    "L2": market(
        lot("L1", available_kg=100_000),
        lot("L2", available_kg=100_000, ask_e4=240_000),
        requirement(volume_kg=150_000),
    ),
}


@pytest.mark.parametrize("budget", [0, 1])
@pytest.mark.parametrize("key", PARTLY)
def test_beyond_the_budget_it_says_so(
    monkeypatch: pytest.MonkeyPatch, key: str, budget: int
) -> None:
    found = PARTLY[key]
    assert told(found)[key].starts_at_e4 is not None
    monkeypatch.setattr(relief, "BUDGET", budget)
    told_less = told(found)[key]
    assert (told_less.reason, told_less.starts_at_e4) == ("OUTBID", None)
    assert told_less.not_computed


def test_the_same_for_a_requirement_that_a_cleaner_lot_is_too_dear_for() -> None:
    """With 25 USD/t it would rather have D, which its carbon price makes worth 45 USD/t to it."""
    found = market(
        lot("A", available_kg=2, carbon_milli={SMELTER: 2_000}),
        lot("D", available_kg=1, carbon_milli={SMELTER: 1_000}, ask_e4=250_000),
        requirement(
            "R",
            volume_kg=4,
            max_ci_milli=2_000,
            max_premium_e4=200_000,
            internal_carbon_price=Decimal(50),
        ),
        requirement("S", volume_kg=1, max_ci_milli=2_000, max_premium_e4=300_000),
    )
    assert got_kg(found, "R") == 1
    partly = told(found)["R"]
    assert (partly.reason, partly.starts_at_e4, partly.not_computed) == ("OUTBID", None, True)


def test_what_a_lot_of_another_part_is_worth_there_counts() -> None:
    """R shares A with S. B is too dear for R, and T, whom nothing joins to R, pays up to 40 for it.

    So R needs more than S's 50 for A, or more than T's 40 for B.
    """
    found = market(
        lot("A", available_kg=100),
        lot("B", available_kg=100, ask_e4=300_000, carbon_milli={SMELTER: 2_000}),
        requirement("R", volume_kg=150),
        requirement("S", volume_kg=50, max_premium_e4=500_000, max_ci_milli=3_500),
        requirement("T", volume_kg=100, max_premium_e4=400_000, max_ci_milli=2_000),
        blocked_pairs=[("B", "S")],
    )
    partly = told(found)["R"]
    assert (partly.reason, partly.starts_at_e4) == ("OUTBID", 400_001)
    assert got_kg(with_requirement(found, "R", max_premium_e4=400_001), "R") > 50
    assert got_kg(with_requirement(found, "R", max_premium_e4=399_999), "R") == 50

"""What a requirement finds, and what its criteria cost: asks count only where they are seen."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.fx import FxRates
from marketplace.domain.vocabulary import PremiumUnit
from matching import criteria
from matching.criteria import Amount, Findings, Offer, Price
from matching.engine import LotRow, Market, RequirementRow, Rule, fit, solve
from tests.factories.engine import DAY, SMELTER, bought, lot, requirement
from tests.strategies import contracted_markets, markets, special_markets

FX = FxRates({"EUR": (Decimal("1.08"), DAY), "CNY": (Decimal("0.139"), DAY)})
USD = Price(250_000, "USD_T", FX)


def found(
    lots: list[LotRow], wanted: RequirementRow, price: Price | None = USD, leaving: Any = ()
) -> Findings:
    return criteria.find(
        fit(lots, wanted, DAY, leaving=leaving), wanted, price=price, leaving=leaving
    )


def test_the_published_preview() -> None:
    """Three lots fit, of which one asks too much; carbon alone keeps two out."""
    lots = [
        lot("A", available_kg=1_000_000),
        lot("B", available_kg=1_100_000, ask_e4=250_000),
        lot("C", available_kg=2_200_000, ask_e4=300_000),
        lot("D", available_kg=650_000, carbon_milli={SMELTER: 4_400}),
        lot("E", available_kg=2_550_000, carbon_milli={SMELTER: 4_900}, ask_e4=990_000),
        lot("F", excluded_buyers=frozenset({"b1"})),
        lot("G", ask_e4=None),
    ]

    seen = found(lots, requirement())

    assert (seen.fitting.lots, seen.fitting.kg) == (3, 4_300_000)
    assert seen.fitting.within == Amount(2, 2_100_000)
    assert [(one.code, one.offer.lots, one.offer.kg) for one in seen.costs] == [
        ("CI_TOO_HIGH", 2, 3_200_000),
        ("PREMIUM_TOO_HIGH", 1, 2_200_000),
    ]
    carbon, premium = seen.costs
    assert [(one.words, one.offer.kg, one.offer.within) for one in carbon.changes] == [
        ("at ≤ 4.400 t CO2e/t", 650_000, Amount(1, 650_000)),
        ("at ≤ 5.000 t CO2e/t", 3_200_000, Amount(1, 650_000)),
    ]
    assert [(one.words, one.offer.kg) for one in premium.changes] == [
        ("at a limit of 30.00 USD/t", 2_200_000)
    ]
    assert (seen.unpriced, seen.apart, seen.short_of_kg) == (1, 0, 0)
    assert (seen.ticks, seen.beyond, seen.cleanest) == ((3_200,), (4_400, 4_900), 3_200)
    assert [str(one) for one in seen.costless] == [
        "no offsets", "delivery region", "delivery window",
    ]  # fmt: skip


def test_the_example_of_the_docs() -> None:
    """docs/buying.md."""
    asked = frozenset({"CGMC_GREEN_POWER"})
    lots = [
        lot("A", available_kg=1_000_000),
        lot("B", available_kg=2_200_000, carbon_milli={SMELTER: 3_900}, ask_e4=300_000),
        lot("C", available_kg=650_000, carbon_milli={SMELTER: 4_400}),
        lot("D", available_kg=500_000, carbon_milli={SMELTER: 4_400}, schemes=frozenset()),
    ]

    seen = found(lots, requirement(required_schemes=asked))

    assert seen.fitting == Offer(2, 3_200_000, Amount(1, 1_000_000))
    assert [(one.code, one.offer.kg, one.changes[0].words) for one in seen.costs] == [
        ("PREMIUM_TOO_HIGH", 2_200_000, "at a limit of 30.00 USD/t"),
        ("CI_TOO_HIGH", 650_000, "at ≤ 4.400 t CO2e/t"),
    ]
    assert [one.changes[0].offer.kg for one in seen.costs] == [2_200_000, 650_000]


@given(markets(), st.integers(-500_000, 10**6))
def test_who_sees_no_asks_reads_the_same_whatever_is_asked(market: Market, moved: int) -> None:
    """Asks moved, and the own limit too: nothing that is told changes."""
    for wanted in market.requirements:
        lots = [one for one in market.lots if one.ask_e4 is not None]
        other = [replace(one, ask_e4=moved) for one in lots]
        first = found(lots, wanted, None)
        assert first == found(other, replace(wanted, max_premium_e4=moved), None)
        assert first.fitting.within is None
        assert all(one.code != "PREMIUM_TOO_HIGH" for one in first.costs)
        assert (first.reach_within, first.worthless, first.unpriced) == (None, 0, 0)


@given(markets())
def test_what_fits_and_each_cost_are_different_lots(market: Market) -> None:
    for wanted in market.requirements:
        seen = found(list(market.lots), wanted, None)
        counted = seen.fitting.lots + sum(one.offer.lots for one in seen.costs) + seen.apart
        assert counted <= len(market.lots)


@given(markets())
def test_alone_in_the_market_it_gets_what_the_preview_says(market: Market) -> None:
    for wanted in market.requirements:
        if wanted.max_premium_e4 is None:
            continue
        seen = found(list(market.lots), wanted, Price(wanted.max_premium_e4, "USD_T", FX))

        assert seen.fitting.within is not None
        assert matched_alone(market, wanted) == min(wanted.volume_kg, seen.fitting.within.kg)


@given(st.one_of(special_markets(), contracted_markets()))
def test_portions_and_averages_give_at_most_what_the_preview_says(market: Market) -> None:
    for wanted in market.requirements:
        assert wanted.max_premium_e4 is not None
        seen = found(list(market.lots), wanted, Price(wanted.max_premium_e4, "USD_T", FX))

        matched = matched_alone(market, wanted)
        assert seen.fitting.within is not None
        assert matched <= seen.fitting.within.kg
        if seen.reach_within is not None:
            assert matched <= seen.reach_within.kg
        if seen.short_of_kg:
            assert matched == 0


def matched_alone(market: Market, wanted: RequirementRow) -> int:
    result = solve(Market.build(market.lots, [wanted], market.as_of))
    return sum(one.quantity_kg for one in result.matches)


def test_an_average_tells_how_far_it_reaches() -> None:
    lots = [
        lot("A", available_kg=600_000, carbon_milli={SMELTER: 3_600}, ask_e4=200_000),
        lot("B", available_kg=400_000, carbon_milli={SMELTER: 4_500}, ask_e4=900_000),
    ]
    wanted = requirement(volume_kg=1_000_000, ci_basis="PORTFOLIO_AVERAGE")

    seen = found(lots, wanted)

    assert seen.reach is not None
    assert (seen.reach.kg, seen.reach.average) == (1_000_000, Decimal(3_960))
    assert seen.reach_within is not None
    assert seen.reach_within.whole_kg == 600_000
    assert found(lots, wanted, leaving={Rule.MIN_TAKE}).reach is None
    assert found(lots, wanted, leaving={Rule.CI_TOO_HIGH}).reach is None


def test_the_internal_carbon_price_is_worked_out() -> None:
    """100 USD/t CO2e at 3.200 against 4.000: 80 USD/t; a lot at 4.500 costs 50 more."""
    wanted = requirement(
        ci_basis="PORTFOLIO_AVERAGE",
        internal_carbon_price=Decimal(100),
        max_premium_e4=250_000,
    )
    lots = [lot("A"), lot("B", carbon_milli={SMELTER: 4_500})]

    seen = found(lots, wanted)

    assert (seen.saved_e4, seen.worthless) == (800_000, 1)
    assert found(lots, requirement()).saved_e4 is None


def test_what_is_worth_less_than_it_asks_is_no_part_of_the_average() -> None:
    """A round never uses it: 500 t remain, not 1,000."""
    wanted = requirement(
        ci_basis="PORTFOLIO_AVERAGE", internal_carbon_price=Decimal(100), volume_kg=1_000_000
    )

    seen = found([lot("A"), lot("B", carbon_milli={SMELTER: 4_500})], wanted)

    assert seen.reach is not None and seen.reach_within is not None
    assert (seen.reach.kg, seen.reach_within.kg) == (1_000_000, 500_000)


def test_what_is_bought_below_the_limit_leaves_room() -> None:
    """600 t at 3.600 are bought: 400 t at 4.500 come to 3.960 with them."""
    lots = [lot("A", carbon_milli={SMELTER: 4_500})]

    seen = found(lots, bought())

    assert seen.reach is not None
    assert (seen.reach.kg, seen.reach.whole_kg) == (400_000, 400_000)
    alone = found(lots, replace(bought(), allowance=0)).reach
    assert alone is not None and alone.kg == 0


@pytest.mark.parametrize(
    ("changes", "short"),
    [
        ({}, 0),
        ({"volume_kg": 500_000}, 0),
        ({"volume_kg": 510_204}, 0),
        ({"volume_kg": 510_206}, 500_002),
        ({"volume_kg": 600_000, "partial_ok": True}, 0),
        ({"volume_kg": 600_000, "contracted_kg": 600_000}, 576_000),
        ({"volume_kg": 500_000, "max_premium_e4": 190_000}, 490_000),
        ({"ci_basis": "PORTFOLIO_AVERAGE", "max_ci_milli": 3_000}, 245_000),
    ],
)
def test_the_whole_volume_or_nothing_is_said_where_less_fits(
    changes: dict[str, Any], short: int
) -> None:
    """Of 500 t at 3.200 that ask 20 USD/t, with 2 % tolerance."""
    whole = {"volume_kg": 250_000, "partial_ok": False, "tolerance_centi_pct": 200}
    wanted = requirement(**{**whole, **changes})

    seen = found([lot("A")], wanted, Price(wanted.max_premium_e4 or 0, "USD_T", FX))

    assert seen.short_of_kg == short
    assert found([lot("A")], wanted, leaving={Rule.MIN_TAKE}).short_of_kg == 0


def test_the_own_group_and_lots_that_bar_the_reader_do_not_show() -> None:
    lots = [lot("A", group="b1"), lot("B", excluded_buyers=frozenset({"b1"}))]

    assert found(lots, requirement()) == found([], requirement())


def test_lists_of_producers_do_not_tell_whose_a_lot_is() -> None:
    """Anonymous until the proposal: whoever is barred or approved, the same is read."""
    lots = [lot("A", producer="p1"), lot("B", producer="p2", carbon_milli={SMELTER: 4_400})]
    plain = found(lots, requirement(), leaving=criteria.NOT_ASKED)

    for names in (frozenset({"p1"}), frozenset({"p2"}), frozenset({"p3"})):
        for wanted in (
            requirement(allowed_producers=names),
            requirement(excluded_producers=names),
        ):
            assert found(lots, wanted, leaving=criteria.NOT_ASKED) == plain
            assert "PRODUCER_EXCLUDED" not in [one.code for one in found(lots, wanted).costs]


def test_pairs_that_stay_apart_are_counted() -> None:
    wanted = requirement()
    seen = fit([lot("A"), lot("B")], wanted, DAY, apart=["B"])

    assert criteria.find(seen, wanted, price=USD).apart == 1


def test_a_rule_that_is_left_out_costs_nothing_and_is_not_named() -> None:
    late = requirement(window_end=DAY - timedelta(days=1), window_start=DAY - timedelta(days=2))
    assert found([lot("A")], late) == found([], late)

    seen = found([lot("A")], late, leaving={Rule.WINDOW, Rule.CI_TOO_HIGH, Rule.NOT_COMPARABLE})

    assert seen.fitting.lots == 1
    assert "delivery window" not in [str(one) for one in seen.costless]
    assert (seen.ticks, seen.cleanest) == ((), None)


@pytest.mark.parametrize(
    ("unit", "ask_e4", "words"),
    [
        ("EUR_T", 300_000, "at a limit of 27.78 EUR/t"),
        ("CNY_T", 300_000, "at a limit of 215.83 CNY/t, without VAT"),
        ("USC_LB", 220_462, "at a limit of 1.00 US cents/lb"),
    ],
)
def test_a_premium_is_told_in_the_own_unit(unit: str, ask_e4: int, words: str) -> None:
    (cost,) = found([lot("A", ask_e4=ask_e4)], requirement(), Price(10_000, unit, FX)).costs

    assert cost.changes[0].words == words


@given(st.integers(-500_000, 10_000_000), st.sampled_from(list(PremiumUnit)))
def test_the_smallest_limit_in_the_own_unit_reaches_the_ask(ask_e4: int, unit: str) -> None:
    amount = criteria.own_hundredths(ask_e4, Price(0, unit, FX))

    reached, below = (FX.usd_e4(Decimal(one).scaleb(-2), unit) for one in (amount, amount - 1))
    assert reached is not None and below is not None
    assert below < ask_e4 <= reached

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
from matching.criteria import Amount, Findings, Price
from matching.engine import LotRow, Market, RequirementRow, Rule, fit
from tests.factories.engine import DAY, SMELTER, lot, requirement
from tests.strategies import markets

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
    assert seen.others == 2
    assert (seen.ticks, seen.beyond, seen.cleanest) == ((3_200,), (4_400, 4_900), 3_200)
    assert [str(one) for one in seen.costless] == [
        "no offsets", "delivery region", "delivery window",
    ]  # fmt: skip


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
        assert (first.reach_within, first.worthless) == (None, 0)


@given(markets())
def test_what_fits_and_each_cost_are_different_lots(market: Market) -> None:
    for wanted in market.requirements:
        seen = found(list(market.lots), wanted, None)
        counted = seen.fitting.lots + sum(one.offer.lots for one in seen.costs) + seen.others
        assert counted <= len(market.lots)


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


def test_other_rules_are_counted_and_the_own_group_is_not() -> None:
    lots = [lot("A", group="b1"), lot("B", excluded_buyers=frozenset({"b1"}))]

    seen = found(lots, requirement())

    assert (seen.fitting.lots, seen.costs, seen.others) == (0, (), 1)


def test_a_rule_that_is_left_out_costs_nothing_and_is_not_named() -> None:
    late = requirement(window_end=DAY - timedelta(days=1), window_start=DAY - timedelta(days=2))

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

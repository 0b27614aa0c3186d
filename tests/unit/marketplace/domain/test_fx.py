"""Premium units: exact in 0.0001 USD/t, with dated rates and never 1:1."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.errors import Conflict, FieldError, InvalidInput
from marketplace.domain.fx import FxRates
from marketplace.domain.vocabulary import PremiumUnit

DAY = date(2026, 11, 24)


def rates(*rows: tuple[str, str, int]) -> FxRates:
    """Rows are currency, USD per unit, days before DAY."""
    dated = [(code, Decimal(usd), DAY - timedelta(days=ago)) for code, usd, ago in rows]
    return FxRates.latest(dated, DAY)


def test_a_cent_a_pound_is_22_0462_dollars_a_tonne() -> None:
    assert rates().usd_e4(Decimal("1.00"), "USC_LB") == 220_462
    assert rates().usd_e4(Decimal("25.00"), "USD_T") == 250_000


def test_the_newest_rate_counts_for_five_days() -> None:
    found = rates(("EUR", "1.10", 5), ("EUR", "1.08", 3), ("EUR", "1.20", -1), ("CNY", "0.14", 6))
    assert (found.rate("EUR_T"), found.dated("EUR_T")) == (
        Decimal("1.08"),
        DAY - timedelta(days=3),
    )
    assert found.usd_e4(Decimal(10), "EUR_T") == 108_000
    assert (found.usd_e4(Decimal(10), "CNY_T"), found.dated("CNY_T")) == (None, None)
    assert found.dated("USD_T") is None
    assert rates(("EUR", "1.10", 5)).rate("EUR_T") == Decimal("1.10")


@given(st.decimals(0, 1000, places=2), st.decimals("0.0001", 10, places=4))
def test_ties_round_away_from_zero_on_both_sides(amount: Decimal, rate: Decimal) -> None:
    found = rates(("EUR", str(rate), 0))
    plus, minus = found.usd_e4(amount, "EUR_T"), found.usd_e4(-amount, "EUR_T")
    assert plus is not None
    assert minus == -plus
    assert abs(plus - amount * rate * 10_000) <= Decimal("0.5")


def test_errors_say_field_rule_and_value() -> None:
    error = FieldError("grade", "x", "too_long", "At most {limit}.", {"limit": "50"})
    assert str(InvalidInput([error])) == "grade: At most 50."
    assert str(Conflict("{left} t left", left="300")) == "300 t left"
    assert PremiumUnit("USD_T") in PremiumUnit

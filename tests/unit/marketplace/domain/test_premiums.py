"""Sums of premiums, to the cent."""

from decimal import Decimal

from marketplace.domain.premiums import PremiumSum


def test_a_sum_is_weighted_by_tonnes() -> None:
    """300 t at 20.50 and 0.001 t at 1 USD/t."""
    found = PremiumSum(300_000 * 205_000 + 1 * 10_000, 300_001)

    assert found.usd == Decimal("6150.00")
    assert found.usd_per_t == Decimal("20.50")

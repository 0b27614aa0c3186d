"""A buyer sees what it bought: average carbon against its limits, and the premium, by year."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from marketplace.selectors.purchases import by_year
from marketplace.services import cancellations
from tests.factories.deals import Pair

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)


@pytest.fixture
def pair() -> Pair:
    return Pair(NOW)


def test_averages_are_weighted_by_tonnes_and_rounded_to_the_worse(pair: Pair) -> None:
    """100 t and 200 t at a limit of 4.000 and of 3.500: 3.666... reads 3.667."""
    pair.deal(100, wanted=pair.requirement(volume_t="100", max_ci="4.000"))
    pair.deal(200, wanted=pair.requirement(volume_t="200", max_ci="3.500"))

    (one,) = by_year(pair.buyer.actor)

    assert (one.year, one.deals, one.premium.kg) == (NOW.year, 2, 300_000)
    assert (one.ci_milli, one.limit_milli) == (3_200, 3_667)
    assert (one.premium.usd_per_t, one.premium.usd) == (Decimal("20.00"), Decimal("6000.00"))
    assert by_year(pair.producer.actor) == []


def test_a_cancelled_deal_was_not_bought_and_nobody_else_reads_it(pair: Pair) -> None:
    deal = pair.deal(100)
    client = Client()
    client.force_login(pair.buyer.user)
    assert "Premium in all, USD" in client.get(reverse("dashboard")).content.decode()
    client.force_login(pair.producer.user)
    assert "Premium in all, USD" not in client.get(reverse("dashboard")).content.decode()

    cancellations.decide(public_id=deal.public_id, by=pair.admin, reason="A test.", now=NOW)

    assert by_year(pair.buyer.actor) == []

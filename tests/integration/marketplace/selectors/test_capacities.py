"""A producer sees where certified tonnes are and what they earned, to the kilogram and the cent."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from marketplace.domain.errors import InvalidInput, NotFound
from marketplace.selectors.capacities import capacities
from marketplace.services import cancellations, certificate_costs
from tests.factories.deals import Pair

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)


@pytest.fixture
def pair() -> Pair:
    return Pair(NOW)


def test_one_bar_holds_every_certified_kilogram(pair: Pair) -> None:
    """12,000 t: a deal over 400 of 500 t, a proposal over 60 t, the rest listed or free."""
    deal = pair.deal(400, lot=pair.lot(quantity_t="500"))
    pair.deliver(deal, "400")
    pair.proposal(pair.lot(quantity_t="100"), pair.requirement(volume_t="60"), 60)
    (one,) = capacities(pair.producer.actor)
    held = one.balance
    assert (one.gone_kg, held.reserved_kg, held.listed_kg) == (400_000, 60_000, 140_000)
    assert held.free_kg == 11_400_000
    assert one.certified_kg == 12_000_000
    assert one.earned is not None
    assert (one.earned.kg, one.earned.usd_per_t, one.earned.usd) == (
        400_000, Decimal("20.00"), Decimal("8000.00"),
    )  # fmt: skip


def test_a_cancelled_deal_earned_nothing(pair: Pair) -> None:
    deal = pair.deal(400)
    cancellations.decide(public_id=deal.public_id, by=pair.admin, reason="A test.", now=NOW)
    (one,) = capacities(pair.producer.actor)
    assert (one.earned, one.gone_kg) == (None, 0)


def test_cost_is_shown_per_certified_tonne_to_its_holder_only(pair: Pair) -> None:
    certificate_costs.note(
        by=pair.producer.actor,
        public_id=pair.certificate.public_id,
        raw={"cost": "37200.50", "cost_currency": "cny"},
    )
    (one,) = capacities(pair.producer.actor)
    assert one.cost_per_t == Decimal("3.10")
    assert capacities(pair.buyer.actor) == []
    client = Client()
    client.force_login(pair.producer.user)
    page = client.get(reverse("dashboard")).content.decode()
    assert "Certification cost 3.10 CNY per certified tonne." in page
    with pytest.raises(NotFound):
        certificate_costs.note(by=pair.buyer.actor, public_id=pair.certificate.public_id, raw={})


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"cost": "-1", "cost_currency": "USD"}, "cost"),
        ({"cost": "1.005", "cost_currency": "USD"}, "cost"),
        ({"cost": "1e12", "cost_currency": "USD"}, "cost"),
        ({"cost": "10", "cost_currency": "GBP"}, "cost_currency"),
        ({"cost": "10"}, "cost_currency"),
    ],
)
def test_a_bad_cost_names_its_field(pair: Pair, raw: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        certificate_costs.note(
            by=pair.producer.actor, public_id=pair.certificate.public_id, raw=raw
        )
    assert [one.field for one in refused.value.errors] == [field]


def test_the_page_keeps_a_refused_cost(pair: Pair) -> None:
    client = Client()
    client.force_login(pair.producer.user)
    page = reverse("certificate", args=[pair.certificate.public_id])
    answer = client.post(page, {"cost": "a lot", "cost_currency": "CNY"})
    assert answer.status_code == 422
    assert 'value="a lot"' in answer.content.decode()
    assert client.post(page, {"cost": "12.50", "cost_currency": "CNY"}).status_code == 302
    assert client.post(page, {"cost": "", "cost_currency": "CNY"}).status_code == 302
    pair.certificate.refresh_from_db()
    assert (pair.certificate.cost, pair.certificate.cost_currency) == (None, "")

"""A producer and a buyer with browsers of their own, and one proposal between them."""

from dataclasses import dataclass
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from marketplace.models import Certificate, FxRate, Proposal, User
from marketplace.services import bundles, rates
from tests.factories import market as made
from tests.factories.market import Trader
from tests.factories.offers import member

LIMIT = "23.57"
CARBON_PRICE = "387.6"


@dataclass
class Place:
    admin: User
    producer: Trader
    buyer: Trader
    certificate: Certificate

    def browser(self, trader: Trader) -> Client:
        client = Client()
        client.force_login(trader.user)
        return client

    def forget_rates(self) -> None:
        FxRate.objects.all().delete()


@pytest.fixture
def place(db: None) -> Place:
    admin, now = made.admin(now=timezone.now()), timezone.now()
    for currency, usd in (("EUR", "1.08"), ("CNY", "0.139")):
        rates.enter(
            currency=currency,
            usd_per_unit=Decimal(usd),
            date=now.date(),
            source="a test",
            by=admin,
            now=now,
        )
    producer = made.trader(side="producer", by=admin)
    buyer = made.trader(side="buyer", by=admin)
    return Place(admin, producer, buyer, made.certificate(producer, by=admin))


@pytest.fixture
def proposal(place: Place) -> Proposal:
    """400 t of 500 t at 20 USD/t, limit 23.57 USD/t."""
    lot = made.lot(place.producer, place.certificate)
    wanted = made.requirement(
        place.buyer, volume_t="400", max_premium=LIMIT, internal_carbon_price=CARBON_PRICE
    )
    bundles.open_bundles(
        round_number=1,
        engine_version="1",
        bundles=[[member(lot, wanted, 400)]],
        now=timezone.now(),
    )
    return Proposal.objects.get()

"""The demo: marked as one, whole, and with a past that the market page may tell of."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from marketplace.domain.signals import Signal
from marketplace.models import Claim, Deal, Lot, MarketFigure, Organisation, Requirement
from matching.models import MatchingRound
from tests.factories import market as made
from tests.factories.offers import books_balance

pytestmark = pytest.mark.django_db(transaction=True)


def load(**options: Any) -> str:
    out = io.StringIO()
    call_command("load_demo", stdout=out, **options)
    return out.getvalue()


def test_it_is_marked_loads_once_and_never_beside_real_organisations(settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="DEMO is not set"):
        load()
    settings.DEMO = True
    load()
    counts = Lot.objects.count(), Requirement.objects.count()
    load()
    assert (Lot.objects.count(), Requirement.objects.count()) == counts
    assert min(Lot.objects.filter(state="OPEN").count(), counts[1]) >= 5
    assert not Organisation.objects.filter(is_demo=False).exists()
    assert load(logins=True).count("@") == 5
    made.trader(side="buyer", by=made.admin(now=timezone.now()))
    with pytest.raises(CommandError, match="real organisations"):
        load()


def test_its_past_was_matched_by_rounds_and_shows_on_the_market_page(settings: Any) -> None:
    settings.DEMO = True
    load()

    assert Deal.objects.count() >= 3 * MatchingRound.objects.filter(verified=True).count() > 20
    assert Claim.objects.filter(retired_at__isnull=False).exists()
    assert {one.value for one in (Signal.PREMIUM, Signal.TONNES, Signal.SUPPLY, Signal.DEMAND)} <= (
        set(MarketFigure.objects.values_list("signal", flat=True))
    )
    page = Client().get("/market").content.decode()
    assert "25 to below 30" in page and "20 to below 25" in page
    books_balance()

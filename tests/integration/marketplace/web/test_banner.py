"""What is paused is said on every page, with since when and why; an own pause to its own people."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from marketplace.services import organisations, pauses
from marketplace.services.pauses import What
from tests.factories.deals import Pair

pytestmark = pytest.mark.django_db(transaction=True)


def seen(reader: Any = None, path: str = "/") -> str:
    client = Client()
    if reader is not None:
        client.force_login(reader.user)
    return " ".join(client.get(path).content.decode().split())


def test_the_markets_pause_is_said_to_everybody() -> None:
    now = timezone.now()
    pair = Pair(now)
    assert "paused since" not in seen()
    pauses.pause(what=What(matching=True), by=pair.admin, reason="Upgrade", now=now)
    words = f"Matching is paused since {now:%Y-%m-%d %H:%M} UTC: Upgrade"
    assert words in seen()
    assert words in seen(pair.buyer, "/dashboard")
    pauses.pause(what=What(trading=True), by=pair.admin, reason="Wrong prices", now=now)
    assert "Trading is paused since" in seen(pair.producer, "/lots")
    assert "Matching is paused since" not in seen(pair.producer, "/lots")


def test_an_organisations_own_is_said_to_its_people_only() -> None:
    now = timezone.now()
    pair = Pair(now)
    name = pair.buyer.organisation.public_id
    pauses.pause(what=What(True, False, name), by=pair.admin, reason="Asked for", now=now)
    assert "Matching of your organisation is paused" in seen(pair.buyer, "/dashboard")
    pauses.pause(what=What(False, True, name), by=pair.admin, reason="Asked for", now=now)
    assert "Trading of your organisation is paused" in seen(pair.buyer, "/dashboard")
    organisations.suspend(public_id=name, by=pair.admin, reason="Sanctions", now=now)
    assert "suspended since" in seen(pair.buyer, "/dashboard")
    assert "paused" not in seen(pair.producer, "/dashboard")
    assert "Sanctions" not in seen(pair.producer, "/dashboard")

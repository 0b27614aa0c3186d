"""A producer and a buyer with systems that listen on the loopback."""

import ipaddress
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from marketplace.domain.vocabulary import Role
from marketplace.domain.webhooks import CHOOSABLE
from marketplace.models.actors import Actor
from marketplace.services import (
    organisations,
    pump,
    users,
    webhooks,
)
from tests.factories.deals import Pair
from tests.factories.listeners import Listener, listening
from tests.factories.market import Trader

NOW = datetime.now(UTC).replace(microsecond=0)

ALL = [one.value for one in CHOOSABLE]


def owner_of(trader: Trader) -> Actor:
    user = users.create_user(
        email=f"owner-{uuid4().hex}@owner.example", password="correct horse battery", name="Owner"
    )
    organisations.add_member(organisation=trader.organisation, user=user, role=Role.OWNER)
    return Actor(user, trader.organisation, Role.OWNER)


def listens(trader: Trader, url: str, *chosen: str) -> webhooks.Shown:
    raw = {"url": url, "events": list(chosen) or ALL}
    return webhooks.create(by=owner_of(trader), raw=raw, now=NOW)


@pytest.fixture
def pair(settings: Any) -> Pair:
    settings.WEBHOOK_NETWORKS = [ipaddress.ip_network("127.0.0.0/8")]
    settings.WEBHOOK_SECONDS = 2.0
    return Pair(NOW)


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as found:
        yield found


def types(listener: Listener) -> list[str]:
    return [json.loads(one.body)["type"] for one in listener.heard]


def run(at: datetime | None = None) -> int:
    return pump.run(clock=lambda: at or timezone.now())

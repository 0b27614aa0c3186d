"""Several pumps at once: each message is sent once, each endpoint in its order."""

import ipaddress
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from marketplace.domain.vocabulary import Role
from marketplace.models import WebhookEndpoint
from marketplace.models.actors import Actor
from marketplace.services import organisations, pump, users, webhooks
from tests.concurrency.conftest import NOW, Market
from tests.factories.listeners import Listener, listening, slowly
from tests.factories.races import at_once
from tests.figures import attack

pytestmark = [pytest.mark.django_db(transaction=True), attack("C9")]


@pytest.fixture
def listener(market: Market, settings: Any) -> Iterator[Listener]:
    settings.WEBHOOK_NETWORKS = [ipaddress.ip_network("127.0.0.0/8")]
    user = users.create_user(email="o@o.example", password="correct horse battery", name="Owner")
    organisation = market.producer.organisation
    organisations.add_member(organisation=organisation, user=user, role=Role.OWNER)
    with listening() as found:
        raw = {"url": found.url, "events": ["lot.listed"]}
        webhooks.create(by=Actor(user, organisation, Role.OWNER), raw=raw, now=NOW)
        found.first = slowly(0.02)
        yield found


def sent_by_six_pumps(market: Market, listener: Listener) -> tuple[list[str], list[str]]:
    """Ids of the lots in the order of their listing, and in that of the messages."""
    listed = [str(market.lot(10).public_id) for _each in range(20)]
    at_once([lambda: pump.run(clock=timezone.now)] * 6)
    return listed, [json.loads(one.body)["data"]["id"] for one in listener.heard]


def test_each_message_is_sent_once_and_in_order(market: Market, listener: Listener) -> None:
    listed, sent = sent_by_six_pumps(market, listener)
    assert sent == listed


def test_control_without_the_lease_messages_are_sent_twice(
    market: Market, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lease is thrown away as soon as it is taken."""
    begun = pump._begun

    def careless(free: int, now: Any) -> Any:
        calls = begun(free, now)
        WebhookEndpoint.objects.update(held_until=None)
        return calls

    monkeypatch.setattr(pump, "_begun", careless)
    # Without leases the pumps would find work until their time is over.
    monkeypatch.setattr(pump, "LONGEST_RUN", timedelta(seconds=2))
    _listed, sent = sent_by_six_pumps(market, listener)
    assert len(sent) > len(set(sent))

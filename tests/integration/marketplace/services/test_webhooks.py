"""Webhooks: each told once, in order, signed, again for 72 hours, without anybody's secrets."""

import ipaddress
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from marketplace import tasks
from marketplace.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound
from marketplace.domain.vocabulary import Event, Role
from marketplace.domain.webhooks import CHOOSABLE, WAITS
from marketplace.models import (
    Notification,
    OutboxRow,
    WebhookCall,
    WebhookEndpoint,
    WebhookMessage,
)
from marketplace.models.actors import Actor
from marketplace.services import (
    certificates,
    events,
    lots,
    organisations,
    proposals,
    pump,
    retention,
    users,
    webhooks,
)
from tests.factories import market as made
from tests.factories.deals import Pair
from tests.factories.listeners import Listener, listening, slowly
from tests.factories.market import Trader

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC).replace(microsecond=0)
ALL = [one.value for one in CHOOSABLE]
LIMIT = "23.57"


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


def test_a_message_is_signed_thin_and_sent_once(pair: Pair, listener: Listener) -> None:
    shown = listens(pair.producer, listener.url)
    lot = pair.lot()
    assert run() == 1
    assert run() == 0
    (heard,) = listener.heard
    told = Webhook(shown.secret).verify(heard.body, heard.headers)
    assert told["type"] == "lot.listed"
    assert told["data"] == {
        "id": str(lot.public_id),
        "url": f"http://localhost:8000/api/v1/lots/{lot.public_id}",
        "version": str(lot.version),
    }
    message = WebhookMessage.objects.get()
    assert (message.state, heard.headers["webhook-id"]) == ("ARRIVED", message.message_id)
    assert WebhookCall.objects.get().status == 204


def test_each_side_hears_of_a_proposal_and_its_deal_and_of_no_secret(
    pair: Pair, listener: Listener
) -> None:
    with listening() as others:
        listens(pair.producer, others.url)
        listens(pair.buyer, listener.url)
        lot = pair.lot()
        wanted = pair.requirement(volume_t="500", max_premium=LIMIT)
        opened = pair.proposal(lot, wanted, 500)
        for side in (pair.producer, pair.buyer):
            proposals.accept(by=side.actor, public_id=opened.public_id, now=NOW)
        run()
        shared = ["proposal.created", "proposal.accepted", "proposal.accepted", "deal.created"]
        assert types(others) == ["lot.listed", *shared]
        assert types(listener) == ["requirement.posted", *shared]
        for heard in (*others.heard, *listener.heard):
            data = json.loads(heard.body)["data"]
            assert set(data) <= {"id", "url", "version", "side", "number"}
            assert LIMIT not in heard.body.decode()
            assert pair.buyer.organisation.name not in heard.body.decode()


def test_a_third_party_hears_nothing(pair: Pair, listener: Listener) -> None:
    other = made.trader(side="producer", by=pair.admin, now=NOW)
    listens(other, listener.url)
    lot = pair.lot()
    wanted = pair.requirement(volume_t="500")
    pair.proposal(lot, wanted, 500)
    run()
    assert listener.heard == []


def test_only_chosen_events_are_told(pair: Pair, listener: Listener) -> None:
    listens(pair.producer, listener.url, "lot.withdrawn", "certificate.revoked")
    lot = pair.lot()
    lots.withdraw(by=pair.producer.actor, public_id=lot.public_id, now=NOW)
    certificates.revoke(
        public_id=pair.certificate.public_id, by=pair.admin, reason="A test.", now=NOW
    )
    run()
    assert types(listener) == ["lot.withdrawn", "certificate.revoked"]


def test_what_is_rolled_back_was_never_told(pair: Pair, listener: Listener) -> None:
    listens(pair.producer, listener.url)
    with pytest.raises(InvalidInput):
        pair.lot(quantity_t="90000")
    run()
    assert listener.heard == []
    assert not WebhookMessage.objects.exists()


def test_a_failing_endpoint_keeps_the_order_and_is_called_ever_more_seldom(
    pair: Pair, listener: Listener
) -> None:
    listens(pair.producer, listener.url, "lot.listed")
    first = pair.lot(quantity_t="10")
    second = pair.lot(quantity_t="20")
    listener.will(500)
    at = NOW
    for rest in WAITS[:3]:
        run(at)
        endpoint = WebhookEndpoint.objects.get()
        assert endpoint.due_at == at + rest
        run(at + rest - timedelta(seconds=1))
        at += rest
    assert len(listener.heard) == 3
    assert len({one.headers["webhook-id"] for one in listener.heard}) == 1
    assert len({one.body for one in listener.heard}) == 1
    listener.will(200)
    assert run(at) == 2
    told = [json.loads(one.body)["data"]["id"] for one in listener.heard]
    assert told[-2:] == [str(first.public_id), str(second.public_id)]
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.failing_since) == (0, None)


def test_after_72_hours_it_is_switched_off_and_its_members_are_told(
    pair: Pair, listener: Listener
) -> None:
    shown = listens(pair.producer, listener.url, "lot.listed")
    pair.lot(quantity_t="10")
    listener.will(500)
    at = NOW
    for rest in (*WAITS, timedelta()):
        run(at)
        at += rest
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.disabled_at is not None
    assert len(listener.heard) == len(WAITS) + 1
    assert WebhookMessage.objects.get().state == "GIVEN_UP"
    assert Notification.objects.filter(event=Event.WEBHOOK_OFF.value).count() == 2
    # Nothing is kept for it meanwhile.
    pair.lot(quantity_t="20")
    assert WebhookMessage.objects.count() == 1
    listener.will(200)
    owner = Actor(endpoint.created_by, pair.producer.organisation, Role.OWNER)
    webhooks.switch_on(by=owner, public_id=shown.endpoint.public_id, now=at)
    webhooks.redeliver(
        by=owner,
        public_id=shown.endpoint.public_id,
        message=WebhookMessage.objects.get().public_id,
        now=at,
    )
    assert run(at) == 1
    assert WebhookMessage.objects.get().state == "ARRIVED"


def test_410_switches_off_at_once(pair: Pair, listener: Listener) -> None:
    listens(pair.producer, listener.url, "lot.listed")
    pair.lot(quantity_t="10")
    listener.will(410)
    run()
    assert WebhookEndpoint.objects.get().disabled_reason == "It answered 410: gone."


def test_a_busy_system_is_left_in_peace_for_as_long_as_it_asks(
    pair: Pair, listener: Listener
) -> None:
    listens(pair.producer, listener.url, "lot.listed")
    pair.lot(quantity_t="10")
    listener.will(503, Retry_After="600")
    run(NOW)
    assert WebhookEndpoint.objects.get().due_at == NOW + timedelta(minutes=10)


def test_a_rotated_secret_signs_beside_the_former_one_for_a_day(
    pair: Pair, listener: Listener
) -> None:
    former = listens(pair.producer, listener.url, "lot.listed")
    owner = owner_of(pair.producer)
    new = webhooks.rotate(by=owner, public_id=former.endpoint.public_id, now=NOW)
    pair.lot(quantity_t="10")
    run()
    (heard,) = listener.heard
    for shown in (former, new):
        Webhook(shown.secret).verify(heard.body, heard.headers)
    pair.lot(quantity_t="10")
    WebhookEndpoint.objects.update(former_until=NOW - timedelta(seconds=1))
    run()
    assert len(listener.heard[-1].headers["webhook-signature"].split()) == 1
    Webhook(new.secret).verify(listener.heard[-1].body, listener.heard[-1].headers)


def test_secrets_are_sealed_and_in_no_history(pair: Pair, listener: Listener) -> None:
    shown = listens(pair.producer, listener.url)
    stored = WebhookEndpoint.objects.values().get()
    assert shown.secret not in str(stored)
    history = apps.get_model("marketplace", "WebhookEndpointEvent")
    assert "secret" not in " ".join(field.name for field in history._meta.fields)


def test_a_slow_endpoint_does_not_keep_others_waiting(pair: Pair, listener: Listener) -> None:
    answered: list[str] = []
    with listening() as slow:
        slow.first = slowly(1, lambda: answered.append("slow"))
        listener.first = slowly(0, lambda: answered.append("quick"))
        listens(pair.producer, slow.url, "lot.listed")
        listens(pair.buyer, listener.url, "requirement.posted")
        pair.lot(quantity_t="10")
        pair.requirement(volume_t="500")
        assert run() == 2
    assert answered == ["quick", "slow"]


def test_a_lost_worker_leaves_its_message_to_the_next(pair: Pair, listener: Listener) -> None:
    listens(pair.producer, listener.url, "lot.listed")
    pair.lot(quantity_t="10")
    WebhookEndpoint.objects.update(held_until=NOW + timedelta(seconds=50))
    assert run(NOW + timedelta(seconds=40)) == 0
    assert run(NOW + timedelta(seconds=50)) == 1


def test_the_outbox_brings_it(pair: Pair, listener: Listener) -> None:
    listens(pair.producer, listener.url, "lot.listed")
    pair.lot(quantity_t="10")
    row = OutboxRow.objects.get(task=events.PUMP)
    tasks.pump_webhooks(row.pk)
    row.refresh_from_db()
    assert row.done_at is not None
    assert types(listener) == ["lot.listed"]


def test_a_test_and_its_refusals(pair: Pair, listener: Listener) -> None:
    shown = listens(pair.producer, listener.url, "lot.listed")
    owner = owner_of(pair.producer)
    key = shown.endpoint.public_id
    waiting = webhooks.test(by=owner, public_id=key, now=NOW)
    with pytest.raises(Conflict):
        webhooks.redeliver(by=owner, public_id=key, message=waiting.public_id, now=NOW)
    run()
    assert types(listener) == ["endpoint.test"]
    with pytest.raises(NotAllowed):
        webhooks.test(by=pair.producer.actor, public_id=key, now=NOW)
    stranger = owner_of(pair.buyer)
    for step in (webhooks.test, webhooks.rotate, webhooks.switch_on):
        with pytest.raises(NotFound):
            step(by=stranger, public_id=key, now=NOW)
    with pytest.raises(NotFound):
        webhooks.delete(by=stranger, public_id=key)


@pytest.mark.parametrize(
    ("raw", "fields"),
    [
        ({"url": "http://erp.example/", "events": ALL}, ["url"]),
        ({"url": "https://10.0.0.1/", "events": ALL}, ["url"]),
        ({"url": "https://erp.example/", "events": []}, ["events"]),
        ({"url": "", "events": ["lot.eaten"]}, ["events", "url"]),
        ({"url": "https://erp.example/", "events": ["endpoint.test"]}, ["events"]),
    ],
)
def test_bad_input_names_its_field(pair: Pair, raw: dict[str, object], fields: list[str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        webhooks.create(by=owner_of(pair.producer), raw=raw, now=NOW)
    assert sorted(one.field for one in refused.value.errors) == fields


def test_no_more_than_ten_and_no_address_twice(pair: Pair) -> None:
    owner = owner_of(pair.producer)
    for number in range(10):
        raw = {"url": f"https://erp.example/{number}", "events": ALL}
        webhooks.create(by=owner, raw=raw, now=NOW)
    with pytest.raises(Conflict):
        webhooks.create(by=owner, raw={"url": "https://e.example/", "events": ALL}, now=NOW)


def test_an_address_is_taken_once(pair: Pair) -> None:
    owner = owner_of(pair.producer)
    raw = {"url": "https://erp.example/", "events": ALL}
    webhooks.create(by=owner, raw=raw, now=NOW)
    with pytest.raises(InvalidInput) as refused:
        webhooks.create(by=owner, raw=raw, now=NOW)
    assert [one.field for one in refused.value.errors] == ["url"]


def test_old_messages_are_pruned_and_waiting_ones_stay(pair: Pair, listener: Listener) -> None:
    listens(pair.producer, listener.url, "lot.listed")
    pair.lot(quantity_t="10")
    later = NOW + timedelta(days=31)
    assert retention.prune(now=later).webhook_messages == 0
    run()
    assert retention.prune(now=later).webhook_messages == 1

"""Webhooks: each told once, in order, signed, again for 72 hours, without anybody's secrets."""

import json
from datetime import timedelta

import pytest
from standardwebhooks.webhooks import Webhook

from marketplace import tasks
from marketplace.domain.errors import InvalidInput
from marketplace.domain.vocabulary import Event, Role
from marketplace.domain.webhooks import WAITS
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
    proposals,
    webhooks,
)
from tests.factories import market as made
from tests.factories.deals import Pair
from tests.factories.listeners import Listener, listening, slowly
from tests.figures import attack
from tests.integration.marketplace.services.webhooks.conftest import NOW, listens, run, types

pytestmark = [pytest.mark.django_db, attack("C9")]

LIMIT = "23.57"


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

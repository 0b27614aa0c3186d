"""Endpoints are kept by owners; secrets are sealed, replaced, and in no history."""

from datetime import timedelta

import pytest
from django.apps import apps
from standardwebhooks.webhooks import Webhook

from marketplace.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound
from marketplace.models import (
    WebhookEndpoint,
)
from marketplace.services import (
    retention,
    webhooks,
)
from tests.factories.deals import Pair
from tests.factories.listeners import Listener
from tests.integration.marketplace.services.webhooks.conftest import (
    ALL,
    NOW,
    listens,
    owner_of,
    run,
    types,
)

pytestmark = pytest.mark.django_db


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

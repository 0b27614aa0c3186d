"""Webhook pages: owners keep endpoints, the secret is shown once, everybody reads the log."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from marketplace.domain.vocabulary import Role
from marketplace.models import Membership, WebhookEndpoint, WebhookMessage
from tests.integration.marketplace.web.conftest import Place

PAGE = reverse("webhooks")
GIVEN = {"url": "https://erp.example/hooks", "events": ["lot.listed", "deal.created"]}


@pytest.fixture
def owner(place: Place) -> Client:
    Membership.objects.filter(user=place.producer.user).update(role=Role.OWNER.value)
    return place.browser(place.producer)


def added(owner: Client) -> WebhookEndpoint:
    owner.post(PAGE, GIVEN)
    return WebhookEndpoint.objects.get()


def test_the_secret_is_shown_once_and_not_stored_by_the_browser(owner: Client) -> None:
    answer = owner.post(PAGE, GIVEN)
    found = re.search(r"whsec_[A-Za-z0-9+/=]+", answer.content.decode())
    assert found
    assert "no-store" in answer["Cache-Control"]
    endpoint = WebhookEndpoint.objects.get()
    for page in (PAGE, reverse("webhook", args=[endpoint.public_id])):
        assert found[0] not in owner.get(page).content.decode()
    again = owner.post(reverse("webhook_rotate", args=[endpoint.public_id])).content.decode()
    assert "whsec_" in again
    assert found[0] not in again


def test_a_refusal_names_the_field_and_keeps_what_was_typed(owner: Client) -> None:
    answer = owner.post(PAGE, {"url": "https://192.168.1.4/hooks", "events": ["lot.listed"]})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "This address is not on the public internet." in page
    assert 'value="https://192.168.1.4/hooks"' in page
    assert not WebhookEndpoint.objects.exists()


def test_a_trader_reads_and_cannot_change(place: Place) -> None:
    browser = place.browser(place.producer)
    assert "An owner of your organisation adds" in browser.get(PAGE).content.decode()
    assert browser.post(PAGE, GIVEN).status_code == 422
    assert not WebhookEndpoint.objects.exists()


def test_others_find_nothing(place: Place, owner: Client) -> None:
    endpoint = added(owner)
    stranger = place.browser(place.buyer)
    assert endpoint.url not in stranger.get(PAGE).content.decode()
    key = [endpoint.public_id]
    assert stranger.get(reverse("webhook", args=key)).status_code == 404
    for name in ("webhook_rotate", "webhook_on", "webhook_test", "webhook_delete"):
        assert stranger.post(reverse(name, args=key)).status_code in (302, 404)
    endpoint.refresh_from_db()
    assert not WebhookMessage.objects.exists()


def test_the_log_shows_a_test_and_sends_it_again(owner: Client) -> None:
    endpoint = added(owner)
    key = [endpoint.public_id]
    owner.post(reverse("webhook_test", args=key))
    message = WebhookMessage.objects.get()
    page = owner.get(reverse("webhook", args=key)).content.decode()
    assert message.message_id in page
    assert "Waits" in page
    WebhookMessage.objects.update(state="ARRIVED")
    owner.post(reverse("webhook_again", args=[*key, message.public_id]))
    message.refresh_from_db()
    assert message.state == "WAITING"
    owner.post(reverse("webhook_delete", args=key))
    assert not WebhookEndpoint.objects.exists()


def test_a_change_is_kept(owner: Client) -> None:
    endpoint = added(owner)
    owner.post(
        reverse("webhook", args=[endpoint.public_id]),
        {"url": "https://erp.example/other", "events": ["lot.changed"]},
    )
    endpoint.refresh_from_db()
    assert (endpoint.url, endpoint.listens_to) == ("https://erp.example/other", ["lot.changed"])

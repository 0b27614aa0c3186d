"""Endpoints of an organisation's systems: kept by its owners; the secret is shown once."""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings

from marketplace.domain.errors import Conflict, FieldError, InvalidInput, gettext_noop
from marketplace.domain.fields import as_list
from marketplace.domain.webhooks import (
    CHOOSABLE,
    NO_EVENTS,
    UNKNOWN_EVENT,
    EventType,
    MessageState,
    address_errors,
)
from marketplace.models import WebhookEndpoint, WebhookMessage
from marketplace.models.actors import Actor
from marketplace.selectors import webhooks as selectors
from marketplace.services import authority, events, locks, sealing
from marketplace.services.constraints import one_transaction

FORMER_SIGNS_FOR = timedelta(hours=24)
TOO_MANY = gettext_noop("An organisation keeps {most} endpoints at most: delete one first.")
IS_ON = gettext_noop("This endpoint is switched on already.")
IS_OFF = gettext_noop("This endpoint is switched off.")
STILL_WAITS = gettext_noop("This message still waits to be sent.")


@dataclass(frozen=True)
class Shown:
    """An endpoint with its secret in plain text: the only time that it can be read."""

    endpoint: WebhookEndpoint
    secret: str


@one_transaction
def create(*, by: Actor, raw: Mapping[str, object], now: datetime) -> Shown:
    """Listen at ``raw["url"]`` to ``raw["events"]``. Owners only.

    Raises InvalidInput for an address that may not be called or is there already.
    """
    authority.owner(by)
    url, chosen = _read(raw)
    # Two of them at once would both count the same.
    locks.organisations([by.organisation.pk])
    if selectors.own(by).count() >= selectors.MOST:
        raise Conflict(TOO_MANY, most=str(selectors.MOST))
    secret = _new_secret()
    endpoint = WebhookEndpoint.objects.create(
        organisation=by.organisation,
        url=url,
        listens_to=chosen,
        secret_sealed=sealing.seal(secret),
        created_by=by.user,
        created_at=now,
        due_at=now,
    )
    return Shown(endpoint, secret)


@one_transaction
def change(*, by: Actor, public_id: UUID, raw: Mapping[str, object]) -> WebhookEndpoint:
    """Another address or other events; what waits already goes to the new address."""
    authority.owner(by)
    url, chosen = _read(raw)
    endpoint = _locked(by, public_id)
    endpoint.url, endpoint.listens_to = url, chosen
    endpoint.save(update_fields=["url", "listens_to"])
    return endpoint


@one_transaction
def rotate(*, by: Actor, public_id: UUID, now: datetime) -> Shown:
    """A new secret; the former one signs beside it for a day, so that no message is refused."""
    authority.owner(by)
    endpoint, secret = _locked(by, public_id), _new_secret()
    endpoint.former_secret_sealed = endpoint.secret_sealed
    endpoint.former_until = now + FORMER_SIGNS_FOR
    endpoint.secret_sealed = sealing.seal(secret)
    endpoint.save(update_fields=["secret_sealed", "former_secret_sealed", "former_until"])
    return Shown(endpoint, secret)


@one_transaction
def switch_on(*, by: Actor, public_id: UUID, now: datetime) -> WebhookEndpoint:
    """What still waited goes out, in its order; what happened while it was off does not."""
    authority.owner(by)
    endpoint = _locked(by, public_id)
    if endpoint.disabled_at is None:
        raise Conflict(IS_ON)
    endpoint.disabled_at, endpoint.disabled_reason = None, ""
    endpoint.failures, endpoint.failing_since, endpoint.due_at = 0, None, now
    endpoint.save(
        update_fields=["disabled_at", "disabled_reason", "failures", "failing_since", "due_at"]
    )
    events.ask(now=now)
    return endpoint


@one_transaction
def delete(*, by: Actor, public_id: UUID) -> None:
    """With its messages and their log."""
    authority.owner(by)
    _locked(by, public_id).delete()


@one_transaction
def test(*, by: Actor, public_id: UUID, now: datetime) -> WebhookMessage:
    """One message that says nothing, behind those that wait."""
    authority.owner(by)
    endpoint = _on(by, public_id)
    message = WebhookMessage.objects.create(
        endpoint=endpoint,
        event=EventType.TEST.value,
        key=f"test:{uuid4().hex}",
        body=events.body_of(EventType.TEST, {"id": str(endpoint.public_id)}, now),
        created_at=now,
        state=MessageState.WAITING.value,
    )
    _hurry(endpoint, now)
    return message


@one_transaction
def redeliver(*, by: Actor, public_id: UUID, message: UUID, now: datetime) -> WebhookMessage:
    """Send a message again, under its own id, before what waits now."""
    authority.owner(by)
    endpoint = _on(by, public_id)
    found = selectors.message(endpoint, message)
    if found.state == MessageState.WAITING.value:
        raise Conflict(STILL_WAITS)
    found.state, found.done_at = MessageState.WAITING.value, None
    found.save(update_fields=["state", "done_at"])
    _hurry(endpoint, now)
    return found


def _hurry(endpoint: WebhookEndpoint, now: datetime) -> None:
    """Somebody looks on: do not wait out what a failed call made it wait."""
    endpoint.due_at = now
    endpoint.save(update_fields=["due_at"])
    events.ask(now=now)


def _on(by: Actor, public_id: UUID) -> WebhookEndpoint:
    endpoint = _locked(by, public_id)
    if endpoint.disabled_at is not None:
        raise Conflict(IS_OFF)
    return endpoint


def _locked(by: Actor, public_id: UUID) -> WebhookEndpoint:
    found = selectors.own_one(by, public_id)
    return WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=found.pk)


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _read(raw: Mapping[str, object]) -> tuple[str, list[str]]:
    url = str(raw.get("url") or "").strip()
    errors = address_errors(url, inside=settings.WEBHOOK_NETWORKS)
    given = as_list(raw.get("events") or "")
    known = {one.value for one in CHOOSABLE}
    errors += [
        FieldError("events", one[:40], "unknown", UNKNOWN_EVENT)
        for one in given
        if one not in known
    ]
    if not given:
        errors.append(FieldError("events", "", "required", NO_EVENTS))
    if errors:
        raise InvalidInput(errors)
    return url, sorted(set(given))

"""Systems that footprints are exchanged with: their credentials, their tokens, what they send."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core import signing

from marketplace.domain.errors import FieldError, InvalidInput, NotFound, gettext_noop
from marketplace.domain.fields import Reader
from marketplace.domain.footprints import criteria
from marketplace.domain.pact import Event, Kind, Unreadable, answer, asked
from marketplace.domain.webhooks import MessageState, address_errors
from marketplace.models import PactClient, PactEvent
from marketplace.models.actors import Actor
from marketplace.selectors import footprints
from marketplace.selectors import pact as selectors
from marketplace.services import authority, locks, pact_events, sealing
from marketplace.services.constraints import one_transaction

SALT = "pact token"
TOKEN_SECONDS = 3_600
MOST_TOLD = 1_000
ALL_OR_NONE = gettext_noop("Give the address with client id and secret, or none of them.")


@dataclass(frozen=True)
class Shown:
    """``secret`` in plain text: the only time that it can be read."""

    client: PactClient
    secret: str


class TokenExpired(Exception):
    """It was one of ours."""


class TokenUnknown(Exception):
    """It is none of ours, or its credentials were replaced."""


@one_transaction
def connect(*, by: Actor, now: datetime) -> Shown:
    """Credentials for the own system; made again, the former secret and its tokens end at once."""
    authority.owner(by)
    locks.organisations([by.organisation.pk])
    secret = secrets.token_urlsafe(32)
    client, _new = PactClient.objects.update_or_create(
        organisation=by.organisation,
        defaults={"secret_sha256": _hash(secret)},
        create_defaults={
            "client_id": f"gpm-{secrets.token_hex(8)}",
            "secret_sha256": _hash(secret),
            "created_by": by.user,
            "created_at": now,
        },
    )
    return Shown(client, secret)


@one_transaction
def call_back(*, by: Actor, raw: Mapping[str, object]) -> PactClient:
    """Where and by which credentials the own system is called; an empty secret stays as it was."""
    authority.owner(by)
    client = selectors.client_of(by)
    if client is None:
        raise NotFound
    row = Reader(raw)
    url, token_url = (
        row.text(name, limit=500).rstrip("/") for name in ("callback_url", "token_url")
    )
    name, secret = row.text("partner_client_id", limit=200), row.text("partner_secret", limit=500)
    row.finish()
    errors = [
        FieldError(field, one.value, one.code, one.message, one.params)
        for field, address in (("callback_url", url), ("token_url", token_url))
        if address
        for one in address_errors(address, inside=settings.WEBHOOK_NETWORKS)
    ]
    sealed = sealing.seal(secret) if secret else client.partner_secret_sealed
    if bool(url) != bool(name) or (url and not sealed):
        errors.append(FieldError("callback_url", url[:100], "incomplete", ALL_OR_NONE))
    if errors:
        raise InvalidInput(errors)
    client.callback_url, client.token_url, client.partner_client_id = url, token_url, name
    client.partner_secret_sealed = sealed if url else ""
    client.save()
    return client


def token(*, client_id: str, secret: str) -> str | None:
    """For an hour; None where the credentials are wrong."""
    client = PactClient.objects.filter(client_id=client_id).first()
    known = client.secret_sha256 if client else _hash("")
    if not hmac.compare_digest(known, _hash(secret)) or client is None:
        return None
    return signing.dumps([client.client_id, client.secret_sha256[:16]], salt=SALT)


def client_of(text: str) -> PactClient:
    """Whose token it is. Raises TokenExpired and TokenUnknown."""
    try:
        name, mark = signing.loads(text, salt=SALT, max_age=TOKEN_SECONDS)
    except signing.SignatureExpired as error:
        raise TokenExpired from error
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise TokenUnknown from error
    client = PactClient.objects.select_related("organisation").filter(client_id=name).first()
    if client is None or client.secret_sha256[:16] != mark:
        raise TokenUnknown
    return client


@one_transaction
def receive(*, client: PactClient, event: Event, now: datetime) -> None:
    """Take an event in once. A request is answered by exactly one event of ours.

    Raises Unreadable for what is no answer to an own open request, and for a request without an
    address to answer to.
    """
    if event.kind is Kind.CREATED and not client.callback_url:
        raise Unreadable("No address to answer to is registered for this client.")
    if event.kind in (Kind.FULFILLED, Kind.REJECTED):
        _close_request(client, str(event.data["requestEventId"]), now)
    _row, new = PactEvent.objects.get_or_create(
        client=client,
        outgoing=False,
        event_id=event.id,
        defaults={
            "kind": event.kind.value,
            "body": json.dumps(event.data),
            "created_at": now,
        },
    )
    if new and event.kind is Kind.CREATED:
        _answer(client, event, now)


def _answer(client: PactClient, event: Event, now: datetime) -> None:
    wanted = criteria(asked(event.data))
    found = []
    for one in footprints.matching(client.organisation, wanted):
        found.append(footprints.shown(one))
        if len(found) == MOST_TOLD:
            break
    kind, data = answer(event.id, found)
    pact_events.send(client, kind, data, now=now)


def _close_request(client: PactClient, request_id: str, now: datetime) -> None:
    """Only what was asked from here, and once."""
    mine = PactEvent.objects.filter(
        client=client, outgoing=True, kind=Kind.CREATED.value, event_id=request_id
    )
    open_ones = mine.filter(state__in=[MessageState.WAITING.value, MessageState.ARRIVED.value])
    answered = PactEvent.objects.filter(
        client=client,
        outgoing=False,
        kind__in=[Kind.FULFILLED.value, Kind.REJECTED.value],
        body__contains=json.dumps(request_id),
    )
    if not open_ones.exists() or answered.exists():
        raise Unreadable("There is no open request of this id.")


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

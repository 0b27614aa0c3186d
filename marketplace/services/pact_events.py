"""Events to the systems that footprints are exchanged with: kept, called, repeated up to 72 hours.

Called is the address that an owner registered, never one that an event names.
"""

import base64
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from marketplace.domain.pact import CLOUD_EVENTS, Kind, compose
from marketplace.domain.webhooks import MessageState, wait_after
from marketplace.models import PactClient, PactEvent
from marketplace.services import outgoing, sealing

LONGEST_RUN = timedelta(seconds=30)
Clock = Callable[[], datetime]
NO_TOKEN = "no token: "  # noqa: S105 - the beginning of an error


def send(client: PactClient, kind: Kind, data: Mapping[str, Any], *, now: datetime) -> PactEvent:
    """Keep an event to be sent; in the caller's transaction."""
    name = str(uuid4())
    source = f"{settings.SITE_URL.partition(':')[2]}/3/events"
    body = compose(kind, name=name, source=source, data=data, now=now)
    return PactEvent.objects.create(
        client=client,
        kind=kind.value,
        event_id=name,
        outgoing=True,
        body=json.dumps(body),
        created_at=now,
        state=MessageState.WAITING.value,
        due_at=now,
    )


def send_due(*, clock: Clock) -> int:
    """Call for what is due, one after the other, for half a minute; how many arrived.

    While another is at work it leaves it to that one: systems that hang hold one worker, not all.
    """
    arrived, ends = 0, clock() + LONGEST_RUN
    if _waiting().filter(held_until__gt=clock()).exists():
        return 0
    while clock() < ends and (event := _taken(clock())) is not None:
        answer = _call(event)
        arrived += _note(event, answer, clock())
    return arrived


def _waiting() -> QuerySet[PactEvent]:
    return PactEvent.objects.filter(state=MessageState.WAITING.value)


def _due(now: datetime) -> QuerySet[PactEvent]:
    free = Q(held_until__isnull=True) | Q(held_until__lte=now)
    found = _waiting().filter(free, due_at__lte=now)
    return found.select_related("client").order_by("due_at", "pk")


def _taken(now: datetime) -> PactEvent | None:
    """The next one, held so that no other worker calls for it meanwhile."""
    with transaction.atomic():
        found = _due(now).select_for_update(skip_locked=True, no_key=True, of=("self",)).first()
        if found is not None:
            found.held_until = now + timedelta(seconds=3 * settings.WEBHOOK_SECONDS + 30)
            found.save(update_fields=["held_until"])
        return found


def _call(event: PactEvent) -> outgoing.Answer:
    """A fresh token by the credentials that the partner gave, then the event."""
    client = event.client
    if not client.callback_url:
        return outgoing.Answer(None, "no address is registered")
    try:
        secret = sealing.open_sealed(client.partner_secret_sealed)
    except sealing.CannotOpen:
        return outgoing.Answer(None, "its secret cannot be read any more: enter it again")
    token = _token(client, secret)
    if isinstance(token, outgoing.Answer):
        return token
    headers = {"content-type": CLOUD_EVENTS, "authorization": f"Bearer {token}"}
    return _post(f"{client.callback_url}/3/events", event.body.encode(), headers)


def _token(client: PactClient, secret: str) -> str | outgoing.Answer:
    """Client credentials, RFC 6749 section 4.4; what was answered where that is no token."""
    pair = f"{quote(client.partner_client_id, safe='')}:{quote(secret, safe='')}"
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "accept": "application/json",
        "authorization": f"Basic {base64.b64encode(pair.encode()).decode()}",
    }
    url = client.token_url or f"{client.callback_url}/auth/token"
    answer = _post(url, b"grant_type=client_credentials", headers)
    if not answer.is_good:
        return outgoing.Answer(None, NO_TOKEN + (answer.error or f"answered {answer.status}"))
    try:
        token = json.loads(answer.body)["access_token"]
    except (ValueError, KeyError, TypeError):
        return outgoing.Answer(None, f"{NO_TOKEN}the answer holds none")
    # It becomes a header: nothing may break its line.
    sound = isinstance(token, str) and token.isascii() and token.isprintable() and " " not in token
    return token if sound and token else outgoing.Answer(None, f"{NO_TOKEN}the answer holds none")


def _post(url: str, body: bytes, headers: Mapping[str, str]) -> outgoing.Answer:
    return outgoing.post(url, body=body, headers=headers, seconds=settings.WEBHOOK_SECONDS)


def _note(event: PactEvent, answer: outgoing.Answer, now: datetime) -> int:
    """1 if it arrived. Whoever lost the hold meanwhile says nothing."""
    mine = _waiting().filter(pk=event.pk, held_until=event.held_until)
    if answer.is_good:
        mine.update(state=MessageState.ARRIVED.value, done_at=now, held_until=None, last_error="")
        return 1
    error = (answer.error or f"answered {answer.status}")[:200]
    rest = wait_after(event.failures + 1)
    if rest is None:
        mine.update(
            state=MessageState.GIVEN_UP.value, done_at=now, held_until=None, last_error=error
        )
        return 0
    due = now + max(rest, timedelta(seconds=min(answer.retry_after or 0, 3_600)))
    mine.update(failures=event.failures + 1, due_at=due, held_until=None, last_error=error)
    return 0

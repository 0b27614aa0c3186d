"""Sends what waits for systems: each endpoint in order, slow ones beside the others.

An endpoint is held by a lease while it is called, so any number of workers may pump at once. The
calls run in threads, the database is this thread's alone. At least once: a worker that dies between
an answer and its commit leaves the message waiting, under the same id.
"""

import math
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from standardwebhooks.webhooks import Webhook

from marketplace.domain import webhooks
from marketplace.domain.errors import gettext_noop
from marketplace.domain.vocabulary import Event
from marketplace.domain.webhooks import MessageState
from marketplace.models import WebhookCall, WebhookEndpoint, WebhookMessage
from marketplace.services import events, notifications, outgoing, sealing

AT_ONCE = 16
# Ends in good time before the lease of the outbox row does; what is left is asked for again.
LONGEST_RUN = timedelta(seconds=30)
LONGEST_RETRY_AFTER = 3_600
GONE = 410
ANSWERED_GONE = gettext_noop("It answered 410: gone.")
NEVER_ANSWERED = gettext_noop("No call arrived for 72 hours.")
UNREADABLE = gettext_noop("Its secret cannot be read any more: rotate it.")
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Call:
    """A signed message under way. ``held_until`` is the lease that it is called under."""

    endpoint_id: int
    message_id: int
    url: str
    headers: dict[str, str]
    body: bytes
    held_until: datetime
    began_at: datetime


def sweep(*, now: datetime) -> None:
    """Ask for a pump when something is due that nobody calls: after a wait, or a lost worker."""
    if _due(now).exists():
        with transaction.atomic():
            events.ask(now=now)


def run(*, clock: Clock) -> int:
    """Call until nothing is due or the time is over; how many messages arrived."""
    ends, arrived = clock() + LONGEST_RUN, 0
    under_way: dict[Future[outgoing.Answer], Call] = {}
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook") as pool:
        while True:
            if clock() < ends:
                for call in _begun(AT_ONCE - len(under_way), clock()):
                    under_way[pool.submit(_carry_out, call)] = call
            if not under_way:
                break
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                arrived += _note(under_way.pop(future), future.result(), clock())
    sweep(now=clock())
    return arrived


def _due(now: datetime) -> QuerySet[WebhookEndpoint]:
    """Endpoints that something waits for and that may be called, longest due first."""
    waiting = WebhookMessage.objects.filter(
        endpoint=OuterRef("pk"), state=MessageState.WAITING.value
    )
    free = Q(held_until__isnull=True) | Q(held_until__lte=now)
    found = WebhookEndpoint.objects.filter(free, disabled_at__isnull=True, due_at__lte=now)
    return found.filter(Exists(waiting)).order_by("due_at", "pk")


def _begun(free: int, now: datetime) -> list[Call]:
    """Take the lease of up to so many due endpoints, each for its first waiting message."""
    if free <= 0:
        return []
    with transaction.atomic():
        rows = list(_due(now).select_for_update(skip_locked=True, no_key=True, of=("self",))[:free])
        calls = [call for call in (_prepared(row, now) for row in rows) if call is not None]
        for call in calls:
            held = WebhookEndpoint.objects.filter(pk=call.endpoint_id)
            held.update(held_until=call.held_until)
    return calls


def _prepared(endpoint: WebhookEndpoint, now: datetime) -> Call | None:
    message = endpoint.messages.filter(state=MessageState.WAITING.value).order_by("pk").first()
    if message is None:
        return None
    try:
        signature = _signature(endpoint, message, now)
    except sealing.CannotOpen:
        _switch_off(endpoint, UNREADABLE, now)
        return None
    lease = timedelta(seconds=2 * settings.WEBHOOK_SECONDS + 30)
    headers = {
        "content-type": "application/json",
        "user-agent": "green-premium-marketplace",
        "webhook-id": message.message_id,
        "webhook-timestamp": str(math.floor(now.timestamp())),
        "webhook-signature": signature,
    }
    return Call(
        endpoint_id=endpoint.pk,
        message_id=message.pk,
        url=endpoint.url,
        headers=headers,
        body=message.body.encode(),
        held_until=now + lease,
        began_at=now,
    )


def _signature(endpoint: WebhookEndpoint, message: WebhookMessage, now: datetime) -> str:
    """By the secret, and for a while after a rotation by the former one too."""
    sealed = [endpoint.secret_sealed]
    if endpoint.former_until is not None and endpoint.former_until > now:
        sealed.append(endpoint.former_secret_sealed)
    keys = [Webhook(sealing.open_sealed(one)) for one in sealed]
    return " ".join(key.sign(message.message_id, now, message.body) for key in keys)


def _carry_out(call: Call) -> outgoing.Answer:
    return outgoing.post(
        call.url, body=call.body, headers=call.headers, seconds=settings.WEBHOOK_SECONDS
    )


def _note(call: Call, answer: outgoing.Answer, now: datetime) -> int:
    """Log the call; move on, or wait. 1 if the message arrived by it.

    Whoever lost the lease meanwhile only logs: the endpoint belongs to another call.
    """
    with transaction.atomic():
        rows = WebhookEndpoint.objects.select_for_update(no_key=True)
        endpoint = rows.filter(pk=call.endpoint_id).first()
        message = WebhookMessage.objects.filter(pk=call.message_id).first()
        if endpoint is None or message is None:
            return 0
        WebhookCall.objects.create(
            message=message,
            at=call.began_at,
            milliseconds=max(0, round((now - call.began_at).total_seconds() * 1000)),
            status=answer.status,
            error=answer.error[:200],
        )
        if endpoint.held_until != call.held_until:
            return 0
        endpoint.held_until = None
        if answer.is_good:
            _arrived(endpoint, message, now)
        else:
            _failed(endpoint, message, answer, now)
        endpoint.save(
            update_fields=[
                "held_until", "due_at", "failures", "failing_since", "disabled_at",
                "disabled_reason",
            ]
        )  # fmt: skip
        return int(answer.is_good)


def _arrived(endpoint: WebhookEndpoint, message: WebhookMessage, now: datetime) -> None:
    _close(message, MessageState.ARRIVED, now)
    endpoint.failures, endpoint.failing_since, endpoint.due_at = 0, None, now


def _failed(
    endpoint: WebhookEndpoint, message: WebhookMessage, answer: outgoing.Answer, now: datetime
) -> None:
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    rest = webhooks.wait_after(endpoint.failures)
    if rest is None or answer.status == GONE:
        _close(message, MessageState.GIVEN_UP, now)
        _switch_off(endpoint, NEVER_ANSWERED if rest is None else ANSWERED_GONE, now)
        return
    asked = timedelta(seconds=min(answer.retry_after or 0, LONGEST_RETRY_AFTER))
    endpoint.due_at = now + max(rest, asked)


def _close(message: WebhookMessage, state: MessageState, now: datetime) -> None:
    WebhookMessage.objects.filter(pk=message.pk, state=MessageState.WAITING.value).update(
        state=state.value, done_at=now
    )


def _switch_off(endpoint: WebhookEndpoint, why: str, now: datetime) -> None:
    """Nothing more is called or recorded for it until somebody switches it on again."""
    endpoint.disabled_at, endpoint.disabled_reason = now, why
    endpoint.save(update_fields=["disabled_at", "disabled_reason"])
    notifications.tell(
        organisations=[endpoint.organisation_id],
        event=Event.WEBHOOK_OFF,
        key=f"webhook.off:{endpoint.pk}:{now.isoformat()}",
        params={"address": endpoint.url, "why": why},
        path=f"/webhooks/{endpoint.public_id}",
        now=now,
    )

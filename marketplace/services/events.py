"""What happened, for the systems of those concerned: written in the transaction that did it."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from marketplace.domain.webhooks import EventType, MessageState
from marketplace.models import (
    Certificate,
    Deal,
    Lot,
    Requirement,
    WebhookEndpoint,
    WebhookMessage,
)
from marketplace.services import outbox

PUMP = "marketplace.tasks.pump_webhooks"


@dataclass(frozen=True)
class Happened:
    """``key`` names it for ever: each endpoint hears of it once. ``organisations`` None: all.

    ``more`` goes to every reader alike, so it holds states and numbers of versions only.
    """

    event: EventType
    organisations: Collection[int] | None
    of: UUID
    key: str
    more: Mapping[str, str]


def record(happened: Sequence[Happened], *, now: datetime) -> None:
    """Leave one message for each endpoint that listens. In the caller's transaction."""
    endpoints = _listening(happened)
    if not endpoints:
        return
    messages = [
        WebhookMessage(
            endpoint=endpoint,
            event=one.event.value,
            key=one.key,
            body=body_of(one.event, {"id": str(one.of), **one.more}, now),
            created_at=now,
            state=MessageState.WAITING.value,
        )
        for one in happened
        for endpoint in endpoints
        if _concerns(one, endpoint)
    ]
    if messages:
        WebhookMessage.objects.bulk_create(messages, ignore_conflicts=True)
        ask(now=now)


def of_listing(listing: Lot | Requirement, event: EventType) -> Happened:
    """To its owner alone."""
    return Happened(
        event=event,
        organisations={listing.organisation_id},
        of=listing.public_id,
        key=f"{event.value}:{listing.pk}:{listing.version}",
        more={"version": str(listing.version)},
    )


def of_deal(deal: Deal, event: EventType) -> Happened:
    """To both sides."""
    return Happened(
        event=event,
        organisations={deal.producer_id, deal.buyer_id},
        of=deal.public_id,
        key=f"{event.value}:{deal.pk}",
        more={"number": deal.number},
    )


def of_certificate(certificate: Certificate, event: EventType) -> Happened:
    """To its holder alone."""
    return Happened(
        event=event,
        organisations={certificate.organisation_id},
        of=certificate.public_id,
        key=f"{event.value}:{certificate.pk}:{certificate.version}",
        more={"version": str(certificate.version)},
    )


def ask(*, now: datetime) -> None:
    """Have the messages sent soon."""
    outbox.add_unless_waiting(task=PUMP, rings=True, now=now)


def body_of(event: EventType, data: Mapping[str, str], now: datetime) -> str:
    """The message as it is signed and sent: compact JSON, the same bytes at every attempt."""
    kind = event.value.partition(".")[0]
    linked = dict(data)
    if event is not EventType.TEST:
        # Where the API says the rest of it, to those who may read it.
        linked["url"] = settings.SITE_URL + reverse(f"api-{kind}", args=[data["id"]])
    told = {"type": event.value, "timestamp": now.isoformat(), "data": linked}
    return json.dumps(told, separators=(",", ":"), sort_keys=True)


def _listening(happened: Iterable[Happened]) -> list[WebhookEndpoint]:
    """Endpoints that want any of these events; switched-off ones are told nothing meanwhile."""
    events = sorted({one.event.value for one in happened})
    if not events:
        return []
    rows = WebhookEndpoint.objects.filter(disabled_at__isnull=True, listens_to__overlap=events)
    return list(rows.defer("secret_sealed", "former_secret_sealed").order_by("pk"))


def _concerns(one: Happened, endpoint: WebhookEndpoint) -> bool:
    if one.event.value not in endpoint.listens_to:
        return False
    return one.organisations is None or endpoint.organisation_id in one.organisations

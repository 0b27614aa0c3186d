"""What nobody needs any more goes after its time. Ledger, deals, claims, steps and audit stay."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Model, QuerySet

from marketplace.domain.vocabulary import ListingState
from marketplace.models import (
    ExportJob,
    Heartbeat,
    IdempotentAnswer,
    ImportJob,
    Letter,
    Notification,
    OutboxRow,
    Probe,
    SearchHit,
    WebhookMessage,
)

BATCH = 5_000
LETTERS_KEPT_FOR = EXPORTS_KEPT_FOR = timedelta(days=7)
HEARTBEAT_KEPT_FOR = PROBES_KEPT_FOR = timedelta(days=1)


@dataclass(frozen=True)
class Pruned:
    """How many rows of each were removed."""

    outbox_rows: int
    idempotent_answers: int
    notifications: int
    sessions: int
    ended_sessions: int
    heartbeats: int
    probes: int
    search_hits: int
    imports: int
    exports: int
    letters: int
    webhook_messages: int


def prune(*, now: datetime) -> Pruned:
    """In short transactions, so that nobody waits for it; a repeat finds what is left.

    Dead outbox rows stay until an admin has dealt with them, unread notices until they are read.
    """
    outbox_until = now - timedelta(days=settings.OUTBOX_KEEP_DAYS)
    read_until = now - timedelta(days=settings.NOTIFICATION_KEEP_DAYS)
    imported_until = now - timedelta(days=settings.IMPORT_KEEP_DAYS)
    called_until = now - timedelta(days=settings.WEBHOOK_KEEP_DAYS)
    answered_until = now - settings.IDEMPOTENCY_KEPT_FOR
    return Pruned(
        outbox_rows=in_batches(OutboxRow.objects.filter(done_at__lt=outbox_until)),
        idempotent_answers=in_batches(
            IdempotentAnswer.objects.filter(created_at__lt=answered_until)
        ),
        notifications=in_batches(Notification.objects.filter(read_at__lt=read_until)),
        sessions=in_batches(Session.objects.filter(expire_date__lt=now)),
        # Where from and with which browser: known as long as the session lasts.
        ended_sessions=in_batches(
            UserSession.objects.exclude(session_key__in=Session.objects.values("session_key"))
        ),
        heartbeats=in_batches(Heartbeat.objects.filter(beat_at__lt=now - HEARTBEAT_KEPT_FOR)),
        probes=in_batches(Probe.objects.filter(hour__lt=now - PROBES_KEPT_FOR)),
        # A withdrawn lot never comes back, so nobody can be told of it again.
        search_hits=in_batches(SearchHit.objects.filter(lot__state=ListingState.WITHDRAWN.value)),
        imports=in_batches(ImportJob.objects.filter(created_at__lt=imported_until)),
        exports=in_batches(ExportJob.objects.filter(created_at__lt=now - EXPORTS_KEPT_FOR)),
        # No link in them works so long; no mail server took them.
        letters=in_batches(Letter.objects.filter(created_at__lt=now - LETTERS_KEPT_FOR)),
        webhook_messages=in_batches(WebhookMessage.objects.filter(done_at__lt=called_until)),
    )


def in_batches(rows: QuerySet[Model]) -> int:
    """Delete them a few thousand at a time, each batch by itself; how many."""
    removed = 0
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        rows.filter(pk__in=keys).delete()
        removed += len(keys)
    return removed

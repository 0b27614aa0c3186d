"""What an admin's first page says: what needs a decision, what is stale, how work goes on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q

from marketplace.domain.cbam import Quarter
from marketplace.domain.vocabulary import CertificateState
from marketplace.models import Certificate, Deal, Organisation, OutboxRow
from marketplace.selectors import cbam, rates, workers
from marketplace.selectors.rates import OldRate
from marketplace.selectors.workers import Hearing

SHOWN = 5


@dataclass(frozen=True)
class Waiting:
    """The oldest of what needs a decision, and how many there are in all."""

    rows: Sequence[Any]
    count: int


@dataclass(frozen=True)
class Queue:
    """Undone work, and since when the oldest of it is due; given up work waits for an admin."""

    undone: int
    oldest_due: datetime | None
    dead: int
    hearing: Hearing


@dataclass(frozen=True)
class Desk:
    certificates: Waiting
    organisations: Waiting
    flagged: Waiting
    dead: Waiting
    queue: Queue
    old_rates: Sequence[OldRate]
    cbam_price: Quarter | None


def desk(*, now: datetime) -> Desk:
    """In a fixed number of queries."""
    pending = Certificate.objects.filter(state=CertificateState.PENDING.value)
    unverified = Organisation.objects.filter(verified_at__isnull=True)
    dead = OutboxRow.objects.filter(dead_at__isnull=False)
    flagged = Deal.objects.filter(flagged_at__isnull=False).defer("record")
    return Desk(
        certificates=_waiting(pending.select_related("organisation").order_by("created_at", "pk")),
        organisations=_waiting(unverified.order_by("created_at", "pk")),
        flagged=_waiting(flagged.select_related("producer", "buyer").order_by("flagged_at", "pk")),
        dead=_waiting(dead.order_by("dead_at", "pk")),
        queue=_queue(now),
        old_rates=rates.old(now.date()),
        cbam_price=cbam.stale(now.date()),
    )


def _waiting(rows: Any) -> Waiting:
    return Waiting(list(rows[:SHOWN]), rows.count())


def _queue(now: datetime) -> Queue:
    undone = Q(done_at__isnull=True, dead_at__isnull=True)
    found = OutboxRow.objects.aggregate(
        undone=Count("pk", filter=undone),
        oldest=Min("due_at", filter=undone & Q(due_at__lte=now)),
        dead=Count("pk", filter=Q(dead_at__isnull=False)),
    )
    hearing = workers.together(now=now)
    return Queue(found["undone"], found["oldest"], found["dead"], hearing)

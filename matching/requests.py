"""Requests for a round: the outbox rows that ask for one, whatever change wrote them.

A round answers the rows that its snapshot saw, by their ids: a row that was written earlier but
committed later keeps asking.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import F, QuerySet
from django.db.models.functions import Greatest

from marketplace.models import OutboxRow
from marketplace.services import outbox

ON_CHANGE = outbox.ROUND
NOW = "matching.tasks.run_round_now"


def waiting() -> QuerySet[OutboxRow]:
    return OutboxRow.objects.filter(
        task__in=(ON_CHANGE, NOW), done_at__isnull=True, dead_at__isnull=True
    )


def done(ids: Sequence[int], *, now: datetime) -> None:
    waiting().filter(pk__in=ids).update(done_at=now, last_error="")


def postpone(row_id: int | None, *, until: datetime) -> None:
    """The row asks again at ``until``; being told to wait is no failed attempt."""
    waiting().filter(pk__in=[row_id], due_at__lt=until).update(
        due_at=until, attempts=Greatest(F("attempts") - 1, 0)
    )


def failed(ids: Sequence[int], *, why: str) -> None:
    """Keeps the rows waiting: the outbox rings again, later each time, and gives up in the end."""
    waiting().filter(pk__in=ids).update(last_error=why[:500])


def give_up(*, asked_before: datetime, now: datetime, why: str) -> None:
    waiting().filter(created_at__lte=asked_before).update(dead_at=now, last_error=why[:500])

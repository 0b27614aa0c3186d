"""Requests for a round: the outbox rows that ask for one, whatever change wrote them.

A round answers the rows that its snapshot saw, by their ids: a row that was written earlier but
committed later keeps asking.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import F, QuerySet

from marketplace.models import OutboxRow
from marketplace.services import outbox

ON_CHANGE = outbox.ROUND
NOW = "matching.tasks.run_round_now"


def waiting() -> QuerySet[OutboxRow]:
    return OutboxRow.objects.filter(
        task__in=(ON_CHANGE, NOW), done_at__isnull=True, dead_at__isnull=True
    )


def asked_now() -> QuerySet[OutboxRow]:
    """What admins asked for, done or not."""
    return OutboxRow.objects.filter(task=NOW)


def done(ids: Sequence[int], *, now: datetime) -> None:
    waiting().filter(pk__in=ids).update(done_at=now, last_error="")


def begun(ids: Sequence[int], *, now: datetime) -> None:
    """A round works for these: an attempt of each, unless it still rests after a failed one."""
    waiting().filter(pk__in=ids, due_at__lte=now).update(attempts=F("attempts") + 1)


def postpone(row_id: int | None, *, until: datetime) -> None:
    """The row asks again at ``until``; waiting is no attempt."""
    waiting().filter(pk__in=[row_id], due_at__lt=until).update(due_at=until)


def failed(ids: Sequence[int], *, why: str, now: datetime) -> None:
    """Keeps the rows waiting, longer each time; the outbox gives up after their last attempt."""
    rows = waiting().filter(pk__in=ids)
    rows.filter(due_at__gt=now).update(last_error=why[: outbox.LONGEST_ERROR])
    outbox.back_off(rows.filter(due_at__lte=now), why=why, now=now)


def give_up(*, asked_before: datetime, now: datetime, why: str) -> None:
    outbox.bury(waiting().filter(created_at__lte=asked_before), why=why, now=now)

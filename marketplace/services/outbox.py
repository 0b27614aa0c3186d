"""Work for after the commit. The row is the truth; Redis is rung, and may be away.

An attempt is counted when work begins: whoever works holds the row's lease. A worker that dies
leaves its lease behind; the row is rung again when that is over. Eight attempts, then it is dead.
"""

import logging
import os
import socket
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from celery import current_app
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q, QuerySet

from marketplace.domain.errors import Conflict, NotAllowed
from marketplace.models import OutboxRow, User
from marketplace.services import doorbell

logger = logging.getLogger(__name__)

ROUND = "matching.tasks.run_round"
MAX_ATTEMPTS = 8
BATCH = 500
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=10)
LOST = "Its worker was lost, the last time too."
UNKNOWN = "No worker of this version knows its task."
# So long another version may run beside this one that knows the task.
STRANGE_AFTER = timedelta(hours=1)
LONGEST_ERROR = 500
_joined: ContextVar[list[datetime] | None] = ContextVar("joined", default=None)


def add(*, task: str, argument: int | None = None, now: datetime) -> OutboxRow:
    """Write the row in the caller's transaction; ring after its commit."""
    row = OutboxRow.objects.create(task=task, argument=argument, created_at=now, due_at=now)
    transaction.on_commit(partial(ring, task, row.pk), robust=True)
    return row


def add_unless_waiting(*, task: str, rings: bool, now: datetime) -> None:
    """One waiting row for all that asks meanwhile; ``rings`` False: the sweep brings it.

    A row that waits is joined under its lock, so no worker takes it before this transaction has
    ended; one that somebody holds is left alone.
    """
    waiting = undone().select_for_update(skip_locked=True, no_key=True)
    if waiting.filter(task=task, attempts=0, leased_until__isnull=True).first() is not None:
        return
    if rings:
        add(task=task, now=now)
    else:
        OutboxRow.objects.create(task=task, created_at=now, due_at=now)


def request_round(*, now: datetime) -> None:
    """Something changed that the matching may see."""
    joined = _joined.get()
    if joined is not None:
        joined.append(now)
        return
    with transaction.atomic():
        add(task=ROUND, now=now)


@contextmanager
def one_request() -> Iterator[None]:
    """Join what asks for a round within, in one transaction, to one request at its end."""
    joined: list[datetime] = []
    token = _joined.set(joined)
    try:
        yield
    finally:
        _joined.reset(token)
    if joined:
        request_round(now=joined[-1])


def ring(task: str, row_id: int) -> None:
    """Say that the row waits: returns at once and promises nothing."""
    doorbell.ring(task, row_id)


def undone() -> QuerySet[OutboxRow]:
    return OutboxRow.objects.filter(done_at__isnull=True, dead_at__isnull=True)


def ready(now: datetime) -> QuerySet[OutboxRow]:
    """Undone rows that are due and that nobody holds."""
    return undone().filter(Q(leased_until__isnull=True) | Q(leased_until__lte=now), due_at__lte=now)


def wait_after(attempts: int) -> timedelta:
    """How long a row rests after so many failed attempts: 5 s, 10 s, ... up to 10 minutes."""
    doublings: int = 2 ** max(attempts - 1, 0)
    return min(FIRST_WAIT * doublings, LONGEST_WAIT)


def sweep(*, now: datetime) -> int:
    """Ring for the rows that wait longest, and bury those whose last attempt lost its worker.

    What was renamed or removed since it was written is given up as well: nobody will ever take it.

    Ringing counts no attempt. A row that was rung goes behind the others, so that rows which nobody
    takes never keep the bell from the rest. Rows without a lease are left to those who work on them
    by rules of their own: a round answers many at once. Returns how many were rung.
    """
    with transaction.atomic():
        waiting = ready(now).select_for_update(skip_locked=True, no_key=True)
        rows = list(waiting.order_by("due_at", "pk")[:BATCH])
        lost = {row.pk for row in rows if row.attempts >= MAX_ATTEMPTS and row.leased_until}
        strange = _strange(rows, now) - lost
        rung = [row for row in rows if row.pk not in lost | strange]
        bury(undone().filter(pk__in=lost), why=LOST, now=now)
        bury(undone().filter(pk__in=strange), why=UNKNOWN, now=now)
        undone().filter(pk__in=[row.pk for row in rung]).update(due_at=now)
    for row in rung:
        ring(row.task, row.pk)
    return len(rung)


def _strange(rows: Sequence[OutboxRow], now: datetime) -> set[int]:
    unknown = [row for row in rows if row.task not in current_app.tasks]
    if unknown:
        # A process that is no worker has not looked for its tasks yet.
        current_app.loader.import_default_modules()
    old = [row for row in unknown if row.created_at <= now - STRANGE_AFTER]
    return {row.pk for row in old if row.task not in current_app.tasks}


def claim(row_id: int, now: datetime, by: str) -> OutboxRow | None:
    """Take the row's lease and count the attempt. None: done, dead, held, or not due yet."""
    lease = timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)
    taken = (
        ready(now)
        .filter(pk=row_id, attempts__lt=MAX_ATTEMPTS)
        .update(leased_until=now + lease, leased_by=by[:100], attempts=F("attempts") + 1)
    )
    return OutboxRow.objects.get(pk=row_id) if taken else None


def hold(row: OutboxRow, now: datetime) -> None:
    """Whoever still works on a claimed row keeps it: no sweep rings for it meanwhile."""
    lease = timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)
    undone().filter(pk=row.pk, attempts=row.attempts).update(leased_until=now + lease)


def done(row_id: int, now: datetime) -> None:
    """A handler may call this in the transaction of its own effect, which then happens once."""
    undone().filter(pk=row_id).update(done_at=now, leased_until=None, last_error="")


def failed(row_id: int, error: str, now: datetime, attempt: int | None = None) -> None:
    """Let go of the row: it waits longer each time, and is dead after its last attempt.

    ``attempt`` is the one that failed: who lost the lease meanwhile says nothing any more.
    """
    rows = undone().filter(pk=row_id)
    if attempt is not None:
        rows = rows.filter(attempts=attempt)
    back_off(rows, why=error, now=now)


def back_off(rows: QuerySet[OutboxRow], *, why: str, now: datetime) -> None:
    """Have rows wait after their counted attempt; bury those that have none left."""
    # From the top, because what was buried is no longer among the undone.
    bury(rows.filter(attempts__gte=MAX_ATTEMPTS), why=why, now=now)
    for attempts in range(MAX_ATTEMPTS):
        rows.filter(attempts=attempts).update(
            due_at=now + wait_after(attempts), leased_until=None, last_error=why[:LONGEST_ERROR]
        )


def bury(rows: QuerySet[OutboxRow], *, why: str, now: datetime) -> None:
    """Give up: nothing rings for these any more, until an admin has them tried again."""
    ids = list(rows.values_list("pk", flat=True))
    if undone().filter(pk__in=ids).update(dead_at=now, last_error=why[:LONGEST_ERROR]):
        logger.error("outbox rows %s: given up. %s", ids, why)


def work(row_id: int, handler: Callable[[OutboxRow], object], now: datetime) -> bool:
    """Claim the row, have it handled, note how that ended. False when there was nothing to do.

    The handler opens its own transactions. It may run twice: after a lost worker, or beside one
    that needs longer than the lease.
    """
    row = claim(row_id, now, by=f"{socket.gethostname()}:{os.getpid()}")
    if row is None:
        return False
    try:
        handler(row)
    except Exception as error:  # noqa: BLE001 - a job that fails is tried again, not lost
        why = _words(error)
        logger.error("outbox row %s, %s, attempt %d: %s", row.pk, row.task, row.attempts, why)  # noqa: TRY400
        connection.close_if_unusable_or_obsolete()
        failed(row.pk, why, now, attempt=row.attempts)
        return True
    done(row.pk, now)
    return True


def _words(error: Exception) -> str:
    """What failed, and where. PostgreSQL's own words may hold a row's values, secret ones too."""
    name = type(error).__name__
    said = name if isinstance(error, DatabaseError) else f"{name}: {error}"
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{said} ({Path(frame.filename).name}:{frame.lineno})"


def retry(*, row_id: int, by: User, now: datetime) -> None:
    """An admin has a dead row tried again, from its first attempt. Conflict: it is not dead."""
    if not by.is_staff:
        raise NotAllowed
    with transaction.atomic():
        dead = OutboxRow.objects.filter(pk=row_id, dead_at__isnull=False)
        row = dead.select_for_update(no_key=True).first()
        if row is None:
            raise Conflict
        dead.update(attempts=0, dead_at=None, due_at=now, leased_until=None, last_error="")
        transaction.on_commit(partial(ring, row.task, row.pk), robust=True)
    logger.info("outbox row %s: tried again, asked by user %s", row_id, by.pk)

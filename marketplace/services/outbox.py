"""Work for after the commit. The row is the truth; Redis is rung, and may be away."""

import logging
import threading
from datetime import datetime, timedelta
from functools import partial

from celery import current_app
from django.conf import settings
from django.db import transaction

from marketplace.models import OutboxRow

logger = logging.getLogger(__name__)

ROUND = "matching.tasks.run_round"
MAX_ATTEMPTS = 8
BATCH = 100
FIRST_WAIT = timedelta(seconds=5)


def add(*, task: str, argument: int | None = None, now: datetime) -> OutboxRow:
    """Write the row in the caller's transaction; ring after its commit."""
    row = OutboxRow.objects.create(task=task, argument=argument, created_at=now, due_at=now)
    transaction.on_commit(partial(ring, task, row.pk), robust=True)
    return row


def request_round(*, now: datetime) -> None:
    """Something changed that the matching may see."""
    with transaction.atomic():
        add(task=ROUND, now=now)


def sweep(*, now: datetime) -> int:
    """Ring again for rows that are due and undone, later each time; give up after 8 attempts."""
    with transaction.atomic():
        rows = list(
            OutboxRow.objects.select_for_update(skip_locked=True)
            .filter(done_at__isnull=True, dead_at__isnull=True, due_at__lte=now)
            .order_by("due_at", "pk")[:BATCH]
        )
        alive = [row for row in rows if row.attempts < MAX_ATTEMPTS]
        for row in rows:
            if row.attempts >= MAX_ATTEMPTS:
                row.dead_at = now
                row.last_error = row.last_error or "No attempt succeeded."
                logger.error("outbox row %s: given up, %s", row.pk, row.task)
            else:
                row.due_at = now + FIRST_WAIT * 2**row.attempts
                row.attempts += 1
        OutboxRow.objects.bulk_update(rows, ["attempts", "due_at", "dead_at", "last_error"])
    for row in alive:
        ring(row.task, row.pk)
    return len(alive)


def ring(task: str, row_id: int) -> None:
    """Send the task's name and the row's id. Never waits longer than REDIS_TIMEOUT_SECONDS.

    A thread of its own, because a Redis that accepts and then says nothing holds its caller.
    """
    bell = threading.Thread(target=_send, args=(task, row_id), name="doorbell", daemon=True)
    bell.start()
    bell.join(settings.REDIS_TIMEOUT_SECONDS)


def _send(task: str, row_id: int) -> None:
    patience = settings.REDIS_TIMEOUT_SECONDS
    options = {
        "socket_timeout": patience,
        "socket_connect_timeout": patience,
        "max_retries": 0,
    }
    try:
        with current_app.connection_for_write(transport_options=options) as connection:
            current_app.send_task(task, args=[row_id], connection=connection, retry=False)
    except Exception as error:  # noqa: BLE001 - whatever the broker does, the sweep rings again
        kind = type(error).__name__
        logger.warning("the broker is away (%s); the sweep rings for row %s", kind, row_id)

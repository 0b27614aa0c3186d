"""Tells how far a worker is while its own transaction is still open, and keeps its work its own."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import DatabaseError, connection

from marketplace.models import ImportJob, OutboxRow
from marketplace.services import outbox

logger = logging.getLogger(__name__)

SECONDS_BETWEEN = 1.0
Clock = Callable[[], datetime]


class Progress:
    """How many rows are done; whoever works raises it."""

    done = 0


@contextmanager
def shown(job_id: int, row: OutboxRow, clock: Clock) -> Iterator[Progress]:
    """Write the progress and hold the outbox row, from a thread with a connection of its own."""
    progress, stop = Progress(), threading.Event()

    def tell() -> None:
        try:
            ImportJob.objects.filter(pk=job_id).update(rows_done=progress.done)
            outbox.hold(row, clock())
        except DatabaseError:
            logger.warning("import %s: progress not written", job_id, exc_info=True)
        finally:
            connection.close()

    def telling() -> None:
        while not stop.wait(SECONDS_BETWEEN):
            tell()

    teller = threading.Thread(target=telling, name="import-progress", daemon=True)
    teller.start()
    try:
        yield progress
    finally:
        stop.set()
        teller.join()

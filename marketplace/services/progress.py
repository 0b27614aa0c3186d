"""Tells how far a worker is while its own transaction is still open, and keeps its work its own."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import DatabaseError, connection

from marketplace.models import ExportJob, ImportJob, OutboxRow
from marketplace.services import outbox

logger = logging.getLogger(__name__)

SECONDS_BETWEEN = 1.0
Clock = Callable[[], datetime]


class Progress:
    """How many rows are done; whoever works raises it."""

    done = 0


@contextmanager
def shown(job: ImportJob | ExportJob, row: OutboxRow, clock: Clock) -> Iterator[Progress]:
    """Write the progress and hold the outbox row, from a thread with a connection of its own."""
    progress, stop = Progress(), threading.Event()
    kept = type(job)._default_manager

    def tell() -> None:
        try:
            kept.filter(pk=job.pk).update(rows_done=progress.done)
            outbox.hold(row, clock())
        except DatabaseError:
            logger.warning(
                "%s %s: progress not written", kept.model.__name__, job.pk, exc_info=True
            )
        finally:
            connection.close()

    def telling() -> None:
        while not stop.wait(SECONDS_BETWEEN):
            tell()

    teller = threading.Thread(target=telling, name="progress", daemon=True)
    teller.start()
    try:
        yield progress
    finally:
        stop.set()
        teller.join()

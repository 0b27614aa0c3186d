"""Tells the broker that work waits, from a thread of its own: whoever rings never waits for Redis.

What can't be told is dropped: the outbox's sweep rings again.
"""

import atexit
import logging
import os
import threading
import time

from celery import current_app
from django.conf import settings

logger = logging.getLogger(__name__)

LONGEST_QUEUE = 10_000
SECONDS_BETWEEN_WARNINGS = 30.0
Ring = tuple[str, int]


class Doorbell:
    """Rings that wait to be sent, each once, and the one thread that sends them."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        # A dictionary keeps the order and each ring once.
        self._waiting: dict[Ring, None] = {}
        self._sending = False
        self._thread: threading.Thread | None = None
        self._warned_at = -SECONDS_BETWEEN_WARNINGS
        self._dropped = 0

    def ring(self, task: str, row_id: int) -> None:
        """Returns at once, whatever Redis does."""
        with self._changed:
            if len(self._waiting) >= LONGEST_QUEUE and (task, row_id) not in self._waiting:
                self._drop(1, "too many rings wait")
                return
            self._waiting[task, row_id] = None
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="doorbell", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def finish(self, seconds: float) -> bool:
        """Wait until everything is sent or dropped; False when ``seconds`` did not suffice."""
        with self._changed:
            return self._changed.wait_for(
                lambda: not self._waiting and not self._sending, timeout=seconds
            )

    def _work(self) -> None:
        while True:
            with self._changed:
                self._sending = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: bool(self._waiting))
                rings, self._waiting, self._sending = list(self._waiting), {}, True
            try:
                _send(rings)
            except Exception as error:  # noqa: BLE001 - whatever the broker does, the sweep rings
                with self._changed:
                    self._drop(len(rings), f"the broker is away ({type(error).__name__})")

    def _drop(self, rings: int, why: str) -> None:
        """Count what is dropped; one warning in a while, not one for each."""
        self._dropped += rings
        if time.monotonic() - self._warned_at >= SECONDS_BETWEEN_WARNINGS:
            logger.warning("%s: %d rings dropped; the sweep rings again", why, self._dropped)
            self._warned_at, self._dropped = time.monotonic(), 0


def _send(rings: list[Ring]) -> None:
    """Send each task's name and row id over one connection that waits for nothing long."""
    patience = settings.REDIS_TIMEOUT_SECONDS
    options = {
        "socket_timeout": patience,
        "socket_connect_timeout": patience,
        "max_retries": 0,
    }
    with current_app.connection_for_write(transport_options=options) as connection:
        for task, row_id in rings:
            current_app.send_task(task, args=[row_id], connection=connection, retry=False)


_bell = Doorbell()


def ring(task: str, row_id: int) -> None:
    _bell.ring(task, row_id)


def _begin_anew() -> None:
    """A forked child has no thread, and maybe a lock that nobody holds; its parent still rings."""
    global _bell  # noqa: PLW0603 - one bell for each process
    _bell = Doorbell()


def _say_goodbye() -> None:
    """A command's rings usually get out; a Redis that is away holds its end for this long only."""
    _bell.finish(settings.REDIS_TIMEOUT_SECONDS)


os.register_at_fork(after_in_child=_begin_anew)
atexit.register(_say_goodbye)

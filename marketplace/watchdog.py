"""Each worker process beats for itself, and ends itself when it is alive but deaf.

Celery imports this in the worker (`imports` in celery.py) and calls it by its signals. A thread
beats, because a worker that hears no message runs no task either.
"""

import logging
import os
import socket
import threading
import time
from datetime import datetime, timedelta

import redis
from celery import signals
from celery.worker import state
from celery.worker.consumer import Consumer
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone
from redis.backoff import NoBackoff
from redis.retry import Retry

from marketplace.services import heartbeat, outbox

logger = logging.getLogger(__name__)

# EX_SOFTWARE: the supervisor sees that this was no stop in good order.
DEAF = 70
PATIENCE_SECONDS = 10.0


class Watch:
    """One process' beats, and how long it has been deaf.

    Deaf is who is idle and hears nothing, while Redis answers, messages wait there, and work in the
    outbox is overdue. Any look at which one of these does not hold starts the count anew, so that
    neither an idle market, nor a Redis that hangs, nor other workers that take all ends a worker.
    """

    def __init__(self, *, queue: str, now: datetime) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self._queue, self._started_at = queue, now
        self._heard_at: datetime | None = None
        self._well_at = time.monotonic()
        self._stop = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def hear(self, now: datetime) -> None:
        self._heard_at, self._well_at = now, time.monotonic()

    def stop(self) -> None:
        self._stop.set()

    def _watch(self) -> None:
        while not self._stop.is_set():
            try:
                self._look(timezone.now())
            except (DatabaseError, InterfaceError):
                logger.warning("watchdog: the database does not answer", exc_info=True)
                self._well_at = time.monotonic()
            finally:
                connection.close()
            self._stop.wait(settings.HEARTBEAT_SECONDS)

    def _look(self, now: datetime) -> None:
        if state.active_requests:
            self.hear(now)
        heartbeat.beat(
            name=self.name, started_at=self._started_at, heard_at=self._heard_at, now=now
        )
        if not (self._messages_wait() and _overdue(now)):
            self._well_at = time.monotonic()
        elif time.monotonic() - self._well_at > settings.DEAF_AFTER_SECONDS:
            self._end()

    def _messages_wait(self) -> bool:
        """Whether anything waits in the queue; a Redis that does not answer has nothing to say."""
        patience = settings.REDIS_TIMEOUT_SECONDS
        try:
            with redis.Redis.from_url(
                settings.REDIS_URL,
                socket_timeout=patience,
                socket_connect_timeout=patience,
                retry=Retry(NoBackoff(), 0),
            ) as client:
                return bool(client.llen(self._queue))
        except (redis.RedisError, OSError):
            return False

    def _end(self) -> None:
        """Leave in good order, with an exit code that says why; by force if that takes too long."""
        logger.critical(
            "watchdog: no message heard for %s s, while Redis answers and work is overdue."
            " This worker ends, so that its supervisor starts it anew",
            settings.DEAF_AFTER_SECONDS,
        )
        state.should_stop = DEAF
        time.sleep(PATIENCE_SECONDS)
        logging.shutdown()
        os._exit(DEAF)


def _overdue(now: datetime) -> bool:
    """Whether work that is due and free has been waiting for as long as makes a worker deaf."""
    long_ago = now - timedelta(seconds=settings.DEAF_AFTER_SECONDS)
    return outbox.ready(now).filter(created_at__lte=long_ago).exists()


_watches: list[Watch] = []


@signals.worker_ready.connect  # type: ignore[untyped-decorator]
def begin(sender: Consumer, **_more: object) -> None:
    """The worker's main process listens to the broker now."""
    watch = Watch(queue=sender.app.conf.task_default_queue, now=timezone.now())
    _watches.append(watch)
    watch.start()


@signals.task_received.connect  # type: ignore[untyped-decorator]
@signals.task_unknown.connect  # type: ignore[untyped-decorator]
def heard(**_more: object) -> None:
    for watch in _watches:
        watch.hear(timezone.now())


@signals.worker_shutdown.connect  # type: ignore[untyped-decorator]
def end(**_more: object) -> None:
    for watch in _watches:
        watch.stop()
        heartbeat.gone(name=watch.name)

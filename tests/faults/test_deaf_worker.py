"""A worker that is alive but hears nothing ends itself; one that has no reason to stays."""

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
import redis
from django.conf import settings
from django.utils import timezone

from marketplace import watchdog
from marketplace.models import Heartbeat, OutboxRow
from tests import processes

pytestmark = pytest.mark.django_db(transaction=True)

DEAF = {"DEAF_AFTER_SECONDS": "3", "HEARTBEAT_SECONDS": "0.5"}
# Its beat sends to the usual queue, and it listens to another one.
LISTENS_ELSEWHERE = ("--queues", "nobody")


@pytest.fixture(autouse=True)
def broker() -> Iterator["redis.Redis"]:
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.flushdb()
    yield client
    client.flushdb()
    client.close()


def overdue_row() -> OutboxRow:
    asked = timezone.now() - timedelta(minutes=1)
    return OutboxRow.objects.create(
        task="marketplace.tasks.sweep_outbox", created_at=asked, due_at=asked
    )


def beats() -> bool:
    return Heartbeat.objects.exists()


def has_ended(worker: processes.Process) -> bool:
    return worker.process.poll() is not None


def test_a_deaf_worker_ends_itself_and_says_why() -> None:
    row = overdue_row()

    with processes.running(*LISTENS_ELSEWHERE, environment=DEAF) as worker:
        processes.wait_for(beats, seconds=90, worker=worker)
        processes.wait_for(lambda: has_ended(worker), seconds=60, worker=worker)

        assert worker.process.returncode == watchdog.DEAF, worker.log
        assert "CRITICAL" in worker.log
        assert "no message heard for 3.0 s" in worker.log
    row.refresh_from_db()
    assert (row.attempts, row.dead_at) == (0, None)
    assert not beats(), "one that ends in good order is not missed"


def test_control_with_nothing_due_it_stays() -> None:
    with processes.running(*LISTENS_ELSEWHERE, environment=DEAF) as worker:
        processes.wait_for(beats, seconds=90, worker=worker)
        time.sleep(6)

        assert not has_ended(worker), worker.log


def test_control_one_that_hears_stays_whatever_is_overdue() -> None:
    """The row's task leaves it undone, so it stays overdue."""
    overdue_row()

    with processes.running(environment=DEAF) as worker:
        processes.wait_for(beats, seconds=90, worker=worker)
        time.sleep(6)

        assert not has_ended(worker), worker.log
        assert Heartbeat.objects.get().heard_at is not None


def test_a_redis_that_hangs_ends_no_worker(broker: "redis.Redis") -> None:
    overdue_row()

    with processes.running(*LISTENS_ELSEWHERE, environment=DEAF) as worker:
        processes.wait_for(beats, seconds=90, worker=worker)
        broker.client_pause(8000)
        time.sleep(7)
        assert not has_ended(worker), worker.log
        assert "CRITICAL" not in worker.log

        processes.wait_for(lambda: has_ended(worker), seconds=60, worker=worker)
        assert worker.process.returncode == watchdog.DEAF, worker.log

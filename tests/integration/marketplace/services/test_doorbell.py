"""The doorbell: who rings never waits, every ring is sent once, and a fork begins anew."""

import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from marketplace import celery
from marketplace.services import doorbell
from marketplace.services.doorbell import Doorbell

QUEUE = "celery"


@pytest.fixture
def broker(settings: Any) -> Iterator["redis.Redis"]:
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.delete(QUEUE)
    yield client
    client.delete(QUEUE)
    client.close()


@pytest.fixture
def hung(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[None]:
    """A broker that accepts connections and never says anything."""
    settings.REDIS_TIMEOUT_SECONDS = 0.2
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(100)
        port = listener.getsockname()[1]
        monkeypatch.setattr(celery.app.conf, "broker_write_url", f"redis://127.0.0.1:{port}/0")
        yield


def test_rings_reach_the_broker(broker: "redis.Redis") -> None:
    bell = Doorbell()

    bell.ring("some.task", 1)
    bell.ring("some.task", 2)

    assert bell.finish(5)
    assert broker.llen(QUEUE) == 2


def test_a_ring_that_waits_already_is_sent_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[tuple[str, int]] = []
    begun, go_on = threading.Event(), threading.Event()

    def slowly(rings: list[tuple[str, int]]) -> None:
        begun.set()
        go_on.wait(5)
        sent.extend(rings)

    monkeypatch.setattr(doorbell, "_send", slowly)
    bell = Doorbell()
    bell.ring("first", 1)
    assert begun.wait(5)
    for _time in range(3):
        bell.ring("some.task", 2)
    go_on.set()

    assert bell.finish(5)
    assert sent == [("first", 1), ("some.task", 2)]


def test_nobody_waits_for_a_broker_that_hangs_and_one_warning_is_enough(
    hung: None, caplog: pytest.LogCaptureFixture
) -> None:
    bell = Doorbell()
    before = time.monotonic()
    for row in range(1_000):
        bell.ring("some.task", row)
    assert time.monotonic() - before < 0.5

    assert bell.finish(10)
    bell.ring("some.task", 1)
    assert bell.finish(10)

    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len([one for one in warnings if "rings dropped" in one.getMessage()]) == 1


def test_a_full_queue_drops(hung: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorbell, "LONGEST_QUEUE", 10)
    bell = Doorbell()

    for row in range(1_000):
        bell.ring("some.task", row)

    assert len(bell._waiting) <= 10
    assert bell.finish(10)


def test_a_command_that_ends_at_once_has_rung(broker: "redis.Redis") -> None:
    script = (
        "import django; django.setup()\n"
        "from marketplace.services import outbox; outbox.ring('some.task', 1)\n"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "marketplace.settings"}

    subprocess.run([sys.executable, "-c", script], check=True, timeout=60, env=environment)

    assert broker.llen(QUEUE) == 1


def test_a_forked_process_rings_with_a_bell_of_its_own(broker: "redis.Redis") -> None:
    script = (
        "import django; django.setup()\n"
        "import os\n"
        "from marketplace.services import doorbell\n"
        "doorbell.ring('some.task', 1)\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    doorbell.ring('some.task', 2)\n"
        "    assert doorbell._bell.finish(5)\n"
        "    os._exit(0)\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "marketplace.settings"}

    subprocess.run([sys.executable, "-c", script], check=True, timeout=60, env=environment)

    assert broker.llen(QUEUE) == 2

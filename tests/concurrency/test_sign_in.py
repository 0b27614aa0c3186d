"""Guesses of a password at the same moment: the limit counts all of them (C10)."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from tests.factories import market as made
from tests.factories.races import at_once
from tests.figures import attack

pytestmark = [pytest.mark.django_db(transaction=True), attack("C10")]
GUESSES, ALLOWED = 16, 5


@pytest.fixture(autouse=True)
def _nothing_counted() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def looked_at() -> int:
    """How many of the guesses were compared with the password; each comes from its own address."""
    trader = made.trader(side="buyer", by=made.admin(now=timezone.now()))

    def guess(number: int) -> bytes:
        client = Client(REMOTE_ADDR=f"198.51.100.{number}")
        said = {"login": trader.user.email, "password": f"wrong {number}"}
        content: bytes = client.post("/login", said).content
        return content

    answers: list[Any] = at_once([partial(guess, number) for number in range(GUESSES)])
    return sum(b"Too many" not in one for one in answers)


def test_guesses_at_once_are_counted_one_by_one() -> None:
    assert 1 <= looked_at() <= ALLOWED


def test_control_without_the_lock_more_guesses_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def unlocked(_key: str) -> Iterator[bool]:
        yield True

    def slow(*arguments: Any, **options: Any) -> None:
        time.sleep(0.05)
        keep(*arguments, **options)

    keep = cache.set
    monkeypatch.setattr(ratelimit, "cache_lock", unlocked)
    monkeypatch.setattr(ratelimit.cache, "set", slow, raising=False)
    assert looked_at() > ALLOWED

"""A market whose people post, a broker of one's own, and the oracle after each fault."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from marketplace.models import Lot, OutboxRow, Proposal, Requirement
from matching import requests
from matching.models import Match, MatchingRound, Shortfall
from tests.conftest import empty
from tests.factories import market as made
from tests.factories.offers import books_balance


class World:
    """An admin, a producer with a certificate, a buyer; they post through the services."""

    def __init__(self) -> None:
        self.admin = made.admin(now=timezone.now())
        self.producer = made.trader(side="producer", by=self.admin)
        self.buyer = made.trader(side="buyer", by=self.admin)
        self.certificate = made.certificate(self.producer, by=self.admin, certified_t="5000000")

    def lot(self, **raw: Any) -> Lot:
        return made.lot(self.producer, self.certificate, **raw)

    def requirement(self, **raw: Any) -> Requirement:
        return made.requirement(self.buyer, **raw)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(autouse=True)
def broker() -> Iterator["redis.Redis"]:
    """The real Redis, empty before and after."""
    # Patient: what is judged is the market's patience with Redis, not the test's own.
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=30)
    client.flushdb()
    yield client
    client.flushdb()
    client.close()


@pytest.fixture(autouse=True)
def oracle(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each fault: the books balance, and nothing has waited for two minutes.

    Not where an attack leaves the database alone: then it may not even be there.
    """
    yield
    uses_database = request.node.get_closest_marker("django_db") is not None
    if uses_database and "control" not in request.node.name:
        sound()


def sound() -> None:
    books_balance()
    old = OutboxRow.objects.filter(created_at__lt=timezone.now() - timedelta(seconds=120))
    late = old.filter(done_at__isnull=True, dead_at__isnull=True)
    assert not late.exists(), list(late.values_list("task", "attempts", "last_error"))


@pytest.fixture
def emptied(owner_url: str) -> Callable[[], None]:
    """Empty all tables between two runs of one test."""
    return lambda: empty(owner_url)


@contextmanager
def locked(table: str, mode: str) -> Iterator[None]:
    """Hold a table so that a round stops in front of reading it, or in front of writing it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {table} IN {mode} MODE")
        yield


def proposed() -> int:
    return Proposal.objects.count()


def nothing_waits() -> bool:
    return not requests.waiting().exists()


def all_is_done() -> bool:
    """Notices too, which wait a while for others to go with them."""
    return not OutboxRow.objects.filter(done_at__isnull=True, dead_at__isnull=True).exists()


def unconsidered() -> set[int]:
    """Lots that no published round has looked at."""
    published = MatchingRound.objects.filter(state="PUBLISHED")
    matched = Match.objects.filter(round__in=published).values_list("lot_id", flat=True)
    told = Shortfall.objects.filter(round__in=published, lot__isnull=False)
    return (
        set(Lot.objects.values_list("pk", flat=True))
        - set(matched)
        - set(told.values_list("lot_id", flat=True))
    )

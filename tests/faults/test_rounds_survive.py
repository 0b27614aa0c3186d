"""Rounds by real worker processes: nothing asked for is lost, nothing is offered twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from marketplace.models import Lot, Proposal, Requirement
from matching import claims, requests
from matching.models import MatchingRound
from tests import processes
from tests.factories import market as made

pytestmark = pytest.mark.django_db(transaction=True)

State = MatchingRound.State


@pytest.fixture
def world() -> Any:
    class World:
        admin = made.admin(now=timezone.now())
        producer = made.trader(side="producer", by=admin)
        buyer = made.trader(side="buyer", by=admin)
        certificate = made.certificate(producer, by=admin)

        def lot(self, **raw: Any) -> Lot:
            return made.lot(self.producer, self.certificate, **raw)

        def requirement(self, **raw: Any) -> Requirement:
            return made.requirement(self.buyer, **raw)

    return World()


@pytest.fixture(autouse=True)
def broker() -> Iterator["redis.Redis"]:
    """The real Redis, empty before and after."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.flushall()
    yield client
    client.flushall()
    client.close()


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


def at_work(*states: str) -> bool:
    return MatchingRound.objects.filter(state__in=states).exists()


def nothing_is_offered_twice() -> bool:
    oversold = Lot.objects.filter(quantity_kg__lt=F("reserved_kg") + F("sold_kg"))
    return not oversold.exists() and proposed() == len(
        set(Proposal.objects.values_list("lot_id", "requirement_id"))
    )


def test_posting_leads_to_a_proposal_without_anybody_asking(world: Any) -> None:
    with processes.running() as worker:
        world.lot()
        world.requirement()

        processes.wait_for(proposed, worker=worker)
        processes.wait_for(nothing_waits, worker=worker)

    assert Proposal.objects.get().quantity_kg == 500_000


def test_a_flushed_redis_loses_nothing(world: Any, broker: "redis.Redis") -> None:
    world.lot()
    world.requirement()
    broker.flushall()

    with processes.running() as worker:
        processes.wait_for(proposed, seconds=20, worker=worker)


def test_a_worker_killed_before_the_snapshot_is_replaced(world: Any) -> None:
    world.lot()
    world.requirement()
    with locked("marketplace_lotcertificate", "ACCESS EXCLUSIVE"), processes.running() as worker:
        processes.wait_for(lambda: at_work(State.RUNNING), worker=worker)
        worker.kill()

    with processes.running() as second:
        processes.wait_for(nothing_waits, seconds=60, worker=second)

    states = list(MatchingRound.objects.order_by("pk").values_list("state", flat=True)[:2])
    assert states == [State.ABANDONED, State.PUBLISHED]
    assert (proposed(), nothing_is_offered_twice()) == (1, True)


def test_a_worker_killed_while_publishing_is_replaced_and_nothing_is_doubled(world: Any) -> None:
    for tonnes in ("100", "150", "250"):
        world.requirement(volume_t=tonnes)
    world.lot()
    with locked("marketplace_proposal", "SHARE"), processes.running() as worker:
        processes.wait_for(lambda: at_work(State.SOLVED), worker=worker)
        worker.kill()

    with processes.running() as second:
        processes.wait_for(nothing_waits, seconds=60, worker=second)

    ran = MatchingRound.objects.get(state=State.PUBLISHED)
    assert (ran.attempt, ran.proposals_opened) == (2, 3)
    assert (proposed(), nothing_is_offered_twice()) == (3, True)


def test_two_workers_run_one_round_for_one_change(world: Any) -> None:
    with processes.running() as first, processes.running():
        world.lot()
        world.requirement()

        processes.wait_for(proposed, worker=first)
        processes.wait_for(nothing_waits, worker=first)

    assert (proposed(), nothing_is_offered_twice()) == (1, True)
    assert MatchingRound.objects.exclude(state=State.PUBLISHED).count() == 0


def test_a_round_that_keeps_killing_its_worker_stops(world: Any) -> None:
    world.lot()
    MatchingRound.objects.create(
        trigger="CHANGE",
        attempt=claims.MAX_ATTEMPTS,
        started_at=timezone.now(),
        lease_until=timezone.now(),
    )

    with processes.running() as worker:
        processes.wait_for(lambda: at_work(State.FAILED), worker=worker)
        processes.wait_for(nothing_waits, worker=worker)

    assert proposed() == 0

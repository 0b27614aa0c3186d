"""Rounds by real worker processes: nothing asked for is lost, nothing is offered twice."""

import pytest
from django.db.models import F
from django.utils import timezone

from marketplace.models import Lot, Proposal
from matching import claims
from matching.models import MatchingRound
from tests import processes
from tests.faults.conftest import World, locked, nothing_waits, proposed

pytestmark = pytest.mark.django_db(transaction=True)

State = MatchingRound.State


def at_work(*states: str) -> bool:
    return MatchingRound.objects.filter(state__in=states).exists()


def nothing_is_offered_twice() -> bool:
    oversold = Lot.objects.filter(quantity_kg__lt=F("reserved_kg") + F("sold_kg"))
    return not oversold.exists() and proposed() == len(
        set(Proposal.objects.values_list("lot_id", "requirement_id"))
    )


def test_posting_leads_to_a_proposal_without_anybody_asking(world: World) -> None:
    with processes.running() as worker:
        world.lot()
        world.requirement()

        processes.wait_for(proposed, worker=worker)
        processes.wait_for(nothing_waits, worker=worker)

    assert Proposal.objects.get().quantity_kg == 500_000


def test_a_worker_killed_before_the_snapshot_is_replaced(world: World) -> None:
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


def test_a_worker_killed_while_publishing_is_replaced_and_nothing_is_doubled(world: World) -> None:
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


def test_two_workers_run_one_round_for_one_change(world: World) -> None:
    with processes.running() as first, processes.running():
        world.lot()
        world.requirement()

        processes.wait_for(proposed, worker=first)
        processes.wait_for(nothing_waits, worker=first)

    assert (proposed(), nothing_is_offered_twice()) == (1, True)
    assert MatchingRound.objects.exclude(state=State.PUBLISHED).count() == 0


def test_a_round_that_keeps_killing_its_worker_stops(world: World) -> None:
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

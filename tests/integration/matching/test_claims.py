"""One round at a time: claims, lost owners, lost workers, and failures that are asked again."""

import threading
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from marketplace.models import OutboxRow, Proposal
from marketplace.services import proposals
from matching import claims, engine, publish, requests, services, snapshots
from matching.claims import Busy, Claim
from matching.models import MatchingRound
from tests.integration.matching.conftest import Clock, World, ask

pytestmark = pytest.mark.django_db(transaction=True)

State = MatchingRound.State


def undone() -> int:
    return requests.waiting().count()


def test_two_at_once_are_one_round(world: World, clock: Clock) -> None:
    world.lot()
    world.requirement()
    barrier = threading.Barrier(4)

    def asking() -> None:
        barrier.wait()
        try:
            ask(clock)
        finally:
            connection.close()

    threads = [threading.Thread(target=asking) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert MatchingRound.objects.count() == 1
    assert Proposal.objects.count() == 1


def claim(clock: Clock) -> Claim | Busy | None:
    with transaction.atomic():
        return claims.claim(trigger=MatchingRound.Trigger.CHANGE, now=clock())


def test_a_round_at_work_makes_others_wait_without_counting_an_attempt(
    world: World, clock: Clock
) -> None:
    world.lot()
    held = claim(clock)
    assert isinstance(held, Claim)
    row = requests.waiting().first()
    assert row is not None
    OutboxRow.objects.filter(pk=row.pk).update(attempts=3)
    clock.forward(seconds=10)

    assert services.run_on_change(row_id=row.pk, clock=clock) is None

    row.refresh_from_db()
    assert row.due_at == MatchingRound.objects.get().lease_until
    assert row.attempts == 3


def test_a_lost_round_is_run_anew_and_its_former_owner_writes_nothing(
    world: World, clock: Clock
) -> None:
    world.lot()
    world.requirement()
    lost = claim(clock)
    assert isinstance(lost, Claim)
    snapshot = snapshots.take(now=clock())
    clock.forward(minutes=5)

    ask(clock)

    assert Proposal.objects.count() == 1
    states = list(MatchingRound.objects.order_by("pk").values_list("state", "attempt"))
    assert states == [(State.ABANDONED, 1), (State.PUBLISHED, 2)]
    with pytest.raises(claims.LostRound):
        publish.begin(lost, snapshot)


def test_a_deadlock_while_publishing_costs_no_takeover(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.requirement(volume_t="100")
    world.lot()
    opened, victims = proposals.open_bundles, [1]

    def victim_once(**given: Any) -> list[proposals.Opened]:
        found = opened(**given)
        if victims:
            victims.pop()
            with connection.cursor() as cursor:
                cursor.execute("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40P01'; END $$")
        return found

    monkeypatch.setattr(proposals, "open_bundles", victim_once)

    ask(clock)

    ran = MatchingRound.objects.get()
    assert (ran.state, ran.attempt, ran.proposals_opened) == (State.PUBLISHED, 1, 1)


def test_a_round_lost_while_publishing_is_published_further(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "MAX_PROPOSALS", 1)
    for tonnes in ("100", "150", "250"):
        world.requirement(volume_t=tonnes)
    world.lot()
    opened = publish._publish_some

    def dies_after_one(held: Claim, clock: Clock) -> bool:
        if Proposal.objects.exists():
            raise SystemExit
        return opened(held, clock)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(publish, "_publish_some", dies_after_one)
        ask(clock)
    assert MatchingRound.objects.get().state == State.SOLVED
    assert Proposal.objects.count() == 1
    clock.forward(minutes=5)

    ask(clock)

    ran = MatchingRound.objects.get()
    assert (ran.state, ran.attempt, ran.proposals_opened) == (State.PUBLISHED, 2, 3)
    assert sum(Proposal.objects.values_list("quantity_kg", flat=True)) == 500_000
    assert undone() == 0


def test_a_round_that_loses_every_worker_stops_and_shows_it(world: World, clock: Clock) -> None:
    world.lot()
    for _attempt in range(claims.MAX_ATTEMPTS):
        assert isinstance(claim(clock), Claim)
        clock.forward(minutes=5)

    assert claim(clock) is None

    latest = MatchingRound.objects.order_by("-pk")[0]
    assert (latest.state, latest.attempt) == (State.FAILED, claims.MAX_ATTEMPTS)
    assert undone() == 0
    dead = OutboxRow.objects.filter(task=requests.ON_CHANGE, dead_at__isnull=False)
    assert "worker was lost" in dead[0].last_error


def test_an_engine_failure_is_told_and_asked_again(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.lot()

    def broken(*_args: object, **_options: object) -> None:
        raise RuntimeError("no solution")

    monkeypatch.setattr(engine, "solve", broken)
    ask(clock)

    failed = MatchingRound.objects.get()
    assert (failed.state, failed.detail) == (State.FAILED, "RuntimeError: no solution")
    row = requests.waiting().first()
    assert row is not None
    assert "Failed" in row.last_error


def test_rounds_that_keep_failing_give_up_after_eight_and_later_each_time(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.lot()

    def broken(*_args: object, **_options: object) -> None:
        raise RuntimeError("no solution")

    monkeypatch.setattr(engine, "solve", broken)
    waits = []
    while undone():
        ask(clock)
        row = OutboxRow.objects.filter(task=requests.ON_CHANGE).latest("pk")
        waits.append((row.due_at - clock()).total_seconds())
        clock.forward(seconds=max(waits[-1], 5))

    assert waits[:7] == [5, 10, 20, 40, 80, 160, 320]
    assert (row.attempts, MatchingRound.objects.count()) == (8, 8)
    assert row.dead_at is not None


def test_a_round_whose_database_went_away_pauses_and_is_published_further(
    world: World, clock: Clock
) -> None:
    world.lot()
    world.requirement()

    def gone(*_args: object, **_options: object) -> None:
        raise OperationalError("terminating connection")

    with pytest.MonkeyPatch.context() as patch, pytest.raises(OperationalError):
        patch.setattr(publish, "publish", gone)
        ask(clock)
    ask(clock)
    assert Proposal.objects.count() == 0
    clock.forward(seconds=5)

    ask(clock)

    assert (Proposal.objects.count(), undone()) == (1, 0)

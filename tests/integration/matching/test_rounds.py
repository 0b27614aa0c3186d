"""Rounds from the claim to the proposals, on a real database, driven by a hand-set clock."""

import threading
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction

from marketplace.domain.errors import NotAllowed
from marketplace.models import OutboxRow, Proposal
from marketplace.services import certificates, lots, market, proposals
from matching import claims, engine, publish, requests, services, snapshots
from matching.claims import Busy, Claim
from matching.models import Match, MatchingRound, RoundPlan, Shortfall
from tests.factories import market as made
from tests.integration.matching.conftest import NOON, Clock, World

pytestmark = pytest.mark.django_db(transaction=True)

State = MatchingRound.State


def ask(clock: Clock) -> timedelta | None:
    return services.run_on_change(row_id=None, clock=clock)


def undone() -> int:
    return requests.waiting().count()


def test_a_lot_and_a_requirement_that_fit_become_one_proposal(world: World, clock: Clock) -> None:
    lot, requirement = world.lot(), world.requirement()

    ask(clock)

    proposal = Proposal.objects.get()
    assert (proposal.lot_id, proposal.requirement_id) == (lot.pk, requirement.pk)
    assert (proposal.quantity_kg, proposal.ci_milli) == (500_000, 3_200)
    ran = MatchingRound.objects.get()
    assert (ran.state, ran.verified, ran.optimal) == (State.PUBLISHED, True, True)
    assert (ran.matches_found, ran.proposals_opened, ran.matched_kg) == (1, 1, 500_000)
    assert Match.objects.get().proposal_id == proposal.pk
    assert undone() == 0


def test_what_is_proposed_is_not_offered_again(world: World, clock: Clock) -> None:
    lot = world.lot(quantity_t="500")
    world.requirement(volume_t="300")
    ask(clock)
    clock.forward(seconds=10)
    world.requirement(volume_t="300")

    ask(clock)

    offered = Proposal.objects.filter(lot=lot).order_by("pk").values_list("quantity_kg", flat=True)
    assert list(offered) == [300_000, 200_000]
    lot.refresh_from_db()
    assert (lot.reserved_kg, lot.available_kg) == (500_000, 0)


def test_reasons_are_kept_for_what_stays_open(world: World, clock: Clock) -> None:
    world.lot(ci_smelter_s1s2="4.001")
    requirement = world.requirement()

    ask(clock)

    found = Shortfall.objects.get(requirement=requirement)
    assert (found.reason, found.open_kg) == ("CI_TOO_HIGH", 500_000)
    assert found.failing_first == {"CI_TOO_HIGH": 1}


def test_a_revoked_certificate_keeps_its_lot_out(world: World, clock: Clock) -> None:
    world.lot()
    world.requirement()
    certificates.revoke(
        public_id=world.certificate.public_id, by=world.admin, reason="Fraud", now=clock()
    )

    ask(clock)

    assert not Proposal.objects.exists()
    assert MatchingRound.objects.get().lots == 0


def test_a_declined_pair_stays_apart_until_one_side_changes(world: World, clock: Clock) -> None:
    lot = world.lot()
    world.requirement()
    ask(clock)
    proposals.decline(
        by=world.buyer.actor,
        public_id=Proposal.objects.get().public_id,
        reason="Delivery place does not suit us",
        now=clock(),
    )
    clock.forward(seconds=10)
    ask(clock)
    assert Proposal.objects.count() == 1

    lots.edit(
        by=world.producer.actor,
        public_id=lot.public_id,
        raw=made.lot_values(world.certificate, today=clock().date(), ask_premium="15"),
        version=None,
        now=clock(),
    )
    clock.forward(seconds=10)
    ask(clock)

    assert Proposal.objects.count() == 2


def test_a_round_that_verification_refuses_publishes_nothing(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world.lot()
    world.requirement()
    solve = engine.solve

    def oversold(seen: engine.Market) -> engine.Result:
        result = solve(seen)
        (match,) = result.matches
        return replace(result, matches=(replace(match, quantity_kg=match.quantity_kg + 1),))

    monkeypatch.setattr(engine, "solve", oversold)

    ask(clock)

    assert MatchingRound.objects.get().state == State.REFUSED
    assert not Match.objects.exists()
    assert not Proposal.objects.exists()
    assert "refused by verification" in caplog.text
    assert undone() > 0


def test_changes_within_the_gap_share_the_next_round(world: World, clock: Clock) -> None:
    world.lot()
    ask(clock)
    clock.forward(seconds=1)
    world.requirement()

    assert ask(clock) == timedelta(seconds=1)
    assert MatchingRound.objects.count() == 1

    clock.forward(seconds=1)
    ask(clock)
    assert MatchingRound.objects.count() == 2
    assert Proposal.objects.count() == 1


def test_nothing_new_starts_no_round(world: World, clock: Clock) -> None:
    world.lot()
    ask(clock)
    clock.forward(seconds=10)

    ask(clock)

    assert MatchingRound.objects.count() == 1


def test_a_request_that_comes_during_the_round_rings_again(world: World, clock: Clock) -> None:
    lot = world.lot()
    taken = snapshots.take

    def change_after_the_snapshot(*, now: datetime) -> snapshots.Snapshot:
        snapshot = taken(now=now)
        lots.withdraw(by=world.producer.actor, public_id=lot.public_id, now=now)
        return snapshot

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snapshots, "take", change_after_the_snapshot)
        assert ask(clock) == timedelta(seconds=2)
    assert undone() == 1


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
    assert row.attempts == 2


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


def test_a_round_lost_while_publishing_is_published_further(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "MAX_PROPOSALS", 1)
    for tonnes in ("100", "150", "250"):
        world.requirement(volume_t=tonnes)
    world.lot()
    opened = publish._publish_some

    def dies_after_one(held: Claim, *, now: datetime) -> bool:
        if Proposal.objects.exists():
            raise SystemExit
        return opened(held, now=now)

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


def set_times(form: str, zone: str = "UTC") -> None:
    settings = market.settings()
    settings.round_schedule, settings.time_zone = form, zone
    settings.save()


def test_at_set_times_changes_wait_and_the_time_counts_once(world: World, clock: Clock) -> None:
    set_times("0 14 * * *", "Europe/Berlin")  # 13:00 UTC in winter
    world.lot()
    world.requirement()
    row = requests.waiting().order_by("pk").first()
    assert row is not None

    assert services.run_on_change(row_id=row.pk, clock=clock) is None
    services.run_scheduled(clock=clock)
    assert not MatchingRound.objects.exists()
    row.refresh_from_db()
    assert row.due_at == NOON + timedelta(hours=1)

    clock.forward(hours=1, seconds=20)
    services.run_scheduled(clock=clock)
    services.run_scheduled(clock=clock)

    ran = MatchingRound.objects.get()
    assert (ran.trigger, ran.scheduled_for) == ("SCHEDULE", NOON + timedelta(hours=1))
    assert RoundPlan.objects.get().next_at == NOON + timedelta(hours=25)
    assert Proposal.objects.count() == 1


def test_two_beats_start_one_round_at_a_set_time(world: World, clock: Clock) -> None:
    set_times("0 13 * * *")
    services.run_scheduled(clock=clock)
    clock.forward(hours=1)
    barrier = threading.Barrier(3)

    def beating() -> None:
        barrier.wait()
        try:
            services.run_scheduled(clock=clock)
        finally:
            connection.close()

    threads = [threading.Thread(target=beating) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert MatchingRound.objects.count() == 1


def test_an_admin_runs_a_round_also_where_set_times_are_configured(
    world: World, clock: Clock
) -> None:
    set_times("0 14 * * *")
    world.lot()
    world.requirement()

    services.request_now(by=world.admin, now=clock())
    row = OutboxRow.objects.get(task=requests.NOW)
    services.run_now(row_id=row.pk, clock=clock)
    services.run_now(row_id=row.pk, clock=clock)

    assert MatchingRound.objects.get().trigger == "ADMIN"
    assert Proposal.objects.count() == 1


def test_only_admins_ask_for_a_round(world: World, clock: Clock) -> None:
    with pytest.raises(NotAllowed):
        services.request_now(by=world.buyer.user, now=clock())

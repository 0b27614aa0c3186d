"""Rounds from the claim to the proposals, on a real database, driven by a hand-set clock."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from marketplace.models import Lot, Proposal
from marketplace.services import certificates, lots, proposals
from matching import engine, requests, snapshots
from matching.models import Match, MatchingRound, Shortfall
from tests.factories import market as made
from tests.integration.matching.conftest import Clock, World, ask

pytestmark = pytest.mark.django_db(transaction=True)

State = MatchingRound.State


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


def edited(world: World, lot: Lot, **raw: object) -> None:
    values = made.lot_values(world.certificate, today=world.clock().date(), **raw)
    lots.edit(
        by=world.producer.actor,
        public_id=lot.public_id,
        raw=values,
        version=None,
        now=world.clock(),
    )


def test_a_declined_pair_comes_back_only_when_it_is_better(world: World, clock: Clock) -> None:
    lot = world.lot(ask_premium="20")
    world.requirement()
    ask(clock)
    declined = Proposal.objects.get().public_id
    proposals.decline(by=world.buyer.actor, public_id=declined, reason="Too dear", now=clock())
    for premium, expected in (("24", 1), ("20.00", 1), ("19.99", 2)):
        edited(world, lot, ask_premium=premium)
        clock.forward(minutes=5)
        ask(clock)
        assert Proposal.objects.count() == expected, premium


def test_a_cancelled_pair_stays_apart_until_one_side_changes(world: World, clock: Clock) -> None:
    lot = world.lot()
    world.requirement()
    ask(clock)
    cancelled = Proposal.objects.get().public_id
    proposals.cancel(public_id=cancelled, by=world.admin, reason="Both asked", now=clock())
    clock.forward(minutes=5)
    ask(clock)
    assert Proposal.objects.count() == 1
    edited(world, lot, ask_premium="21")
    clock.forward(minutes=5)
    ask(clock)
    assert Proposal.objects.count() == 2


def test_a_round_that_verification_refuses_publishes_nothing(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world.lot()
    world.requirement()
    solve = engine.solve

    def oversold(seen: engine.Market, **options: Any) -> engine.Result:
        result = solve(seen, **options)
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

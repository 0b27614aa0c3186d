"""Two answers to one proposal at the same moment: one end, one loser who is told."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from itertools import combinations

import pytest
from django.db.models import F

from marketplace.domain.errors import Conflict, InvalidInput
from marketplace.domain.vocabulary import ProposalState
from marketplace.models import (
    Certificate,
    Deal,
    Lot,
    Notification,
    Proposal,
    ProposalStep,
    Requirement,
)
from marketplace.services import certificates, closing, locks, lots, proposals
from tests.concurrency.conftest import NOW, Market
from tests.factories import market as made
from tests.factories.races import at_once
from tests.figures import Figures, attack, times

pytestmark = pytest.mark.django_db(transaction=True)

Act = Callable[[Market, Proposal, Certificate], object]
# What an act on the proposal itself makes of it.
ENDS = {"accept": "DEAL", "decline": "DECLINED", "expire": "EXPIRED"}
CLOSING = ("declined", "withdrawn", "expired", "cancelled")


def accept(market: Market, proposal: Proposal, certificate: Certificate) -> object:
    return proposals.accept(by=market.buyer.actor, public_id=proposal.public_id, now=NOW)


def decline(market: Market, proposal: Proposal, certificate: Certificate) -> object:
    return proposals.decline(
        by=market.buyer.actor, public_id=proposal.public_id, reason="Too late for us", now=NOW
    )


def withdraw(market: Market, proposal: Proposal, certificate: Certificate) -> object:
    return lots.withdraw(by=market.producer.actor, public_id=proposal.lot.public_id, now=NOW)


def expire(market: Market, proposal: Proposal, certificate: Certificate) -> object:
    """As the sweep does once the time is over; it passes over what is closed already."""
    if not proposals.expire_due(now=NOW + timedelta(hours=49)):
        raise Conflict
    return "expired"


def edit(market: Market, proposal: Proposal, certificate: Certificate) -> object:
    raw = made.lot_values(certificate, today=NOW.date(), quantity_t="10", brand="Anew")
    return lots.edit(
        by=market.producer.actor,
        public_id=proposal.lot.public_id,
        raw=raw,
        version=proposal.lot.version,
        now=NOW,
    )


def revoke(market: Market, proposal: Proposal, certificate: Certificate) -> object:
    return certificates.revoke(
        public_id=certificate.public_id, by=market.admin, reason="Forged", now=NOW
    )


ACTS: dict[str, Act] = {
    "accept": accept,
    "decline": decline,
    "withdraw": withdraw,
    "expire": expire,
    "edit": edit,
    "revoke": revoke,
}


def ready(market: Market) -> tuple[Proposal, Certificate]:
    """A proposal that the producer has accepted, on a lot with a certificate of its own."""
    certificate = made.certificate(market.producer, by=market.admin, now=NOW, certified_t="10")
    lot = made.lot(market.producer, certificate, now=NOW, quantity_t="10")
    assert market.open_one(lot, market.requirement(10), 10) == ""
    proposal = Proposal.objects.select_related("lot").get(lot=lot)
    proposals.accept(by=market.producer.actor, public_id=proposal.public_id, now=NOW)
    return proposal, certificate


@attack("A4")
@pytest.mark.parametrize(("one", "other"), list(combinations(ACTS, 2)))
def test_two_ends_at_once_are_one_end(
    market: Market, one: str, other: str, figures: Figures
) -> None:
    rounds, ended = times(1, 100), Counter[str]()
    for _round in range(rounds):
        proposal, certificate = ready(market)
        answers = at_once([
            partial(ACTS[name], market, proposal, certificate) for name in (one, other)
        ])  # fmt: skip
        told = dict(zip((one, other), answers, strict=True))
        state = Proposal.objects.get(pk=proposal.pk).state
        ended[state] += 1

        ends = ProposalStep.objects.filter(proposal=proposal, verb__in=CLOSING)
        assert ends.count() + (state == "DEAL") == 1
        assert Deal.objects.filter(proposal=proposal).count() == (state == "DEAL")
        # Whoever did not bring about the end is told. A lot may still change after that.
        for name, end in ENDS.items():
            assert name not in told or (state == end) is not isinstance(told[name], Conflict)
        by_lot = [told[name] for name in told if name not in ENDS]
        refused = [isinstance(answer, Conflict | InvalidInput) for answer in by_lot]
        assert state != "WITHDRAWN" or not all(refused)
    figures.say(
        f"all 15 pairs of accept, decline, withdraw, expire, edit, revoke x {rounds} at once",
        f"{one}/{other}: "
        + ", ".join(f"{count} {state}" for state, count in sorted(ended.items())),
    )


@attack("A4")
def test_control_without_locks_and_guard_a_proposal_ends_twice(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both declines read the open proposal, and both give its kilograms back."""
    both_have_read = threading.Barrier(2)

    def read(pks: Iterable[int]) -> dict[int, Proposal]:
        found = Proposal.objects.in_bulk(set(pks))
        both_have_read.wait(10)
        return found

    def careless(proposal: Proposal, state: ProposalState, step: closing.Step) -> None:
        kg = proposal.quantity_kg
        Proposal.objects.filter(pk=proposal.pk).update(
            state=state.value, buyer_answer=proposal.buyer_answer, closed_at=step.now
        )
        Lot.objects.filter(pk=proposal.lot_id).update(reserved_kg=F("reserved_kg") - kg)
        Requirement.objects.filter(pk=proposal.requirement_id).update(
            reserved_kg=F("reserved_kg") - kg
        )

    lot, requirement = market.lot(100), market.requirement(100)
    for _each in range(2):
        market.open_one(lot, requirement, 10)
    proposal = Proposal.objects.select_related("lot").order_by("pk")[0]
    monkeypatch.setattr(locks, "lots", lambda pks: Lot.objects.in_bulk(set(pks)))
    monkeypatch.setattr(locks, "requirements", lambda pks: Requirement.objects.in_bulk(set(pks)))
    monkeypatch.setattr(locks, "proposals", read)
    monkeypatch.setattr(closing, "close", careless)

    at_once([partial(decline, market, proposal, market.certificate)] * 2)

    lot.refresh_from_db()
    assert lot.reserved_kg == 0, "10 t are still proposed, and nothing is reserved for them"


@attack("A5")
def test_both_accept_at_the_same_moment(market: Market, figures: Figures) -> None:
    rounds = times(4, 500)
    for _round in range(rounds):
        proposal = market.proposed(10)
        at_once([
            partial(proposals.accept, by=side.actor, public_id=proposal.public_id, now=NOW)
            for side in (market.producer, market.buyer)
        ])  # fmt: skip
        deal = Deal.objects.get(proposal=proposal)
        for side in (market.producer, market.buyer):
            told = Notification.objects.filter(user=side.user, event="DEAL_CONCLUDED")
            assert told.filter(key__startswith=f"deal_concluded:{deal.pk}:").count() == 1
    figures.say(
        f"both sides accept at the same moment x {rounds}",
        f"{rounds} deals, one notification a side for each",
    )

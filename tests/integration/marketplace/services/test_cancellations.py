"""A deal undone: by both sides or by an admin, posted back and never deleted."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from marketplace.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound
from marketplace.domain.vocabulary import Event, LedgerAccount, Role
from marketplace.models import Deal, LedgerPosting, Notification, OutboxRow
from marketplace.models.actors import Actor
from marketplace.selectors import declines
from marketplace.services import cancellations, certificates, lots, requirements
from tests.factories import market as made
from tests.factories.deals import Pair
from tests.factories.offers import books_balance
from tests.factories.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def books() -> Iterator[None]:
    yield
    books_balance()


@pytest.fixture
def pair() -> Pair:
    return Pair(NOW)


def ask(pair: Pair, deal: Deal, reason: str = "The smelter stands still.") -> Deal:
    return cancellations.ask(
        by=pair.producer.actor, public_id=deal.public_id, reason=reason, now=NOW
    )


def undone(pair: Pair, deal: Deal, now: datetime = NOW) -> str:
    """Cancelled by agreement; the account to which its kilograms went."""
    ask(pair, deal)
    cancellations.agree(by=pair.buyer.actor, public_id=deal.public_id, now=now)
    deal.refresh_from_db()
    assert (deal.state, deal.state_reason) == ("CANCELLED", "The smelter stands still.")
    return LedgerPosting.objects.order_by("-pk")[0].target


def test_both_agree_and_the_tonnes_are_offered_and_wanted_again(pair: Pair) -> None:
    lot, wanted = pair.lot(), pair.requirement()
    deal = pair.deal(lot=lot, wanted=wanted)
    OutboxRow.objects.filter(task="matching.tasks.run_round").delete()
    assert undone(pair, deal) == LedgerAccount.LISTED.value
    lot.refresh_from_db()
    wanted.refresh_from_db()
    assert (lot.state, lot.sold_kg, lot.available_kg) == ("OPEN", 0, 500_000)
    assert (wanted.state, wanted.bought_kg) == ("OPEN", 0)
    assert deal.proposal.state == "DEAL"
    assert OutboxRow.objects.filter(task="matching.tasks.run_round").count() == 1
    cancelled = Notification.objects.filter(event=Event.DEAL_CANCELLED.value)
    assert {one.user for one in cancelled} == {pair.producer.user, pair.buyer.user}
    (asked,) = Notification.objects.filter(event=Event.CANCELLATION_ASKED.value)
    assert asked.user == pair.buyer.user


def test_the_pair_stays_apart_until_one_of_the_two_changes(pair: Pair) -> None:
    lot, wanted = pair.lot(), pair.requirement()
    undone(pair, pair.deal(lot=lot, wanted=wanted))
    assert list(declines.apart(NOW)) == [(lot.pk, wanted.pk)]
    values = made.lot_values(pair.certificate, today=NOW.date(), ask_premium="19")
    lots.edit(by=pair.producer.actor, public_id=lot.public_id, raw=values, version=None, now=NOW)
    assert list(declines.apart(NOW)) == []


def test_asking_alone_changes_nothing_and_may_be_taken_back_or_refused(pair: Pair) -> None:
    deal = pair.deal()
    answers: list[Callable[[], Deal]] = [
        lambda: cancellations.take_back(by=pair.producer.actor, public_id=deal.public_id, now=NOW),
        lambda: cancellations.refuse(by=pair.buyer.actor, public_id=deal.public_id, now=NOW),
    ]
    for answer in answers:
        assert ask(pair, deal).state == "CONFIRMED"
        done = answer()
        assert (done.state, done.cancellation_asked_by, done.cancellation_reason) == (
            "CONFIRMED",
            None,
            "",
        )
        with pytest.raises(Conflict):
            answer()
    asked = Notification.objects.filter(event=Event.CANCELLATION_ASKED.value)
    assert asked.count() == 2


def test_each_side_has_its_own_part(pair: Pair) -> None:
    deal = pair.deal()
    viewer = Actor(pair.producer.user, pair.producer.organisation, Role.VIEWER)
    stranger = made.trader(side="buyer", by=pair.admin, now=NOW)
    for actor, refusal in ((viewer, NotAllowed), (stranger.actor, NotFound)):
        with pytest.raises(refusal):
            cancellations.ask(by=actor, public_id=deal.public_id, reason="x", now=NOW)
    with pytest.raises(InvalidInput):
        ask(pair, deal, reason=" ")
    ask(pair, deal)
    with pytest.raises(Conflict):
        ask(pair, deal)
    with pytest.raises(NotAllowed):
        cancellations.agree(by=pair.producer.actor, public_id=deal.public_id, now=NOW)
    with pytest.raises(NotAllowed):
        cancellations.take_back(by=pair.buyer.actor, public_id=deal.public_id, now=NOW)


def test_an_admin_of_neither_side_decides_with_a_reason(pair: Pair) -> None:
    deal = pair.deal()
    for by in (pair.producer.user, pair.buyer.user):
        with pytest.raises(NotAllowed):
            cancellations.decide(by=by, public_id=deal.public_id, reason="x", now=NOW)
    with pytest.raises(InvalidInput):
        cancellations.decide(by=pair.admin, public_id=deal.public_id, reason="", now=NOW)
    done = cancellations.decide(
        by=pair.admin, public_id=deal.public_id, reason="Sanctions.", now=NOW
    )
    assert (done.state, done.closed_at) == ("CANCELLED", NOW)
    with pytest.raises(Conflict):
        cancellations.decide(by=pair.admin, public_id=deal.public_id, reason="x", now=NOW)


def test_a_delivered_deal_is_history(pair: Pair) -> None:
    deal = pair.deal()
    ask(pair, deal)
    pair.deliver(deal)
    deal.refresh_from_db()
    assert deal.cancellation_asked_by is None
    steps: list[Callable[[], Deal]] = [
        partial(ask, pair, deal),
        partial(cancellations.decide, by=pair.admin, public_id=deal.public_id, reason="x", now=NOW),
    ]
    for step in steps:
        with pytest.raises(Conflict, match="history"):
            step()


def test_of_a_withdrawn_lot_they_are_free_on_the_certificate(pair: Pair) -> None:
    lot = pair.lot()
    deal = pair.deal(300, lot=lot)
    lots.withdraw(by=pair.producer.actor, public_id=lot.public_id, now=NOW)
    assert undone(pair, deal) == LedgerAccount.FREE.value
    lot.refresh_from_db()
    pair.certificate.refresh_from_db()
    assert (lot.state, lot.sold_kg, lot.returned_kg) == ("WITHDRAWN", 0, 500_000)
    assert pair.certificate.allocated_kg == 0


def test_behind_a_revoked_certificate_they_are_not_offered_again(pair: Pair) -> None:
    lot = pair.lot()
    deal = pair.deal(lot=lot)
    certificates.revoke(
        public_id=pair.certificate.public_id, by=pair.admin, reason="A forgery.", now=NOW
    )
    assert undone(pair, deal) == LedgerAccount.FREE.value
    lot.refresh_from_db()
    assert lot.state == "CLOSED"


def test_after_the_window_or_the_certificate_neither_side_opens_again(pair: Pair) -> None:
    lot, wanted = pair.lot(), pair.requirement()
    deal = pair.deal(lot=lot, wanted=wanted)
    assert undone(pair, deal, NOW + timedelta(days=91)) == LedgerAccount.FREE.value
    lot.refresh_from_db()
    wanted.refresh_from_db()
    assert (lot.state, wanted.state, wanted.bought_kg) == ("CLOSED", "CLOSED", 0)


def test_a_withdrawn_requirement_stays_withdrawn(pair: Pair) -> None:
    wanted = pair.requirement(volume_t="600")
    deal = pair.deal(wanted=wanted)
    requirements.withdraw(by=pair.buyer.actor, public_id=wanted.public_id, now=NOW)
    undone(pair, deal)
    wanted.refresh_from_db()
    assert (wanted.state, wanted.bought_kg) == ("WITHDRAWN", 0)


def test_agreed_decided_and_delivered_at_once_one_wins(pair: Pair) -> None:
    for _round in range(5):
        deal = pair.deal(lot=pair.lot(), wanted=pair.requirement())
        ask(pair, deal)
        named: dict[str, Any] = {"public_id": deal.public_id, "now": NOW}
        steps: list[Callable[[], Deal]] = [
            partial(cancellations.agree, by=pair.buyer.actor, **named),
            partial(cancellations.decide, by=pair.admin, reason="Sanctions.", **named),
            partial(pair.deliver, deal),
        ]
        kinds = sorted(type(one).__name__ for one in at_once(steps))
        assert kinds == ["Conflict", "Conflict", "Deal"]

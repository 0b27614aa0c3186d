"""Real races on real connections; each with a control that shows what the guard is for."""

from datetime import UTC, datetime
from functools import partial

import pytest
from django.db import connection, transaction

from marketplace.domain.errors import Conflict
from marketplace.models import Certificate, Deal, Lot, Proposal, Requirement
from marketplace.services import locks, lots, outbox, proposals
from tests.factories import market as made
from tests.factories.offers import books_balance, member
from tests.factories.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class Market:
    def __init__(self) -> None:
        self.admin = made.admin(now=NOW)
        self.producer = made.trader(side="producer", by=self.admin, now=NOW)
        self.buyer = made.trader(side="buyer", by=self.admin, now=NOW)
        self.certificate = made.certificate(self.producer, by=self.admin, now=NOW)

    def lot(self, tonnes: int) -> Lot:
        return made.lot(self.producer, self.certificate, now=NOW, quantity_t=str(tonnes))

    def requirement(self, tonnes: int) -> Requirement:
        return made.requirement(self.buyer, now=NOW, volume_t=str(tonnes))


@pytest.fixture
def market(monkeypatch: pytest.MonkeyPatch) -> Market:
    monkeypatch.setattr(outbox, "ring", lambda task, row_id: None)
    return Market()


def open_one(round_number: int, lot: Lot, requirement: Requirement, tonnes: int) -> str:
    (opened,) = proposals.open_bundles(
        round_number=round_number,
        engine_version="test",
        bundles=[[member(lot, requirement, tonnes)]],
        now=NOW,
    )
    return opened.dropped_because


def open_many(lot: Lot, requirement: Requirement, first: int, count: int, tonnes: int) -> int:
    told = [open_one(first + step, lot, requirement, tonnes) for step in range(count)]
    return told.count("")


def test_sixteen_connections_never_oversell_a_lot(market: Market) -> None:
    lot, requirement = market.lot(1_000), market.requirement(5_000)

    won = at_once([partial(open_many, lot, requirement, 100 * each, 13, 10) for each in range(16)])

    lot.refresh_from_db()
    assert (sum(int(str(one)) for one in won), lot.reserved_kg) == (100, 1_000_000)
    books_balance()


def test_control_without_the_row_lock_a_lot_is_miscounted(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    lot, requirement = market.lot(1_000), market.requirement(5_000)
    monkeypatch.setattr(locks, "lots", lambda pks: Lot.objects.in_bulk(set(pks)))
    monkeypatch.setattr(locks, "requirements", lambda pks: Requirement.objects.in_bulk(set(pks)))

    at_once([partial(open_many, lot, requirement, 100 * each, 13, 10) for each in range(16)])

    with pytest.raises(AssertionError):
        books_balance()


def test_both_accept_at_once_and_it_is_one_deal(market: Market) -> None:
    for round_number in range(10):
        lot, requirement = market.lot(10), market.requirement(10)
        open_one(round_number, lot, requirement, 10)
        proposal = Proposal.objects.get(lot=lot)

        at_once(
            [
                partial(proposals.accept, by=side.actor, public_id=proposal.public_id, now=NOW)
                for side in (market.producer, market.buyer)
            ]
        )

        assert Deal.objects.filter(proposal=proposal).count() == 1
    books_balance()


def test_accept_against_decline_has_one_end_and_one_conflict(market: Market) -> None:
    for round_number in range(10):
        lot, requirement = market.lot(10), market.requirement(10)
        open_one(round_number, lot, requirement, 10)
        key = Proposal.objects.get(lot=lot).public_id
        proposals.accept(by=market.producer.actor, public_id=key, now=NOW)

        answers = at_once(
            [
                partial(proposals.accept, by=market.buyer.actor, public_id=key, now=NOW),
                partial(
                    proposals.decline,
                    by=market.buyer.actor,
                    public_id=key,
                    reason="Too late for us",
                    now=NOW,
                ),
            ]
        )

        assert sum(isinstance(answer, Conflict) for answer in answers) == 1
        assert Proposal.objects.get(lot=lot).state in ("DEAL", "DECLINED")
    books_balance()


def test_an_accept_against_a_withdrawal_of_the_lot(market: Market) -> None:
    for round_number in range(10):
        lot, requirement = market.lot(10), market.requirement(10)
        open_one(round_number, lot, requirement, 10)
        key = Proposal.objects.get(lot=lot).public_id
        proposals.accept(by=market.producer.actor, public_id=key, now=NOW)

        answers = at_once(
            [
                partial(proposals.accept, by=market.buyer.actor, public_id=key, now=NOW),
                partial(lots.withdraw, by=market.producer.actor, public_id=lot.public_id, now=NOW),
            ]
        )

        assert sum(isinstance(answer, Conflict) for answer in answers) == 1
        lot.refresh_from_db()
        assert lot.state in ("CLOSED", "WITHDRAWN")
    books_balance()


def test_twenty_lots_at_once_never_overdraw_a_certificate(market: Market) -> None:
    def publish() -> Lot:
        return market.lot(1_000)

    answers = at_once([publish] * 20)

    market.certificate.refresh_from_db()
    assert sum(isinstance(answer, Lot) for answer in answers) == 12
    assert market.certificate.allocated_kg == 12_000_000
    books_balance()


def test_control_read_then_write_loses_kilograms(market: Market) -> None:
    """Without the guarded update draws are lost, and the CHECK alone does not see that."""

    def read_then_write() -> None:
        with transaction.atomic():
            found = Certificate.objects.get(pk=market.certificate.pk)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(0.05)")
            Certificate.objects.filter(pk=found.pk).update(allocated_kg=found.allocated_kg + 1000)

    at_once([read_then_write] * 8)

    market.certificate.refresh_from_db()
    assert market.certificate.allocated_kg < 8_000

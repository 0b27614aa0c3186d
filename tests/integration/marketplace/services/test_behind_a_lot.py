"""What stands behind a lot when it is sold, returned, stopped or paused: found by a review."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from marketplace.domain.errors import InvalidInput, Paused
from marketplace.models import Certificate, Deal, Lot, Proposal, Requirement
from marketplace.services import cancellations, certificates, lots, pauses, proposals
from tests.factories import market as made
from tests.factories.offers import books_balance, member

pytestmark = pytest.mark.django_db(transaction=True)

NOW = timezone.now()


class Trade:
    """A lot with a tonnage certificate and an EPD, and a requirement for all of it."""

    def __init__(self) -> None:
        self.admin = made.admin(now=NOW)
        self.producer = made.trader(side="producer", by=self.admin, now=NOW)
        self.buyer = made.trader(side="buyer", by=self.admin, now=NOW)
        self.tonnes = made.certificate(self.producer, by=self.admin, now=NOW)
        self.epd = made.certificate(
            self.producer, by=self.admin, now=NOW, scheme="EPD", issuer="EPD Norge", certified_t="",
            boundary="CRADLE_TO_GATE", ci="7.100",
        )  # fmt: skip
        self.lot = made.lot(
            self.producer, self.tonnes, self.epd, now=NOW, ci_cradle_to_gate="7.100"
        )
        self.wanted: Requirement = made.requirement(self.buyer, now=NOW)

    def open(self, now: datetime = NOW) -> tuple[str, Proposal | None]:
        (opened,) = proposals.open_bundles(
            round_number=1,
            engine_version="test",
            bundles=[[member(self.lot, self.wanted, 500)]],
            now=now,
        )
        return opened.dropped_because, Proposal.objects.first()

    def sell(self) -> Deal:
        _why, proposal = self.open()
        assert proposal is not None
        for side in (self.producer, self.buyer):
            proposals.accept(by=side.actor, public_id=proposal.public_id, now=NOW)
        return Deal.objects.get()

    def edit(self, *backing: Certificate, **raw: object) -> Lot:
        values = made.lot_values(*backing, today=NOW.date(), **raw)
        return lots.edit(
            by=self.producer.actor,
            public_id=self.lot.public_id,
            raw=values,
            version=None,
            now=NOW,
        )


@pytest.fixture
def trade() -> Iterator[Trade]:
    yield Trade()
    books_balance()


def test_what_rests_on_stopped_evidence_is_not_proposed(trade: Trade) -> None:
    """The EPD draws no tonnes, but a round at work may have counted on it."""
    certificates.suspend(public_id=trade.epd.public_id, by=trade.admin, reason="Audit", now=NOW)
    assert trade.open() == ("LOT_CHANGED", None)


def test_what_lapsed_since_the_snapshot_is_not_proposed(trade: Trade) -> None:
    assert trade.open(NOW + timedelta(days=200)) == ("CERTIFICATE_NOT_VALID", None)


def test_a_returned_lot_goes_on_with_another_certificate(trade: Trade) -> None:
    deal = trade.sell()
    certificates.suspend(public_id=trade.tonnes.public_id, by=trade.admin, reason="Audit", now=NOW)
    cancellations.decide(public_id=deal.public_id, by=trade.admin, reason="Audit", now=NOW)
    other = made.certificate(trade.producer, by=trade.admin, now=NOW)

    lot = trade.edit(other, quantity_t="650")

    assert (lot.state, lot.available_kg, lot.returned_kg) == ("OPEN", 150_000, 500_000)


def test_evidence_behind_sold_tonnes_stays(trade: Trade) -> None:
    """Without it a later revocation would not find the deals that rest on it."""
    trade.sell()
    with pytest.raises(InvalidInput) as refused:
        trade.edit(trade.tonnes)
    assert [one.code for one in refused.value.errors] == ["in_use"]
    certificates.revoke(public_id=trade.epd.public_id, by=trade.admin, reason="Forged", now=NOW)
    assert Deal.objects.get().flagged_at == NOW


def test_a_paused_clock_refuses_nobody_as_too_late(trade: Trade) -> None:
    _why, proposal = trade.open()
    assert proposal is not None
    what = pauses.What(trading=True, organisation=trade.buyer.organisation.public_id)
    pauses.pause(what=what, by=trade.admin, reason="A dispute", now=NOW + timedelta(hours=47))
    late = NOW + timedelta(hours=60)
    with pytest.raises(Paused):
        proposals.accept(by=trade.producer.actor, public_id=proposal.public_id, now=late)
    done = proposals.decline(
        by=trade.producer.actor, public_id=proposal.public_id, reason="Too late now", now=late
    )
    assert done.state == "DECLINED"

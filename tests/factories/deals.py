"""Deals between a producer and a buyer, made as they arise: opened, accepted by both."""

from collections.abc import Mapping
from datetime import datetime
from itertools import count

from marketplace.models import Deal, Lot, Proposal, Requirement
from marketplace.services import bundles, deliveries, proposals
from tests.factories import market as made
from tests.factories.offers import member


class Pair:
    """A producer and a buyer who trade at ``now``; the certificate is over 12,000 t."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.admin = made.admin(now=now)
        self.producer = made.trader(side="producer", by=self.admin, now=now)
        self.buyer = made.trader(side="buyer", by=self.admin, now=now)
        self.certificate = made.certificate(self.producer, by=self.admin, now=now)
        self._rounds = count(1)

    def lot(self, **raw: object) -> Lot:
        return made.lot(self.producer, self.certificate, now=self.now, **raw)

    def requirement(self, **raw: object) -> Requirement:
        return made.requirement(self.buyer, now=self.now, **raw)

    def proposal(self, lot: Lot, wanted: Requirement, tonnes: int) -> Proposal:
        (opened,) = bundles.open_bundles(
            round_number=next(self._rounds),
            engine_version="test",
            bundles=[[member(lot, wanted, tonnes)]],
            now=self.now,
        )
        assert opened.proposal_id is not None, opened.dropped_because
        return Proposal.objects.get(pk=opened.proposal_id)

    def deal(
        self, tonnes: int = 500, *, lot: Lot | None = None, wanted: Requirement | None = None
    ) -> Deal:
        found = self.proposal(lot or self.lot(), wanted or self.requirement(), tonnes)
        for side in (self.producer, self.buyer):
            proposals.accept(by=side.actor, public_id=found.public_id, now=self.now)
        return Deal.objects.get(proposal=found)

    def deliver(self, deal: Deal, tonnes: str = "500", *, now: datetime | None = None) -> Deal:
        return deliveries.record(
            by=self.producer.actor,
            public_id=deal.public_id,
            raw=shipment(deal, tonnes),
            now=now or self.now,
        )


def shipment(deal: Deal, tonnes: str = "500") -> Mapping[str, object]:
    """Raw text of a shipment on the day of the deal."""
    return {
        "shipped_t": tonnes,
        "shipped_on": deal.concluded_at.date().isoformat(),
        "cast_numbers": "A-1041, A-1042",
        "transport_document": "MAEU 123456789",
    }

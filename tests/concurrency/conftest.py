"""A market for races: no doorbell rings, and after each test the books must balance."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import count

import pytest
from django.utils import timezone

from marketplace.models import Lot, Proposal, Requirement
from marketplace.services import outbox, proposals
from tests.factories import market as made
from tests.factories.offers import books_balance, member

# The servers of these tests live by the real clock.
NOW = timezone.now()


class Market:
    """One admin, one producer with a certificate over ``certified`` tonnes, one buyer."""

    def __init__(self, certified: str = "10000000") -> None:
        self.admin = made.admin(now=NOW)
        self.producer = made.trader(side="producer", by=self.admin, now=NOW)
        self.buyer = made.trader(side="buyer", by=self.admin, now=NOW)
        self.certificate = made.certificate(
            self.producer, by=self.admin, now=NOW, certified_t=certified
        )
        self.rounds = count(1)

    def lot(self, tonnes: int, now: datetime = NOW, **raw: object) -> Lot:
        values: dict[str, object] = {"quantity_t": str(tonnes), **raw}
        return made.lot(self.producer, self.certificate, now=now, **values)

    def requirement(self, tonnes: int, **raw: object) -> Requirement:
        values: dict[str, object] = {"volume_t": str(tonnes), **raw}
        return made.requirement(self.buyer, now=NOW, **values)

    def open_all(self, offers: Sequence[tuple[Lot, Requirement, int]]) -> list[int]:
        """All in one transaction, each a bundle of its own; their keys."""
        opened = proposals.open_bundles(
            round_number=next(self.rounds),
            engine_version="test",
            bundles=[[member(*offer)] for offer in offers],
            now=NOW,
        )
        assert not any(one.dropped_because for one in opened), opened
        return [one.proposal_id for one in opened if one.proposal_id is not None]

    def open_one(self, lot: Lot, requirement: Requirement, tonnes: int, now: datetime = NOW) -> str:
        """As a round of its own; "" when it was opened, else why not."""
        (opened,) = proposals.open_bundles(
            round_number=next(self.rounds),
            engine_version="test",
            bundles=[[member(lot, requirement, tonnes)]],
            now=now,
        )
        return opened.dropped_because

    def proposed(self, tonnes: int) -> Proposal:
        """A new lot, a new requirement, and the open proposal of all of it."""
        lot = self.lot(tonnes)
        assert self.open_one(lot, self.requirement(tonnes), tonnes) == ""
        return Proposal.objects.select_related("lot", "requirement").get(lot=lot)

    def accepted_by_producer(self, tonnes: int) -> Proposal:
        proposal = self.proposed(tonnes)
        proposals.accept(by=self.producer.actor, public_id=proposal.public_id, now=NOW)
        proposal.refresh_from_db()
        return proposal


@pytest.fixture
def market(monkeypatch: pytest.MonkeyPatch) -> Market:
    monkeypatch.setattr(outbox, "ring", lambda task, row_id: None)
    return Market()


@pytest.fixture(autouse=True)
def oracle(request: pytest.FixtureRequest) -> Iterator[None]:
    """Counters == ledger == live reservations; controls break the books on purpose."""
    yield
    if "control" not in request.node.name:
        books_balance()

"""A market with one buyer and three producers, whose lots a requirement takes as a bundle."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

from marketplace.models import Deal, Lot, Proposal, Requirement
from marketplace.services import bundles, proposals
from tests.factories import market as made
from tests.factories.market import Trader
from tests.factories.offers import member

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
LATE = NOW + timedelta(hours=48)
# 300 t at 3.000, 300 t at 4.200 and 400 t at 4.500 are 1,000 t at 3.960.
CLEAN, MIDDLE, DIRTY = (300, 3_000), (300, 4_200), (400, 4_500)
Kind = tuple[int, int]


class BundleMarket:
    """Three producers, so that each member of a bundle has an answer of its own."""

    def __init__(self) -> None:
        self.admin = made.admin(now=NOW)
        self.buyer = made.trader(side="buyer", by=self.admin, now=NOW)
        self.producers = [made.trader(side="producer", by=self.admin, now=NOW) for _ in range(3)]
        self.certificates = [
            made.certificate(one, by=self.admin, now=NOW, certified_t="1000000")
            for one in self.producers
        ]
        self.rounds = count(1)

    def average(self, **raw: object) -> Requirement:
        values: dict[str, object] = {
            "volume_t": "1000",
            "ci_basis": "PORTFOLIO_AVERAGE",
            **raw,
        }
        return made.requirement(self.buyer, now=NOW, **values)

    def lot(self, number: int, tonnes: int) -> Lot:
        holder, backing = self.producers[number], self.certificates[number]
        return made.lot(holder, backing, now=NOW, quantity_t=str(tonnes))

    def offer(self, wanted: Requirement, *kinds: Kind) -> list[bundles.Opened]:
        """One bundle: a new lot of the next producer for each (tonnes, intensity)."""
        members = [
            replace(member(self.lot(number, tonnes), wanted, tonnes), ci_milli=ci)
            for number, (tonnes, ci) in enumerate(kinds)
        ]
        return proposals.open_bundles(
            round_number=next(self.rounds), engine_version="test", bundles=[members], now=NOW
        )

    def open(self, wanted: Requirement, *kinds: Kind) -> list[Proposal]:
        opened = self.offer(wanted, *kinds)
        assert {one.dropped_because for one in opened} == {""}
        return list(Proposal.objects.filter(pk__in=[one.proposal_id for one in opened]))

    def open_one(self, lot: Lot, wanted: Requirement, tonnes: int = 300) -> Proposal:
        """Of a lot that is there already."""
        (opened,) = proposals.open_bundles(
            round_number=next(self.rounds),
            engine_version="test",
            bundles=[[member(lot, wanted, tonnes)]],
            now=NOW,
        )
        assert opened.proposal_id is not None
        return Proposal.objects.get(pk=opened.proposal_id)

    def yes(self, trader: Trader, proposal: Proposal) -> Proposal:
        return proposals.accept(by=trader.actor, public_id=proposal.public_id, now=NOW)

    def no(self, trader: Trader, proposal: Proposal) -> Proposal:
        key = proposal.public_id
        return proposals.decline(by=trader.actor, public_id=key, reason="Not now", now=NOW)


def states(members: Sequence[Proposal]) -> list[str]:
    found = Proposal.objects.in_bulk([one.pk for one in members])
    return [found[one.pk].state for one in members]


def sold(wanted: Requirement) -> list[int]:
    """Tonnes of the deals, in the order of their proposals."""
    found = Deal.objects.filter(proposal__requirement=wanted).order_by("proposal_id")
    return [deal.quantity_kg // 1000 for deal in found]

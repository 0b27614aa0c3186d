"""From an opened proposal to a deal or back to the market, with the books checked after each."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from marketplace.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound
from marketplace.domain.records import content_sha256
from marketplace.domain.vocabulary import Role
from marketplace.models import Deal, Lot, OutboxRow, Proposal, Requirement
from marketplace.models.actors import Actor
from marketplace.services import certificates, lots, outbox, proposals, requirements
from tests.factories import market as made
from tests.factories.offers import books_balance, member

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def books() -> Iterator[None]:
    yield
    books_balance()


class Market:
    def __init__(self) -> None:
        self.admin = made.admin(now=NOW)
        self.producer = made.trader(side="producer", by=self.admin, now=NOW)
        self.buyer = made.trader(side="buyer", by=self.admin, now=NOW)
        self.certificate = made.certificate(self.producer, by=self.admin, now=NOW)
        self.rounds = 0

    def lot(self, **raw: object) -> Lot:
        return made.lot(self.producer, self.certificate, now=NOW, **raw)

    def requirement(self, **raw: object) -> Requirement:
        return made.requirement(self.buyer, now=NOW, **raw)

    def open(self, lot: Lot, requirement: Requirement, tonnes: int) -> Proposal:
        self.rounds += 1
        (opened,) = proposals.open_bundles(
            round_number=self.rounds,
            engine_version="test",
            bundles=[[member(lot, requirement, tonnes)]],
            now=NOW,
        )
        assert opened.dropped_because == ""
        assert opened.proposal_id is not None
        return Proposal.objects.get(pk=opened.proposal_id)


@pytest.fixture
def market() -> Market:
    return Market()


def test_both_accept_and_it_is_a_deal(market: Market) -> None:
    lot, requirement = market.lot(), market.requirement()
    proposal = market.open(lot, requirement, 500)

    proposals.accept(by=market.buyer.actor, public_id=proposal.public_id, now=NOW)
    done = proposals.accept(by=market.producer.actor, public_id=proposal.public_id, now=NOW)

    deal = Deal.objects.get()
    assert (done.state, deal.quantity_kg, str(deal.premium)) == ("DEAL", 500_000, "20.00")
    assert deal.number.startswith("GP-2026-")
    assert deal.content_sha256 == content_sha256(deal.record)
    assert not {"max_premium", "internal_carbon_price"} & set(deal.record)
    lot.refresh_from_db()
    requirement.refresh_from_db()
    assert (lot.state, lot.sold_kg, requirement.state) == ("CLOSED", 500_000, "CLOSED")


def test_declining_needs_a_reason_and_frees_the_tonnes(market: Market) -> None:
    lot = market.lot()
    proposal = market.open(lot, market.requirement(), 300)

    with pytest.raises(InvalidInput):
        proposals.decline(by=market.buyer.actor, public_id=proposal.public_id, reason=" ", now=NOW)
    OutboxRow.objects.all().delete()
    done = proposals.decline(
        by=market.buyer.actor, public_id=proposal.public_id, reason="Wrong place", now=NOW
    )

    assert (done.state, done.buyer_answer) == ("DECLINED", "DECLINED")
    lot.refresh_from_db()
    assert lot.available_kg == 500_000
    assert OutboxRow.objects.filter(task=outbox.ROUND).count() == 1
    with pytest.raises(Conflict):
        proposals.accept(by=market.producer.actor, public_id=proposal.public_id, now=NOW)


def test_strangers_find_nothing_and_viewers_only_look(market: Market) -> None:
    proposal = market.open(market.lot(), market.requirement(), 300)
    stranger = made.trader(side="buyer", by=market.admin, now=NOW)
    viewer = Actor(market.buyer.user, market.buyer.organisation, Role.VIEWER)

    with pytest.raises(NotFound):
        proposals.accept(by=stranger.actor, public_id=proposal.public_id, now=NOW)
    with pytest.raises(NotAllowed):
        proposals.accept(by=viewer, public_id=proposal.public_id, now=NOW)


def test_two_proposals_for_more_than_the_lot_one_wins(market: Market) -> None:
    lot = market.lot(quantity_t="600")
    wanted = [market.requirement(volume_t="500"), market.requirement(volume_t="400")]

    opened = proposals.open_bundles(
        round_number=7,
        engine_version="test",
        bundles=[[member(lot, wanted[0], 500)], [member(lot, wanted[1], 400)]],
        now=NOW,
    )
    again = proposals.open_bundles(
        round_number=7,
        engine_version="test",
        bundles=[[member(lot, wanted[0], 500)]],
        now=NOW,
    )

    told = {one.requirement_id: one.dropped_because for one in opened}
    assert told == {wanted[0].pk: "", wanted[1].pk: "LOT_SHORT"}
    assert again[0].proposal_id == Proposal.objects.get().pk


def test_a_bundle_is_opened_whole_or_not_at_all(market: Market) -> None:
    lot, short, wanted = market.lot(), market.lot(quantity_t="100"), market.requirement()

    opened = proposals.open_bundles(
        round_number=1,
        engine_version="test",
        bundles=[[member(lot, wanted, 200), member(short, wanted, 200)]],
        now=NOW,
    )

    assert {one.dropped_because for one in opened} == {"LOT_SHORT"}
    assert not Proposal.objects.exists()


def test_a_certificate_says_what_it_has_left(market: Market) -> None:
    market.lot(quantity_t="11700")

    with pytest.raises(InvalidInput) as refused:
        market.lot()

    (error,) = refused.value.errors
    assert str(error) == f"Certificate {market.certificate.number}: 300 t left."
    assert Lot.objects.count() == 1


def test_a_revoked_certificate_withdraws_and_flags(market: Market) -> None:
    lot = market.lot()
    sold = market.open(lot, market.requirement(volume_t="100"), 100)
    for side in (market.buyer, market.producer):
        proposals.accept(by=side.actor, public_id=sold.public_id, now=NOW)
    waiting = market.open(lot, market.requirement(volume_t="100"), 100)

    certificates.revoke(
        public_id=market.certificate.public_id, by=market.admin, reason="Fraud", now=NOW
    )

    waiting.refresh_from_db()
    assert waiting.state == "WITHDRAWN"
    assert Deal.objects.get().flagged_at == NOW
    (dropped,) = proposals.open_bundles(
        round_number=99,
        engine_version="test",
        bundles=[[member(lot, market.requirement(), 100)]],
        now=NOW,
    )
    assert dropped.dropped_because == "LOT_CHANGED"


def test_nobody_decides_about_an_own_certificate(market: Market) -> None:
    market.producer.user.is_staff = True
    market.producer.user.save()

    with pytest.raises(NotAllowed):
        certificates.revoke(
            public_id=market.certificate.public_id, by=market.producer.user, reason="x", now=NOW
        )


def edited(market: Market, lot: Lot, **raw: object) -> Lot:
    values = made.lot_values(market.certificate, today=NOW.date(), **raw)
    return lots.edit(
        by=market.producer.actor, public_id=lot.public_id, raw=values, version=None, now=NOW
    )


def test_an_edit_withdraws_what_was_proposed_on_the_former_terms(market: Market) -> None:
    lot = market.lot()
    proposal = market.open(lot, market.requirement(), 300)

    assert edited(market, lot).version == 1
    with pytest.raises(Conflict):
        edited(market, lot, ask_premium="21")
    assert edited(market, lot, quantity_t="200").version == 2

    proposal.refresh_from_db()
    lot.refresh_from_db()
    assert (proposal.state, lot.quantity_kg, lot.reserved_kg) == ("WITHDRAWN", 200_000, 0)


def test_a_withdrawn_lot_gives_back_what_is_unsold(market: Market) -> None:
    lot = market.lot()
    proposal = market.open(lot, market.requirement(volume_t="200"), 200)
    for side in (market.producer, market.buyer):
        proposals.accept(by=side.actor, public_id=proposal.public_id, now=NOW)

    lots.withdraw(by=market.producer.actor, public_id=lot.public_id, now=NOW)

    market.certificate.refresh_from_db()
    assert market.certificate.allocated_kg == 200_000


def test_a_stale_version_is_a_conflict(market: Market) -> None:
    requirement = market.requirement()

    with pytest.raises(Conflict):
        requirements.withdraw(
            by=market.buyer.actor, public_id=requirement.public_id, version=9, now=NOW
        )

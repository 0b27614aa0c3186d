"""Large acceptances need two people; one of them twice is one."""

from datetime import UTC, datetime, timedelta

import pytest

from marketplace.domain.errors import Conflict, InvalidInput, NotAllowed
from marketplace.domain.vocabulary import Event, ProposalState, Role
from marketplace.models import Approval, Deal, Membership, Notification, Organisation, Proposal
from marketplace.models.actors import Actor
from marketplace.selectors import approvals as selectors
from marketplace.services import approvals, bundles, members, organisations, proposals, users
from tests.factories import market as made
from tests.factories.market import Trader
from tests.factories.offers import books_balance, member

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class Desk:
    """A buyer with two more people, a proposal of two lots in one bundle, 400 t and 300 t."""

    def __init__(self) -> None:
        admin = made.admin(now=NOW)
        self.mill = made.trader(side="producer", by=admin, now=NOW)
        self.buyer = made.trader(side="buyer", by=admin, now=NOW)
        self.owner = self.colleague("owner@desk.example", Role.OWNER)
        self.viewer = self.colleague("viewer@desk.example", Role.VIEWER)
        paper = made.certificate(self.mill, by=admin, now=NOW)
        lots = [made.lot(self.mill, paper, now=NOW) for _ in range(2)]
        wanted = made.requirement(self.buyer, now=NOW, volume_t="700", ci_basis="PORTFOLIO_AVERAGE")
        bundles.open_bundles(
            round_number=1,
            engine_version="1",
            bundles=[[member(lots[0], wanted, 400), member(lots[1], wanted, 300)]],
            now=NOW,
        )
        self.first, self.second = Proposal.objects.order_by("pk")

    def colleague(self, email: str, role: Role, of: Trader | None = None) -> Actor:
        organisation = (of or self.buyer).organisation
        user = users.create_user(email=email, password="correct horse battery", name="Colleague")
        organisations.add_member(organisation=organisation, user=user, role=role)
        return Actor(user, organisation, role)

    def limit(self, tonnes: str) -> None:
        approvals.choose_limit(by=self.owner, raw={"approval_above_t": tonnes}, now=NOW)

    def accept(self, by: Actor, proposal: Proposal | None = None) -> Proposal:
        one = proposal or self.first
        return proposals.accept(by=by, public_id=one.public_id, now=NOW)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_bundle_above_the_limit_takes_two_people(desk: Desk) -> None:
    """Its 700 t count, not the 400 t of the member that is looked at."""
    desk.limit("650")
    Notification.objects.all().delete()
    desk.accept(desk.buyer.actor)
    asked = selectors.waiting(desk.buyer.actor, desk.second)
    assert asked is not None
    assert (asked.asked_by, asked.asked_at) == (desk.buyer.user, NOW)
    desk.first.refresh_from_db()
    assert desk.first.buyer_answer == "OPEN"
    told = Notification.objects.filter(event=Event.APPROVAL_ASKED.value)
    assert [one.user for one in told] == [desk.owner.user], "not the viewer, not who asked"

    with pytest.raises(Conflict, match="accepted already"):
        desk.accept(desk.buyer.actor, desk.second)
    desk.accept(desk.owner)
    assert set(Proposal.objects.values_list("buyer_answer", flat=True)) == {"ACCEPTED"}
    asked.refresh_from_db()
    assert (asked.approved_by, asked.approved_at) == (desk.owner.user, NOW)
    assert selectors.waiting(desk.owner, desk.first) is None
    with pytest.raises(Conflict):
        desk.accept(desk.buyer.actor)
    for one in (desk.first, desk.second):
        desk.accept(desk.mill.actor, one)
    assert Deal.objects.count() == 2
    books_balance()


@pytest.mark.parametrize("tonnes", ["700", "500000", ""])
def test_up_to_the_limit_or_without_one_a_single_person_accepts(desk: Desk, tonnes: str) -> None:
    desk.limit(tonnes)
    desk.accept(desk.buyer.actor)
    assert set(Proposal.objects.values_list("buyer_answer", flat=True)) == {"ACCEPTED"}
    assert not Approval.objects.exists()


def test_a_producers_parts_of_a_bundle_count_together(desk: Desk) -> None:
    boss = desk.colleague("boss@mill.example", Role.OWNER, of=desk.mill)
    approvals.choose_limit(by=boss, raw={"approval_above_t": "500"}, now=NOW)
    desk.accept(desk.mill.actor, desk.second)
    assert selectors.waiting(boss, desk.second) is not None
    assert selectors.waiting(boss, desk.first) is None
    desk.accept(boss, desk.second)
    desk.second.refresh_from_db()
    assert desk.second.producer_answer == "ACCEPTED"


def test_it_waits_no_longer_than_the_proposal(desk: Desk) -> None:
    desk.limit("1")
    desk.accept(desk.buyer.actor)
    late = NOW + timedelta(hours=49)
    with pytest.raises(Conflict):
        proposals.accept(by=desk.owner, public_id=desk.first.public_id, now=late)
    proposals.expire_due(now=late)
    desk.first.refresh_from_db()
    assert desk.first.state == ProposalState.EXPIRED.value
    assert selectors.waiting(desk.owner, desk.first) is None


def test_who_may_not_accept_may_not_be_the_second_either(desk: Desk) -> None:
    desk.limit("1")
    desk.accept(desk.buyer.actor)
    with pytest.raises(NotAllowed):
        desk.accept(desk.viewer)


def test_who_left_has_accepted_nothing(desk: Desk) -> None:
    desk.limit("1")
    desk.accept(desk.buyer.actor)
    trader = desk.colleague("next@desk.example", Role.TRADER)
    members.remove(by=desk.owner, user=desk.buyer.user.public_id, now=NOW)
    desk.accept(trader)
    asked = selectors.waiting(desk.owner, desk.first)
    assert asked is not None
    assert asked.asked_by == trader.user


def test_without_a_second_person_it_is_refused_in_words(desk: Desk) -> None:
    desk.limit("1")
    Membership.objects.filter(user=desk.owner.user).update(role=Role.VIEWER.value)
    with pytest.raises(Conflict, match="has none"):
        desk.accept(desk.buyer.actor)
    assert not Approval.objects.exists()


def test_a_declined_one_waits_for_nobody(desk: Desk) -> None:
    desk.limit("1")
    desk.accept(desk.buyer.actor)
    proposals.decline(by=desk.owner, public_id=desk.first.public_id, reason="No", now=NOW)
    desk.first.refresh_from_db()
    assert selectors.waiting(desk.owner, desk.first) is None


def test_only_owners_set_it_and_only_to_a_tonnage(desk: Desk) -> None:
    with pytest.raises(NotAllowed):
        approvals.choose_limit(by=desk.buyer.actor, raw={"approval_above_t": "1"}, now=NOW)
    for tonnes in ("x", "-1", "1.2345", "500001"):
        with pytest.raises(InvalidInput):
            desk.limit(tonnes)
    desk.limit("0")
    assert Organisation.objects.get(pk=desk.buyer.organisation.pk).approval_above_kg == 0

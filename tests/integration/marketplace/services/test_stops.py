"""A certificate that expires, an organisation that is suspended: blocked, undone, flagged, told."""

from datetime import UTC, datetime, timedelta

import pytest

from marketplace.domain.errors import Conflict, InvalidInput, NotAllowed
from marketplace.domain.vocabulary import Role
from marketplace.models import Deal, Lot, Notification, Proposal
from marketplace.services import bundles, certificates, lots, organisations, proposals
from matching import snapshots
from tests.factories import market as made
from tests.factories.api import Caller
from tests.factories.deals import Pair
from tests.factories.offers import books_balance, member

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def pair() -> Pair:
    """With a deal over 300 t and an open proposal over 200 t, both on one lot."""
    pair = Pair(NOW)
    lot = pair.lot()
    pair.deal(300, lot=lot, wanted=pair.requirement(volume_t="300"))
    pair.proposal(Lot.objects.get(), pair.requirement(volume_t="200"), 200)
    Notification.objects.all().delete()
    return pair


def told(trader: made.Trader) -> list[str]:
    rows = Notification.objects.filter(user=trader.user).order_by("event")
    return list(rows.values_list("event", flat=True))


def open_proposals() -> int:
    return Proposal.objects.filter(state="PROPOSED").count()


def test_an_expired_certificate_is_dealt_with_once(pair: Pair) -> None:
    late = NOW + 200 * DAY
    Proposal.objects.filter(state="PROPOSED").update(expires_at=late + DAY)
    assert certificates.expire_due(now=NOW) == 0
    assert certificates.expire_due(now=late) == 1
    assert certificates.expire_due(now=late) == 0

    deal = Deal.objects.get()
    assert (open_proposals(), deal.state, deal.flagged_at) == (0, "CONFIRMED", late)
    pair.certificate.refresh_from_db()
    assert (pair.certificate.state, pair.certificate.expiry_handled_at) == ("VERIFIED", late)
    assert told(pair.producer) == ["CERTIFICATE_EXPIRED", "DEAL_FLAGGED", "PROPOSAL_ENDED"]
    assert told(pair.buyer) == ["DEAL_FLAGGED", "PROPOSAL_ENDED"]
    books_balance()


def test_a_day_that_is_still_valid_expires_nothing(pair: Pair) -> None:
    last = datetime.combine(pair.certificate.valid_to, NOW.timetz())
    assert certificates.expire_due(now=last) == 0
    assert certificates.expire_due(now=last + DAY) == 1


def test_the_holder_hears_of_each_decision_about_a_certificate(pair: Pair) -> None:
    boss, paper = pair.admin, pair.certificate.public_id
    certificates.suspend(public_id=paper, by=boss, reason="Audit", now=NOW)
    assert told(pair.producer) == ["CERTIFICATE_DECIDED", "DEAL_FLAGGED", "PROPOSAL_ENDED"]
    certificates.verify(public_id=paper, by=boss, now=NOW)
    certificates.revoke(public_id=paper, by=boss, reason="Forged", now=NOW)
    decided = Notification.objects.filter(
        user=pair.producer.user, event="CERTIFICATE_DECIDED"
    ).order_by("pk")
    assert [(one.params["state"], one.params["why"]) for one in decided] == [
        ("SUSPENDED", "Audit"),
        ("VERIFIED", ""),
        ("REVOKED", "Forged"),
    ]


@pytest.mark.parametrize("side", ["producer", "buyer"])
def test_a_suspended_organisation_is_stopped_on_either_side(pair: Pair, side: str) -> None:
    trader: made.Trader = getattr(pair, side)
    other = pair.buyer if side == "producer" else pair.producer
    name = trader.organisation.public_id
    organisations.suspend(public_id=name, by=pair.admin, reason="Sanctions", now=NOW)

    assert (open_proposals(), Deal.objects.get().flagged_at) == (0, NOW)
    assert told(trader) == ["DEAL_FLAGGED", "ORGANISATION_DECIDED", "PROPOSAL_ENDED"]
    assert told(other) == ["DEAL_FLAGGED", "PROPOSAL_ENDED"]
    assert "Sanctions" not in str([one.params for one in other.user.notifications.all()])
    assert "Sanctions" not in Proposal.objects.get(state="WITHDRAWN").reason
    taken = snapshots.take(now=NOW)
    assert not (taken.lots if side == "producer" else taken.requirements)
    trader.organisation.refresh_from_db()
    with pytest.raises(NotAllowed, match="Sanctions"):
        (pair.lot if side == "producer" else pair.requirement)()
    assert Caller.of(trader).get("deals").status_code == 200
    books_balance()

    with pytest.raises(Conflict):
        organisations.suspend(public_id=name, by=pair.admin, reason="Again", now=NOW)
    organisations.reinstate(public_id=name, by=pair.admin, now=NOW)
    trader.organisation.refresh_from_db()
    (pair.lot if side == "producer" else pair.requirement)()
    assert Deal.objects.get().flagged_at == NOW, "an admin looks at each flag"
    with pytest.raises(Conflict):
        organisations.reinstate(public_id=name, by=pair.admin, now=NOW)


def test_a_round_at_work_opens_nothing_of_a_suspended_one(pair: Pair) -> None:
    lot = made.lot(pair.producer, pair.certificate, now=NOW)
    wanted = pair.requirement()
    name = pair.producer.organisation.public_id
    organisations.suspend(public_id=name, by=pair.admin, reason="Sanctions", now=NOW)
    (opened,) = bundles.open_bundles(
        round_number=77, engine_version="test", bundles=[[member(lot, wanted, 100)]], now=NOW
    )
    assert opened.dropped_because == "ORGANISATION_NOT_TRADING"


def test_who_suspends_is_impartial_and_says_why(pair: Pair) -> None:
    name = pair.buyer.organisation.public_id
    with pytest.raises(NotAllowed):
        organisations.suspend(public_id=name, by=pair.producer.user, reason="x", now=NOW)
    with pytest.raises(InvalidInput):
        organisations.suspend(public_id=name, by=pair.admin, reason=" ", now=NOW)
    organisations.add_member(
        organisation=pair.buyer.organisation, user=pair.admin, role=Role.VIEWER
    )
    with pytest.raises(NotAllowed):
        organisations.suspend(public_id=name, by=pair.admin, reason="x", now=NOW)


def test_a_suspended_producer_may_still_take_its_lot_back(pair: Pair) -> None:
    name = pair.producer.organisation.public_id
    organisations.suspend(public_id=name, by=pair.admin, reason="Sanctions", now=NOW)
    lot = Lot.objects.get()
    lots.withdraw(by=pair.producer.actor, public_id=lot.public_id, now=NOW)
    assert proposals.expire_due(now=NOW + 9 * DAY) == 0
    books_balance()

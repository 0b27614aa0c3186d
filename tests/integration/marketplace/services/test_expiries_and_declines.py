"""No answer and a no: who is counted, who is told, and who is left in peace."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from marketplace.domain.errors import Paused
from marketplace.models import Notification, Organisation, Requirement
from marketplace.selectors import declines
from marketplace.services import lots, proposals
from tests.factories import market as made
from tests.factories.bundles import NOW, BundleMarket
from tests.factories.market import Trader
from tests.factories.offers import books_balance

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def market() -> BundleMarket:
    return BundleMarket()


@pytest.fixture(autouse=True)
def books() -> Iterator[None]:
    yield
    books_balance()


def plain(market: BundleMarket) -> Requirement:
    return made.requirement(market.buyer, now=NOW)


def test_three_expiries_in_a_row_pause_both_sides(market: BundleMarket) -> None:
    lot, requirement = market.lot(0, 500), plain(market)
    for _round in range(3):
        market.open_one(lot, requirement)
        assert proposals.expire_due(now=NOW + timedelta(hours=48)) == 1

    lot.refresh_from_db()
    requirement.refresh_from_db()
    assert (lot.state, requirement.state) == ("PAUSED", "PAUSED")


def test_only_who_did_not_answer_is_counted_and_told(market: BundleMarket) -> None:
    lot, requirement = market.lot(0, 500), plain(market)
    for _round in range(3):
        proposal = market.open_one(lot, requirement)
        proposals.accept(by=market.buyer.actor, public_id=proposal.public_id, now=NOW)
        proposals.expire_due(now=NOW + timedelta(hours=48))

    lot.refresh_from_db()
    requirement.refresh_from_db()
    assert (lot.state, lot.expiries_in_a_row) == ("PAUSED", 3)
    assert (requirement.state, requirement.expiries_in_a_row) == ("OPEN", 0)
    told = Notification.objects.get(event="LISTING_PAUSED")
    assert (told.user, told.path) == (market.producers[0].user, f"/lots/{lot.public_id}")

    raw = made.lot_values(market.certificates[0], today=NOW.date())
    key, by = lot.public_id, market.producers[0].actor
    saved = lots.edit(by=by, public_id=key, raw=raw, version=None, now=NOW)
    assert saved.state == "OPEN", "saving it again, unchanged, reopens it"
    proposal = market.open_one(saved, requirement)
    proposals.decline(
        by=market.producers[0].actor, public_id=proposal.public_id, reason="-", now=NOW
    )
    lot.refresh_from_db()
    assert lot.expiries_in_a_row == 0


def told(trader: Trader, event: str) -> list[dict[str, str]]:
    found = Notification.objects.filter(user=trader.user, event=event)
    return [one.params for one in found.order_by("pk")]


def test_both_sides_are_told_and_neither_reads_why_the_other_declined(market: BundleMarket) -> None:
    proposal = market.open_one(market.lot(0, 500), plain(market))
    buyer, producer = market.buyer.organisation.name, market.producers[0].organisation.name
    opened = {"tonnes": "300", "product": "INGOT", "until": proposal.expires_at.isoformat()}
    assert told(market.buyer, "PROPOSAL_OPENED") == [{**opened, "other": producer}]
    assert told(market.producers[0], "PROPOSAL_OPENED") == [{**opened, "other": buyer}]

    proposals.accept(by=market.buyer.actor, public_id=proposal.public_id, now=NOW)
    assert told(market.producers[0], "PROPOSAL_ACCEPTED") == [{"tonnes": "300", "other": buyer}]
    assert told(market.buyer, "PROPOSAL_ACCEPTED") == []

    proposals.decline(
        by=market.producers[0].actor, public_id=proposal.public_id, reason="Sold by phone", now=NOW
    )
    ended = {"tonnes": "300", "how": "DECLINED"}
    assert told(market.buyer, "PROPOSAL_ENDED") == [{**ended, "other": producer}]
    assert told(market.producers[0], "PROPOSAL_ENDED") == [{**ended, "other": buyer}]


def test_declines_are_counted_for_the_side_that_declined(market: BundleMarket) -> None:
    for by, days in (
        (market.buyer, 0),
        (market.buyer, 89),
        (market.buyer, 91),
        (market.producers[0], 1),
    ):
        proposal = market.open_one(market.lot(0, 500), plain(market))
        at = NOW - timedelta(days=days)
        proposals.decline(by=by.actor, public_id=proposal.public_id, reason="No", now=at)

    since = NOW - timedelta(days=90)
    found: Iterable[Any] = declines.counted(Organisation.objects.all(), since=since)

    assert {one.pk: one.declines for one in found if one.declines} == {
        market.buyer.organisation.pk: 2,
        market.producers[0].organisation.pk: 1,
    }


def test_nothing_is_accepted_while_trading_is_paused_for_either_side(market: BundleMarket) -> None:
    proposal = market.open_one(market.lot(0, 500), plain(market))
    producer = Organisation.objects.filter(pk=market.producers[0].organisation.pk)
    producer.update(trading_paused_at=NOW)
    for trader in (market.buyer, market.producers[0]):
        with pytest.raises(Paused):
            proposals.accept(by=trader.actor, public_id=proposal.public_id, now=NOW)
    producer.update(trading_paused_at=None)
    proposals.accept(by=market.buyer.actor, public_id=proposal.public_id, now=NOW)

"""Pausing and going on: what is refused, whose clock stands still, and who is told."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from marketplace.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound, Paused
from marketplace.models import MarketSettings, Notification, OutboxRow, Proposal
from marketplace.services import lots, pauses, proposals, requirements
from marketplace.services.pauses import What
from matching import services as rounds
from matching import snapshots
from matching.models import MatchingRound
from tests.factories import market as made
from tests.factories.api import Caller
from tests.factories.bundles import BundleMarket
from tests.factories.deals import Pair
from tests.factories.offers import books_balance

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
TRADING = What(trading=True)


@pytest.fixture
def pair() -> Pair:
    return Pair(NOW)


def of(trader: made.Trader, *, matching: bool = False, trading: bool = False) -> What:
    return What(matching, trading, trader.organisation.public_id)


def pause(pair: Pair, what: What, now: datetime = NOW) -> None:
    pauses.pause(what=what, by=pair.admin, reason="Prices look wrong", now=now)


def deadline(proposal: Proposal) -> timedelta:
    proposal.refresh_from_db()
    return proposal.expires_at - NOW


def test_while_trading_is_paused_nothing_new_is_bound(pair: Pair) -> None:
    lot, wanted = pair.lot(), pair.requirement()
    proposal = pair.proposal(lot, wanted, 200)
    pause(pair, TRADING)
    with pytest.raises(Paused, match="whole market: Prices look wrong"):
        pair.lot()
    with pytest.raises(Paused):
        pair.requirement()
    with pytest.raises(Paused):
        proposals.accept(by=pair.buyer.actor, public_id=proposal.public_id, now=NOW)
    proposals.decline(by=pair.buyer.actor, public_id=proposal.public_id, reason="No need", now=NOW)
    lots.withdraw(by=pair.producer.actor, public_id=lot.public_id, now=NOW)
    requirements.withdraw(by=pair.buyer.actor, public_id=wanted.public_id, now=NOW)
    books_balance()


def test_one_sides_pause_stops_both_but_is_the_sides_own_affair(pair: Pair) -> None:
    proposal = pair.proposal(pair.lot(), pair.requirement(), 200)
    pause(pair, of(pair.producer, trading=True))
    with pytest.raises(Paused) as caught:
        proposals.accept(by=pair.buyer.actor, public_id=proposal.public_id, now=NOW)
    assert "Prices look wrong" not in str(caught.value)
    made.requirement(pair.buyer, now=NOW)
    with pytest.raises(Paused):
        pair.lot()


def test_the_api_says_so_with_a_code_of_its_own(pair: Pair) -> None:
    pause(pair, TRADING)
    answer = Caller.of(pair.buyer).post("requirements", made.requirement_values(today=NOW.date()))
    assert (answer.status_code, answer.json()["code"]) == (409, "trading_paused")


def test_a_deadline_stands_still_and_goes_on_where_it_stood(pair: Pair) -> None:
    proposal = pair.proposal(pair.lot(), pair.requirement(), 200)
    pause(pair, TRADING, NOW + 47 * HOUR)
    assert proposals.expire_due(now=NOW + 60 * HOUR) == 0
    pauses.resume(what=TRADING, by=pair.admin, now=NOW + 100 * HOUR)
    assert deadline(proposal) == (48 + 53) * HOUR
    assert proposals.expire_due(now=NOW + 101 * HOUR - timedelta(seconds=1)) == 0
    assert proposals.expire_due(now=NOW + 101 * HOUR) == 1
    books_balance()


def test_of_pauses_that_overlap_each_hour_counts_once(pair: Pair) -> None:
    proposal = pair.proposal(pair.lot(), pair.requirement(), 200)
    other = Pair(NOW)
    untouched = other.proposal(other.lot(), other.requirement(), 100)
    seller = of(pair.producer, trading=True)
    pause(pair, TRADING, NOW + 1 * HOUR)
    pause(pair, seller, NOW + 3 * HOUR)
    pauses.resume(what=TRADING, by=pair.admin, now=NOW + 5 * HOUR)
    assert deadline(proposal) == (48 + 2) * HOUR
    assert deadline(untouched) == (48 + 4) * HOUR
    pauses.resume(what=seller, by=pair.admin, now=NOW + 7 * HOUR)
    assert deadline(proposal) == (48 + 6) * HOUR
    assert deadline(untouched) == (48 + 4) * HOUR


def leave(market: BundleMarket, member: Proposal) -> None:
    key = member.lot.public_id
    lots.withdraw(by=market.producers[0].actor, public_id=key, now=NOW + 60 * HOUR)


def decline(market: BundleMarket, member: Proposal) -> None:
    proposals.decline(
        by=market.producers[0].actor, public_id=member.public_id, reason="Sold", now=NOW + 60 * HOUR
    )


@pytest.mark.parametrize("step", [leave, decline])
def test_who_stays_gets_the_time_that_the_one_who_left_had_stopped(
    step: Callable[[BundleMarket, Proposal], None],
) -> None:
    """Otherwise their time would be over at once, and counted against them."""
    market = BundleMarket()
    gone, *rest = market.open(market.average(), (300, 4_400), (300, 3_000), (400, 3_600))
    stop = What(trading=True, organisation=market.producers[0].organisation.public_id)
    pauses.pause(what=stop, by=market.admin, reason="A dispute", now=NOW + 40 * HOUR)
    step(market, gone)
    assert {deadline(one) for one in rest} == {(48 + 20) * HOUR}
    assert proposals.expire_due(now=NOW + 61 * HOUR) == 0
    pauses.resume(what=stop, by=market.admin, now=NOW + 65 * HOUR)
    assert {deadline(one) for one in rest} == {(48 + 20) * HOUR}
    books_balance()


def test_a_pause_that_goes_on_gives_its_time_later() -> None:
    market = BundleMarket()
    gone, *rest = market.open(market.average(), (300, 4_400), (300, 3_000), (400, 3_600))
    first, second = (
        What(trading=True, organisation=market.producers[number].organisation.public_id)
        for number in (0, 1)
    )
    pauses.pause(what=first, by=market.admin, reason="A dispute", now=NOW + 40 * HOUR)
    pauses.pause(what=second, by=market.admin, reason="Another", now=NOW + 45 * HOUR)
    leave(market, gone)
    assert {deadline(one) for one in rest} == {(48 + 5) * HOUR}
    pauses.resume(what=second, by=market.admin, now=NOW + 65 * HOUR)
    assert {deadline(one) for one in rest} == {(48 + 25) * HOUR}


def test_paused_matching_starts_no_round_and_resuming_does(pair: Pair) -> None:
    pair.lot()
    pair.requirement()
    pause(pair, What(matching=True))
    row = OutboxRow.objects.filter(task="matching.tasks.run_round").latest("pk")
    assert rounds.run_on_change(row_id=row.pk, clock=lambda: NOW) is None
    rounds.run_scheduled(clock=lambda: NOW)
    row.refresh_from_db()
    assert not MatchingRound.objects.exists()
    assert (row.done_at, row.attempts, row.due_at) == (None, 0, NOW + rounds.PAUSE_CHECK)
    pauses.resume(what=What(matching=True), by=pair.admin, now=NOW + HOUR)
    rounds.run_on_change(row_id=None, clock=lambda: NOW + HOUR)
    assert Proposal.objects.count() == 1


@pytest.mark.parametrize("named", ["matching", "trading"])
def test_a_paused_organisation_is_left_out_of_rounds(pair: Pair, named: str) -> None:
    pair.lot()
    pair.requirement()
    pause(pair, of(pair.producer, **{named: True}))
    taken = snapshots.take(now=NOW)
    assert (len(taken.lots), len(taken.requirements)) == (0, 1)


def test_a_round_at_work_opens_nothing_of_a_party_whose_trading_is_paused(pair: Pair) -> None:
    lot, wanted = pair.lot(), pair.requirement()
    pause(pair, of(pair.buyer, trading=True))
    with pytest.raises(AssertionError, match="ORGANISATION_NOT_TRADING"):
        pair.proposal(lot, wanted, 200)


def test_everybody_is_told_once_and_one_side_of_its_own(pair: Pair) -> None:
    Notification.objects.all().delete()
    pause(pair, of(pair.buyer, matching=True))
    assert {one.user for one in Notification.objects.all()} == {pair.buyer.user}
    pause(pair, What(matching=True, trading=True))
    told = Notification.objects.filter(user=pair.producer.user)
    assert {one.params["what"] for one in told} == {"MATCHING_PAUSED", "TRADING_PAUSED"}
    assert {one.params["why"] for one in told} == {"Prices look wrong"}


def test_only_admins_pause_and_only_what_runs(pair: Pair) -> None:
    with pytest.raises(NotAllowed):
        pauses.pause(what=TRADING, by=pair.buyer.user, reason="x", now=NOW)
    with pytest.raises(InvalidInput):
        pauses.pause(what=TRADING, by=pair.admin, reason=" ", now=NOW)
    with pytest.raises(InvalidInput):
        pauses.pause(what=What(), by=pair.admin, reason="x", now=NOW)
    with pytest.raises(NotFound):
        lot = pair.lot()
        pause(pair, What(trading=True, organisation=lot.public_id))
    with pytest.raises(Conflict, match="not paused"):
        pauses.resume(what=TRADING, by=pair.admin, now=NOW)
    pause(pair, TRADING)
    with pytest.raises(Conflict, match="already"):
        pause(pair, TRADING)
    pause(pair, What(matching=True, trading=True), NOW + HOUR)
    row = MarketSettings.objects.get()
    assert (row.trading_paused_at, row.matching_paused_at) == (NOW, NOW + HOUR)
    pauses.resume(what=TRADING, by=pair.admin, now=NOW + HOUR)
    row.refresh_from_db()
    assert row.paused_reason == "Prices look wrong", "matching is still paused"

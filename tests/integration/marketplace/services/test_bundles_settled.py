"""Whatever happens to a member, in whatever order: its bundle ends with the rule kept."""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from functools import partial
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.domain.bundles import Position, holds
from marketplace.domain.errors import Conflict, DomainError, Paused
from marketplace.models import Certificate, Lot, Organisation, Proposal, Requirement
from marketplace.models.actors import Actor
from marketplace.selectors import positions
from marketplace.services import certificates, locks, lots, proposals, requirements
from tests.factories import market as made
from tests.factories.bundles import (
    CLEAN,
    DIRTY,
    LATE,
    MIDDLE,
    NOW,
    BundleMarket,
    Kind,
    states,
)
from tests.factories.offers import books_balance
from tests.factories.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def market() -> BundleMarket:
    return BundleMarket()


@pytest.fixture(autouse=True)
def books() -> Iterator[None]:
    yield
    books_balance()


def revoked(market: BundleMarket, clean: Proposal) -> None:
    key = market.certificates[0].public_id
    certificates.revoke(public_id=key, by=market.admin, reason="Forged", now=NOW)


def withdrawn(market: BundleMarket, clean: Proposal) -> None:
    lots.withdraw(by=market.producers[0].actor, public_id=clean.lot.public_id, now=NOW)


def edited(market: BundleMarket, clean: Proposal) -> None:
    raw = made.lot_values(market.certificates[0], today=NOW.date(), quantity_t="250")
    key, by = clean.lot.public_id, market.producers[0].actor
    lots.edit(by=by, public_id=key, raw=raw, version=None, now=NOW)


def cancelled(market: BundleMarket, clean: Proposal) -> None:
    key = clean.public_id
    proposals.cancel(public_id=key, by=market.admin, reason="Both asked for it", now=NOW)


@pytest.mark.parametrize("step", [revoked, withdrawn, edited, cancelled])
def test_whatever_takes_a_member_away_settles_its_bundle(
    market: BundleMarket, step: Callable[[BundleMarket, Proposal], None]
) -> None:
    clean, middle, dirty = market.open(market.average(), CLEAN, MIDDLE, DIRTY)
    step(market, clean)
    assert states([clean, middle, dirty]) == ["WITHDRAWN"] * 3
    reasons = dict(Proposal.objects.values_list("pk", "reason"))
    assert reasons[middle.pk] == reasons[dirty.pk] != reasons[clean.pk]


def test_an_admin_ends_the_time_of_the_whole_bundle(market: BundleMarket) -> None:
    members = market.open(market.average(), CLEAN, MIDDLE, DIRTY)
    proposals.expire(public_id=members[0].public_id, by=market.admin, now=NOW)
    assert states(members) == ["EXPIRED"] * 3


def test_a_certificate_that_lapsed_meanwhile_takes_its_member_out(market: BundleMarket) -> None:
    wanted = market.average()
    clean, middle, dirty = market.open(wanted, CLEAN, MIDDLE, DIRTY)
    market.yes(market.buyer, clean)
    market.yes(market.producers[0], clean)
    market.yes(market.producers[2], dirty)
    lapsed = Certificate.objects.filter(pk=market.certificates[2].pk)
    lapsed.update(valid_to=NOW.date() - timedelta(days=1))

    market.yes(market.producers[1], middle)

    assert states([clean, middle, dirty]) == ["DEAL", "DEAL", "WITHDRAWN"]


def paused(organisation: Organisation) -> None:
    Organisation.objects.filter(pk=organisation.pk).update(trading_paused_at=NOW)


def test_while_trading_is_paused_for_one_the_bundle_waits(market: BundleMarket) -> None:
    clean, middle, dirty = market.open(market.average(), CLEAN, MIDDLE, DIRTY)
    market.yes(market.buyer, clean)
    market.yes(market.producers[0], clean)
    market.yes(market.producers[2], dirty)
    paused(market.producers[2].organisation)
    market.yes(market.producers[1], middle)
    assert states([clean, middle, dirty]) == ["PROPOSED"] * 3
    assert proposals.expire_due(now=LATE) == 0, "a pause stops the clock"

    proposals.expire(public_id=clean.public_id, by=market.admin, now=NOW)

    assert states([clean, middle, dirty]) == ["DEAL", "DEAL", "WITHDRAWN"]


def test_an_answered_bundle_is_settled_at_its_deadline_when_trading_goes_on(
    market: BundleMarket,
) -> None:
    members = market.open(market.average(), CLEAN, MIDDLE, DIRTY)
    market.yes(market.buyer, members[0])
    for trader, one in zip(market.producers[:2], members[:2], strict=True):
        market.yes(trader, one)
    paused(market.producers[0].organisation)
    market.yes(market.producers[2], members[2])
    Organisation.objects.update(trading_paused_at=None)

    assert proposals.expire_due(now=LATE) == 3

    assert states(members) == ["DEAL"] * 3


def test_who_may_not_trade_is_not_counted_as_silent(market: BundleMarket) -> None:
    members = market.open(market.average(), CLEAN, MIDDLE, DIRTY)
    paused(market.producers[0].organisation)
    with pytest.raises(Paused):
        market.yes(market.producers[0], members[0])
    with pytest.raises(Paused):
        market.yes(market.buyer, members[1])
    proposals.expire(public_id=members[0].public_id, by=market.admin, now=NOW)
    counted = [Lot.objects.get(pk=one.lot_id).expiries_in_a_row for one in members]
    assert counted == [0, 1, 1]


def test_a_proposal_opened_between_reading_and_locking_is_seen(
    market: BundleMarket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The locks are given back and taken again, now with the newcomer's."""
    wanted, lock, calls = market.average(volume_t="5000"), locks.lots, count()

    def late(pks: Iterable[int]) -> dict[int, Lot]:
        if next(calls) == 0:
            monkeypatch.setattr(locks, "lots", lock)
            at_once([partial(market.open, wanted, (100, 3_000))])
        return lock(pks)

    monkeypatch.setattr(locks, "lots", late)
    key = wanted.public_id
    requirements.withdraw(by=market.buyer.actor, public_id=key, now=NOW)
    assert states(list(Proposal.objects.all())) == ["WITHDRAWN"]


def test_rounds_that_never_stop_opening_are_a_conflict(
    market: BundleMarket, monkeypatch: pytest.MonkeyPatch
) -> None:
    (proposal,) = market.open(market.average(), (100, 3_000))
    monkeypatch.setattr(locks, "proposals", lambda pks: {})
    with pytest.raises(Conflict):
        market.yes(market.buyer, proposal)


ANSWER = st.tuples(st.sampled_from(["buyer", 0, 1, 2]), st.sampled_from(["yes", "no"]))
KIND = st.sampled_from([CLEAN, MIDDLE, DIRTY, (100, 4_000)])


@given(
    kinds=st.lists(KIND, min_size=3, max_size=3),
    answers=st.lists(ANSWER, max_size=8),
    whole=st.booleans(),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_of_answers_leaves_the_rule_kept(
    market: BundleMarket,
    kinds: list[Kind],
    answers: list[tuple[str | int, str]],
    whole: bool,
) -> None:
    volume = sum(tonnes for tonnes, _ci in kinds)
    terms = {"volume_t": str(volume), "tolerance_pct": "10", "partial_ok": "no" if whole else "yes"}
    wanted = market.average(**terms)
    if {one.dropped_because for one in market.offer(wanted, *kinds)} != {""}:
        return
    members = list(Proposal.objects.filter(requirement=wanted).order_by("pk"))
    for who, said in answers:
        trader, number = (market.buyer, 0) if who == "buyer" else (market.producers[int(who)], who)
        try:
            (market.yes if said == "yes" else market.no)(trader, members[int(number)])
        except DomainError as refused:
            assert isinstance(refused, Conflict)
        rule_is_kept(wanted)
    proposals.expire_due(now=LATE)
    assert "PROPOSED" not in states(members)
    rule_is_kept(wanted)
    books_balance()


def rule_is_kept(wanted: Requirement) -> None:
    wanted.refresh_from_db()
    parts = positions.parts(wanted.proposals.filter(state="DEAL"))
    assert not parts or holds(positions.rule(wanted), Position(), parts)
    still = wanted.proposals.filter(state="PROPOSED")
    assert wanted.reserved_kg == sum(one.quantity_kg for one in still)
    agreed = still.filter(producer_answer="ACCEPTED", buyer_answer="ACCEPTED").count()
    assert agreed < max(1, still.count()), "the last answer settles the bundle"


def test_an_ordinary_proposal_never_waits_with_both_answers(market: BundleMarket) -> None:
    plain = made.requirement(market.buyer, now=NOW, volume_t="100")
    (alone,) = market.open(plain, (100, 3_200))
    by: list[Actor] = [market.buyer.actor, market.producers[0].actor]
    for actor in by:
        proposals.accept(by=actor, public_id=alone.public_id, now=NOW)
        agreed = Proposal.objects.filter(producer_answer="ACCEPTED", buyer_answer="ACCEPTED")
        assert not agreed.filter(state="PROPOSED").exists()
    assert states([alone]) == ["DEAL"]

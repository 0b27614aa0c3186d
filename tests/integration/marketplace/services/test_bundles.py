"""Bundles hold together: the buyer is never left above the average or below the least volume."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from marketplace.domain.errors import Conflict
from marketplace.models import Deal, Lot, Notification, Proposal, Requirement
from marketplace.selectors import positions
from marketplace.services import proposals, requirements
from tests.factories import market as made
from tests.factories.bundles import CLEAN, DIRTY, LATE, MIDDLE, NOW, BundleMarket, sold, states
from tests.factories.offers import books_balance, member

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def market() -> BundleMarket:
    return BundleMarket()


@pytest.fixture(autouse=True)
def books() -> Iterator[None]:
    yield
    books_balance()


def test_the_worked_example_is_one_bundle_and_two_deals(market: BundleMarket) -> None:
    """domain.md, scenario 4: 600 t at 3.600 and 400 t at 4.500, 1,000 t at 3.960."""
    wanted = market.average()
    clean, dirty = market.open(wanted, (600, 3_600), (400, 4_500))

    market.yes(market.producers[1], dirty)
    market.yes(market.buyer, dirty)
    assert states([clean, dirty]) == ["PROPOSED", "PROPOSED"]
    assert not Deal.objects.exists(), "a member is not a deal by itself"
    market.yes(market.producers[0], clean)

    assert states([clean, dirty]) == ["DEAL", "DEAL"]
    assert sold(wanted) == [600, 400]
    wanted.refresh_from_db()
    assert (wanted.state, wanted.bought_kg, wanted.reserved_kg) == ("CLOSED", 1_000_000, 0)


def test_the_buyer_answers_once_for_all(market: BundleMarket) -> None:
    members = market.open(market.average(), CLEAN, MIDDLE, DIRTY)
    market.yes(market.buyer, members[1])
    answers = Proposal.objects.values_list("buyer_answer", flat=True)
    assert list(answers) == ["ACCEPTED"] * 3
    with pytest.raises(Conflict):
        market.yes(market.buyer, members[0])

    others = market.open(market.average(), CLEAN, MIDDLE, DIRTY)
    market.no(market.buyer, others[2])
    assert states(others) == ["DECLINED"] * 3


def test_the_rest_goes_on_while_it_holds(market: BundleMarket) -> None:
    wanted = market.average()
    clean, middle, dirty = market.open(wanted, CLEAN, MIDDLE, DIRTY)
    market.yes(market.buyer, clean)
    market.no(market.producers[2], dirty)
    assert states([clean, middle, dirty]) == ["PROPOSED", "PROPOSED", "DECLINED"]
    assert [step.verb for step in middle.steps.order_by("pk")] == [
        "proposed",
        "accepted",
        "went_on",
    ]

    market.yes(market.producers[0], clean)
    market.yes(market.producers[1], middle)

    assert states([clean, middle, dirty]) == ["DEAL", "DEAL", "DECLINED"]
    assert sold(wanted) == [300, 300]


def test_a_buyer_who_saw_another_bundle_is_told(market: BundleMarket) -> None:
    clean, _middle, dirty = market.open(market.average(), CLEAN, MIDDLE, DIRTY)
    market.no(market.producers[2], dirty)
    with pytest.raises(Conflict):
        proposals.accept(
            by=market.buyer.actor, public_id=clean.public_id, version=clean.version, now=NOW
        )


def test_the_rest_is_withdrawn_at_once_when_it_cannot_hold(market: BundleMarket) -> None:
    clean, middle, dirty = market.open(market.average(), CLEAN, MIDDLE, DIRTY)
    market.yes(market.producers[1], middle)
    market.no(market.producers[0], clean)
    assert states([clean, middle, dirty]) == ["DECLINED", "WITHDRAWN", "WITHDRAWN"]
    reasons = set(Proposal.objects.filter(state="WITHDRAWN").values_list("reason", flat=True))
    (reason,) = reasons
    assert "average carbon" in reason
    told = Notification.objects.filter(event="PROPOSAL_ENDED", user=market.producers[1].user)
    assert told.get().params["how"] == "WITHDRAWN"


def test_the_last_who_leaves_lets_the_others_become_deals(market: BundleMarket) -> None:
    wanted = market.average()
    clean, middle, dirty = market.open(wanted, CLEAN, MIDDLE, DIRTY)
    market.yes(market.buyer, clean)
    market.yes(market.producers[0], clean)
    market.yes(market.producers[1], middle)
    assert states([clean, middle]) == ["PROPOSED", "PROPOSED"]

    market.no(market.producers[2], dirty)

    assert states([clean, middle, dirty]) == ["DEAL", "DEAL", "DECLINED"]


def test_at_the_deadline_the_accepted_members_become_deals_if_they_hold(
    market: BundleMarket,
) -> None:
    wanted = market.average()
    clean, middle, dirty = market.open(wanted, CLEAN, MIDDLE, DIRTY)
    market.yes(market.buyer, clean)
    market.yes(market.producers[0], clean)

    assert proposals.expire_due(now=LATE) == 3

    assert states([clean, middle, dirty]) == ["DEAL", "EXPIRED", "EXPIRED"]
    counted = [Lot.objects.get(pk=one.lot_id).expiries_in_a_row for one in (clean, middle, dirty)]
    assert counted == [0, 1, 1]
    wanted.refresh_from_db()
    assert (wanted.expiries_in_a_row, wanted.state, wanted.bought_kg) == (0, "OPEN", 300_000)


def test_at_the_deadline_they_are_withdrawn_if_they_do_not_hold(market: BundleMarket) -> None:
    clean, middle, dirty = market.open(market.average(), CLEAN, MIDDLE, DIRTY)
    market.yes(market.buyer, dirty)
    market.yes(market.producers[2], dirty)
    proposals.expire_due(now=LATE)
    assert states([clean, middle, dirty]) == ["EXPIRED", "EXPIRED", "WITHDRAWN"]
    assert Lot.objects.get(pk=dirty.lot_id).expiries_in_a_row == 0


def test_a_buyer_who_does_not_answer_is_counted_once_for_a_bundle(market: BundleMarket) -> None:
    wanted = market.average()
    members = market.open(wanted, CLEAN, MIDDLE, DIRTY)
    for trader, one in zip(market.producers, members, strict=True):
        market.yes(trader, one)
    proposals.expire_due(now=LATE)
    assert states(members) == ["EXPIRED"] * 3
    wanted.refresh_from_db()
    assert wanted.expiries_in_a_row == 1
    assert set(Lot.objects.values_list("expiries_in_a_row", flat=True)) == {0}


def test_without_partial_fill_the_least_volume_is_kept(market: BundleMarket) -> None:
    whole = made.requirement(
        market.buyer, now=NOW, volume_t="1000", partial_ok="no", tolerance_pct="2"
    )
    (dropped,) = market.offer(whole, (975, 3_200))
    assert dropped.dropped_because == "BUNDLE_BROKEN"
    assert not Proposal.objects.exists()

    first, second = market.open(whole, (500, 3_200), (485, 3_200))
    market.yes(market.buyer, first)
    market.yes(market.producers[0], first)
    market.yes(market.producers[1], second)
    assert sold(whole) == [500, 485]
    whole.refresh_from_db()
    assert whole.state == "CLOSED", "985 t of 1,000 t are full within 2 %"


def test_without_partial_fill_one_no_withdraws_all(market: BundleMarket) -> None:
    whole = made.requirement(market.buyer, now=NOW, volume_t="1000", partial_ok="no")
    first, second = market.open(whole, (500, 3_200), (500, 3_200))
    market.yes(market.buyer, first)
    market.no(market.producers[1], second)
    assert states([first, second]) == ["WITHDRAWN", "DECLINED"]


def test_an_open_bundle_above_the_average_uses_the_allowance_up(market: BundleMarket) -> None:
    wanted = market.average(volume_t="5000")
    (clean,) = market.open(wanted, (300, 3_000))
    market.yes(market.buyer, clean)
    market.yes(market.producers[0], clean)
    assert positions.position(wanted).allowance == 300_000_000

    market.open(wanted, (400, 4_500))
    assert positions.allowances(Requirement.objects.all()) == {wanted.pk: 100_000_000}
    (dropped,) = market.offer(wanted, (201, 4_500))
    assert dropped.dropped_because == "BUNDLE_BROKEN"
    market.open(wanted, (200, 4_500))
    assert positions.allowances(Requirement.objects.all()) == {wanted.pk: 0}


def test_two_bundles_of_one_round_share_the_allowance(market: BundleMarket) -> None:
    wanted = market.average(volume_t="5000")
    (clean,) = market.open(wanted, (300, 3_000))
    market.yes(market.buyer, clean)
    market.yes(market.producers[0], clean)
    members = [
        replace(member(market.lot(number, 400), wanted, 400), ci_milli=4_500) for number in range(2)
    ]
    opened = proposals.open_bundles(
        round_number=99, engine_version="test", bundles=[[one] for one in members], now=NOW
    )
    assert sorted(one.dropped_because for one in opened) == ["", "BUNDLE_BROKEN"]


def test_values_of_another_boundary_are_not_compared(market: BundleMarket) -> None:
    wanted = market.average(volume_t="5000")
    (clean,) = market.open(wanted, (300, 3_000))
    market.yes(market.buyer, clean)
    market.yes(market.producers[0], clean)
    raw = made.requirement_values(
        today=NOW.date(), volume_t="5000", ci_basis="PORTFOLIO_AVERAGE", boundary="CRADLE_TO_GATE"
    )
    key = wanted.public_id
    changed = requirements.edit(by=market.buyer.actor, public_id=key, raw=raw, version=1, now=NOW)
    assert positions.position(changed).contracted_excess == 0

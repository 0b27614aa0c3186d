"""The market page's figures: right, late, suppressed, written once, blind to every secret."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest

from marketplace.domain.vocabulary import Boundary
from marketplace.models import Deal, MarketFigure, OrganisationGroup, Proposal, Requirement
from marketplace.selectors import signals as selectors
from marketplace.services import bundles, cancellations, proposals, signals
from tests.factories import market as made
from tests.factories.offers import member

pytestmark = pytest.mark.django_db

# A Wednesday; its week is told from Monday 14 December on.
NOW = datetime(2026, 12, 2, 12, 0, tzinfo=UTC)
TOLD = datetime(2026, 12, 14, 0, 20, tzinfo=UTC)
WEEK = timedelta(weeks=1)
_rounds = count(1)


class Market:
    """Four producers with certificates and four buyers."""

    def __init__(self) -> None:
        self.admin = made.admin(now=NOW)
        self.producers = [made.trader(side="producer", by=self.admin, now=NOW) for _ in range(4)]
        self.buyers = [made.trader(side="buyer", by=self.admin, now=NOW) for _ in range(4)]
        self.papers = [
            made.certificate(
                one, by=self.admin, now=NOW, valid_to=(NOW.date() + timedelta(days=300)).isoformat()
            )
            for one in self.producers
        ]

    def deal(
        self, seller: int, buyer: int, tonnes: int, ask: str, at: datetime = NOW, limit: str = "60"
    ) -> Deal:
        lot = made.lot(
            self.producers[seller], self.papers[seller], now=at,
            quantity_t=str(tonnes), ask_premium=ask,
        )  # fmt: skip
        wanted = made.requirement(
            self.buyers[buyer], now=at, volume_t=str(tonnes), max_premium=limit
        )
        asked = replace(member(lot, wanted, tonnes), premium_usd_e4=int(ask) * 10_000)
        (found,) = bundles.open_bundles(
            round_number=next(_rounds), engine_version="test", bundles=[[asked]], now=at
        )
        assert found.proposal_id is not None, found.dropped_because
        key = Proposal.objects.get(pk=found.proposal_id).public_id
        for side in (self.producers[seller], self.buyers[buyer]):
            proposals.accept(by=side.actor, public_id=key, now=at)
        return Deal.objects.get(proposal__public_id=key)

    def worked_example(self, limit: str = "60", at: datetime = NOW) -> list[Deal]:
        return [
            self.deal(0, 0, 100, "18", at, limit),
            self.deal(1, 1, 200, "24", at, limit),
            self.deal(2, 2, 100, "30", at, limit),
        ]


@pytest.fixture
def market() -> Market:
    return Market()


def told(at: datetime = TOLD) -> selectors.Shown:
    signals.write_due(now=at)
    return selectors.shown(at.date(), Boundary.SMELTER_S1S2)


def test_worked_example(market: Market) -> None:
    market.worked_example()
    shown = told()
    (premium,) = shown.premiums
    assert (premium.value, premium.level_milli) == (20, 3_000)
    assert (premium.begin, premium.end) == (date(2026, 11, 30), date(2026, 12, 7))
    (tonnes,) = shown.tonnes
    assert tonnes.value == 400_000


def test_the_first_figures_begin_with_the_market(market: Market) -> None:
    """Half a year of nothing before the first deal would read as half a year of its tonnes."""
    market.worked_example()
    signals.write_due(now=TOLD)
    begins = set(MarketFigure.objects.filter(band_usd=None).values_list("begin", flat=True))
    assert date(2026, 11, 30) in begins
    assert min(begins) == date(2026, 11, 30), "the Monday of the first organisation's week"


def test_a_week_is_told_a_week_late(market: Market) -> None:
    market.worked_example()
    assert told(TOLD - timedelta(days=1)).premiums == []
    assert len(told().premiums) == 1


@pytest.mark.parametrize("sellers", [(0, 1, 1), (0, 0, 0)])
def test_fewer_than_three_producers_say_nothing(
    market: Market, sellers: tuple[int, int, int]
) -> None:
    for buyer, seller in enumerate(sellers):
        market.deal(seller, buyer, 100, "20")
    shown = told()
    assert (shown.premiums, shown.tonnes) == ([], [])


def test_a_group_is_one_party(market: Market) -> None:
    group = OrganisationGroup.objects.create(name="One house")
    for buyer in market.buyers[1:3]:
        buyer.organisation.group = group
        buyer.organisation.save()
    market.worked_example()
    assert told().premiums == []


def test_a_buyer_of_more_than_60_percent_says_nothing(market: Market) -> None:
    market.deal(0, 0, 100, "20")
    market.deal(1, 1, 100, "20")
    market.deal(2, 2, 310, "20")
    assert told().premiums == []


def test_figures_are_written_once_and_blocks_follow_each_other(market: Market) -> None:
    market.worked_example()
    first = told()
    assert signals.write_due(now=TOLD) == 0
    for seller in range(3):
        market.deal(seller, seller, 100, "40", NOW + WEEK)
    later = told(TOLD + WEEK)
    assert later.tonnes[0] == first.tonnes[0]
    assert [one.value for one in later.tonnes] == [400_000, 300_000]
    assert later.tonnes[1].begin == first.tonnes[0].end
    (newest,) = later.premiums
    assert newest.value == 40


def test_a_deal_cancelled_later_changes_nothing(market: Market) -> None:
    deals = market.worked_example()
    before = [(one.value, one.end) for one in told().premiums]
    cancellations.decide(public_id=deals[0].public_id, by=market.admin, reason="A test.", now=NOW)
    assert [(one.value, one.end) for one in told(TOLD + WEEK).premiums] == before


def test_twin_worlds_that_differ_in_limits_show_the_same(market: Market) -> None:
    market.worked_example(limit="31")
    one = [(row.signal, row.level_milli, row.value) for row in _figures()]
    MarketFigure.objects.all().delete()
    Requirement.objects.update(max_premium="199", internal_carbon_price="77")
    assert [(row.signal, row.level_milli, row.value) for row in _figures()] == one


def _figures() -> list[MarketFigure]:
    signals.write_due(now=TOLD)
    return list(MarketFigure.objects.order_by("signal", "boundary", "level_milli", "end"))


def test_ladders_are_taken_on_a_monday_and_shown_a_week_later(market: Market) -> None:
    monday = datetime(2026, 12, 7, 0, 20, tzinfo=UTC)
    for seller, tonnes in ((0, 100), (1, 100), (2, 174)):
        made.lot(market.producers[seller], market.papers[seller], now=NOW, quantity_t=str(tonnes))
    for buyer in range(2):
        made.requirement(market.buyers[buyer], now=NOW, volume_t="100")
    signals.write_due(now=monday)
    early = selectors.shown(date(2026, 12, 13), Boundary.SMELTER_S1S2)
    assert (early.supply, early.demand) == ([], [])
    shown = selectors.shown(date(2026, 12, 14), Boundary.SMELTER_S1S2)
    (supply,) = shown.supply
    # 374 t to the nearest 50 t; two buyers are too few to be told of.
    assert (supply.value, supply.level_milli, supply.end) == (350_000, 3_000, monday.date())
    assert shown.demand == []
    made.lot(market.producers[3], market.papers[3], now=monday, quantity_t="500")
    assert signals.write_due(now=monday + timedelta(days=2)) == 0


def test_missed_demand_is_banded_and_told_to_producers_only(market: Market) -> None:
    """Three buyers want 100 t each within 3.000-4.000 at 21, 25 and 29.99 USD/t; a fourth at 31."""
    for buyer, limit in enumerate(("21", "25", "29.99", "31")):
        made.requirement(
            market.buyers[buyer], now=NOW, volume_t="100", max_ci="3.500", max_premium=limit
        )
    signals.write_due(now=datetime(2026, 12, 7, 0, 20, tzinfo=UTC))
    (one,) = selectors.missed_by(date(2026, 12, 14))
    assert (one.level_milli, one.band_usd, one.value) == (3_000, 20, 300_000)
    assert selectors.missed_by(date(2026, 12, 13)) == []
    shown = selectors.shown(date(2026, 12, 14), Boundary.SMELTER_S1S2)
    assert one not in (*shown.supply, *shown.demand, *shown.premiums)


def test_a_group_that_produces_is_not_part_of_missed_demand(market: Market) -> None:
    group = OrganisationGroup.objects.create(name="One house")
    for trader in (market.buyers[0], market.producers[0]):
        trader.organisation.group = group
        trader.organisation.save()
    for buyer in range(3):
        made.requirement(market.buyers[buyer], now=NOW, volume_t="100", max_premium="25")
    signals.write_due(now=datetime(2026, 12, 7, 0, 20, tzinfo=UTC))
    assert selectors.missed_by(date(2026, 12, 14)) == []

"""What a preview cannot be asked: other parties' numbers and names, and anything all the time."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from marketplace.domain.errors import NotAllowed
from marketplace.models import Lot, OrganisationGroup, Probe
from marketplace.services import organisations, probes
from tests.factories import market as made
from tests.figures import attack
from tests.integration.matching.conftest import World
from tests.integration.matching.panels import look, panel

pytestmark = [pytest.mark.django_db, attack("C4")]


def test_whoever_may_not_see_asks_reads_nothing_of_them(market: World) -> None:
    """A buyer whose group holds a producer, before and after an ask moves across the limit."""
    group = OrganisationGroup.objects.create(name="Group")
    buyer = made.trader(side="buyer", by=market.admin, now=market.clock(), group=group)
    made.trader(side="producer", by=market.admin, now=market.clock(), group=group)

    before = panel(buyer)
    Lot.objects.update(ask_premium="24.99")
    after = panel(buyer)

    assert "2 lots, 500 t fit." in before
    assert "limit of 30" not in before
    assert before == after


def test_a_buyer_that_a_producer_excludes_learns_nothing_of_the_lot(world: World) -> None:
    world.lot(quantity_t="777", excluded_buyers=str(world.buyer.organisation.public_id))

    text = panel(world.buyer)

    assert "0 lots, 0 t fit." in text
    assert "777" not in text
    Lot.objects.update(state="WITHDRAWN")
    assert panel(world.buyer) == text, "as if it were not there"


def test_whose_a_lot_is_cannot_be_found_out_with_lists_of_producers(market: World) -> None:
    """Names come with the proposal: approving or barring one by one changes no number."""
    other = made.trader(side="producer", by=market.admin, now=market.clock())
    plain = panel(market.buyer)
    texts = {
        panel(market.buyer, **names) for one in (market.producer, other) for names in _lists_of(one)
    }

    said = "Your lists of producers are not counted in here"
    (listed,) = texts
    assert said in listed and said not in plain
    assert "2 lots, 500 t fit" in listed


def test_a_lot_without_an_exchange_rate_is_counted_apart(market: World) -> None:
    """It is not ranked, and that is said; to who may see asks only, for it tells of the ask."""
    Lot.objects.filter(quantity_kg=200_000).update(premium_unit="EUR_T")
    group = OrganisationGroup.objects.create(name="Group")
    relative = made.trader(side="buyer", by=market.admin, now=market.clock(), group=group)
    made.trader(side="producer", by=market.admin, now=market.clock(), group=group)

    said = "1 more lot is not matched: there is no recent exchange rate for its ask."
    assert said in panel(market.buyer)
    assert "exchange rate" not in panel(relative)


def test_nobody_elses_requirement_shows(market: World) -> None:
    before = panel(market.buyer)
    rival = made.trader(side="buyer", by=market.admin, now=market.clock())
    made.requirement(rival, now=market.clock(), max_premium="99.87", volume_t="499")

    assert panel(market.buyer) == before


def test_only_verified_buyers_look(market: World) -> None:
    now = market.clock()
    newcomer = made.trader(side="buyer", by=market.admin, now=now, verified=False)
    assert "not verified yet" in panel(newcomer)
    assert "not registered as a buyer" in panel(market.producer)
    banned = made.trader(side="buyer", by=market.admin, now=now)
    organisations.suspend(
        public_id=banned.organisation.public_id, by=market.admin, reason="Why.", now=now
    )
    banned.organisation.refresh_from_db()
    with pytest.raises(NotAllowed):
        look(market, banned)
    assert not Probe.objects.exists(), "a refusal is no look"


def test_looks_are_counted_by_group_and_hour(market: World, settings: Any) -> None:
    settings.PREVIEWS_PER_HOUR = 3
    now = market.clock()
    group = OrganisationGroup.objects.create(name="Group")
    one, other = (
        made.trader(side="buyer", by=market.admin, now=now, group=group) for _ in range(2)
    )
    for who in (one, other, one):
        look(market, who)

    with pytest.raises(probes.TooOften) as refused:
        look(market, other)

    assert refused.value.until == now.replace(minute=0) + timedelta(hours=1)
    assert set(Probe.objects.values_list("kind", "count")) == {("PREVIEW", 3), ("PREVIEW_DAY", 3)}
    look(market)
    market.clock.forward(hours=1)
    look(market, other)


def test_looks_are_counted_by_day_too(market: World, settings: Any) -> None:
    settings.PREVIEWS_PER_DAY = 2
    for _hour in range(2):
        look(market)
        market.clock.forward(hours=1)

    with pytest.raises(probes.TooOften, match=r"2 times within this day") as refused:
        look(market)

    now = market.clock()
    assert refused.value.until == now.replace(hour=0, minute=0) + timedelta(days=1)
    hour = Probe.objects.filter(kind="PREVIEW", hour=now.replace(minute=0))
    assert not hour.exists(), "what is refused is not counted"


def test_above_the_limit_the_panel_says_so_with_the_time(market: World, settings: Any) -> None:
    settings.PREVIEWS_PER_HOUR = 0

    text = panel(market.buyer)

    assert "Your organisation has looked 0 times within this hour." in text
    next_hour = timezone.now().replace(minute=0) + timedelta(hours=1)
    assert f"possible at {next_hour:%Y-%m-%d %H:%M} UTC" in text
    assert "fit" not in text


def _lists_of(producer: made.Trader) -> list[dict[str, Any]]:
    names = [str(producer.organisation.public_id)]
    return [{"allowed_producers": names}, {"excluded_producers": names}]

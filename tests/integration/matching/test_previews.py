"""The live preview: what a requirement would find, for verified buyers, within a limit an hour."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from marketplace.domain.errors import NotAllowed
from marketplace.models import Lot, OrganisationGroup, Probe, Requirement
from marketplace.services import lots, organisations, probes
from marketplace.services import requirements as services
from matching import previews
from tests.factories import market as made
from tests.factories.market import Trader
from tests.integration.matching.conftest import Clock, World

pytestmark = pytest.mark.django_db


def look(world: World, who: Trader | None = None, **raw: object) -> previews.Preview:
    now = world.clock()
    values = made.requirement_values(today=now.date(), **raw)
    return previews.drafted(by=(who or world.buyer).actor, raw=values, now=now)


def typed(**raw: object) -> dict[str, object]:
    """What a browser sends for an ordinary requirement, by the clock of the pages."""
    first = {"partial_ok": "yes", "ci_basis": "PER_LOT", "schemes_rule": "ALL"}
    return {**first, **made.requirement_values(), **raw}


def panel(trader: Trader, *, live: bool = True, **raw: object) -> str:
    client = Client(headers={"HX-Request": "true"} if live else {})
    client.force_login(trader.user)
    answer = client.post(reverse("matching:preview"), typed(**raw))
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


@pytest.fixture
def market(world: World) -> World:
    """200 t that fit; 900 t too high in carbon alone, 300 t that ask too much."""
    world.lot(quantity_t="200")
    world.lot(quantity_t="900", ci_smelter_s1s2="4.400")
    world.lot(quantity_t="300", ask_premium="30")
    return world


def test_it_says_what_fits_and_what_each_criterion_costs(market: World) -> None:
    text = panel(market.buyer)

    assert "2 lots, 500 t fit; 200 t of them ask no more than your limit." in text
    assert "1 lot, 900 t: more carbon than your limit" in text
    assert "at ≤ 4.400 t CO2e/t: <strong>+900 t</strong>" in text
    assert "at a limit of 30.00 USD/t: <strong>+300 t</strong>" in text
    assert "Nothing is reserved" in text
    assert "<html" not in text


def test_without_javascript_the_page_comes_back_with_all_that_was_typed(market: World) -> None:
    text = panel(market.buyer, live=False, volume_t="123.456", grades="P1020A, AA6063")

    assert "2 lots, 500 t fit" in text
    assert 'value="123.456"' in text
    assert 'value="P1020A, AA6063"' in text
    assert f'action="{reverse("requirement_new")}"' in text
    assert "is refused" not in text


def test_an_unfinished_form_counts_as_far_as_it_is_filled_in(market: World) -> None:
    text = panel(market.buyer, max_ci="", volume_t="", tolerance_pct="12", max_premium="")

    assert "3 lots, 1,400 t fit." in text
    assert "because it is empty: Volume, Carbon limit, Highest green premium." in text
    assert "<strong>Tolerance</strong> does not count: Give a value from 0 to 10." in text
    assert "your limit" not in text.lower()


def test_an_empty_form_is_no_error(market: World) -> None:
    client = Client(headers={"HX-Request": "true"})
    client.force_login(market.buyer.user)

    answer = client.post(reverse("matching:preview"), {})

    assert answer.status_code == 200
    assert "3 lots, 1,400 t fit." in re.sub(r"\s+", " ", answer.content.decode())


def test_a_requirement_may_be_previewed_while_it_is_changed(market: World) -> None:
    wanted = market.requirement()
    client, stranger = Client(), Client()
    client.force_login(market.buyer.user)
    stranger.force_login(made.trader(side="buyer", by=market.admin, now=market.clock()).user)
    address = reverse("matching:requirement_preview", args=[wanted.public_id])

    page = client.post(address, typed(version="1"))

    assert reverse("requirement_edit", args=[wanted.public_id]) in page.content.decode()
    absent = reverse("matching:requirement_preview", args=[uuid4()])
    assert stranger.post(address, typed()).status_code == 404
    assert stranger.post(absent, typed()).status_code == 404


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


def test_a_buyer_that_a_producer_excludes_learns_no_tonnes_of_it(world: World) -> None:
    world.lot(quantity_t="777", excluded_buyers=str(world.buyer.organisation.public_id))

    text = panel(world.buyer)

    assert "0 lots, 0 t fit." in text
    assert "1 more lot fails other rules only." in text
    assert "777" not in text


def test_nobody_elses_requirement_shows(market: World) -> None:
    before = panel(market.buyer)
    rival = made.trader(side="buyer", by=market.admin, now=market.clock())
    made.requirement(rival, now=market.clock(), max_premium="99.87", volume_t="499")

    assert panel(market.buyer) == before


def test_it_changes_with_the_lots_and_their_paper(market: World) -> None:
    """The process remembers what it read, until any of it changes."""
    assert look(market).findings.fitting.kg == 500_000
    assert look(market).findings.fitting.kg == 500_000
    lot = market.lot(quantity_t="100")
    assert look(market).findings.fitting.kg == 600_000
    lots.withdraw(by=market.producer.actor, public_id=lot.public_id, now=market.clock())
    assert look(market).findings.fitting.kg == 500_000
    organisations.suspend(
        public_id=market.producer.organisation.public_id,
        by=market.admin,
        reason="A test.",
        now=market.clock(),
    )
    assert look(market).findings.fitting.kg == 0


def test_reading_again_is_due_after_a_while(market: World, clock: Clock) -> None:
    look(market)
    clock.forward(seconds=20)
    assert look(market).findings.fitting.kg == 500_000


def test_an_average_is_told_as_far_as_it_reaches(market: World) -> None:
    text = panel(market.buyer, ci_basis="PORTFOLIO_AVERAGE", volume_t="1400", max_ci="3.600")

    assert "At most 750 t keep your average of 3.600; 1,400 t come to 3.971 at best." in text


def test_the_internal_carbon_price_is_explained(market: World) -> None:
    text = panel(market.buyer, internal_carbon_price="50")

    assert "At 50 USD/t CO2e the cleanest of these lots, at 3.200, counts 40.00 USD/t" in text


def test_a_window_that_is_over_is_said(market: World) -> None:
    text = panel(market.buyer, window_start="2020-01-01", window_end="2020-02-01")

    assert "The delivery window is over" in text


def test_without_an_exchange_rate_asks_are_not_compared(market: World) -> None:
    text = panel(market.buyer, premium_unit="EUR_T")

    assert "2 lots, 500 t fit." in text
    assert "no exchange rate that is recent enough" in text


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
    assert Probe.objects.get().count == 3
    look(market)
    market.clock.forward(hours=1)
    look(market, other)


def test_above_the_limit_the_panel_says_so_with_the_time(market: World, settings: Any) -> None:
    settings.PREVIEWS_PER_HOUR = 0

    text = panel(market.buyer)

    assert "Your organisation has looked 0 times within this hour." in text
    next_hour = timezone.now().replace(minute=0) + timedelta(hours=1)
    assert f"possible at {next_hour:%Y-%m-%d %H:%M} UTC" in text
    assert "fit" not in text


def changes(trader: Trader, wanted: Requirement) -> tuple[int, str]:
    client = Client()
    client.force_login(trader.user)
    answer = client.get(reverse("matching:requirement_changes", args=[wanted.public_id]))
    return answer.status_code, re.sub(r"\s+", " ", answer.content.decode())


def test_a_posted_requirement_tells_what_would_help(market: World) -> None:
    wanted = market.requirement(volume_t="700")

    code, text = changes(market.buyer, wanted)

    assert code == 200
    assert "What would help, at today's offers" in text
    assert "at ≤ 4.400 t CO2e/t: <strong>+900 t</strong>" in text
    page = Client()
    page.force_login(market.buyer.user)
    shown = page.get(reverse("requirement", args=[wanted.public_id])).content.decode()
    assert reverse("matching:requirement_changes", args=[wanted.public_id]) in shown


def test_what_would_help_is_the_owners_and_ends_with_the_requirement(
    market: World, settings: Any
) -> None:
    wanted = market.requirement()
    stranger = made.trader(side="buyer", by=market.admin, now=market.clock())
    assert changes(stranger, wanted)[0] == 404
    services.withdraw(by=market.buyer.actor, public_id=wanted.public_id, now=market.clock())
    assert "Nothing of this requirement is open." in changes(market.buyer, wanted)[1]
    again = market.requirement(window_start="2020-01-01", window_end="2020-02-01")
    assert "The delivery window is over" in changes(market.buyer, again)[1]
    settings.PREVIEWS_PER_HOUR = 0
    assert "looked 0 times" in changes(market.buyer, again)[1]

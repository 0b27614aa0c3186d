"""The live preview: what a requirement would find, and what would help a posted one."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from marketplace.models import Requirement
from marketplace.services import lots, organisations
from marketplace.services import requirements as services
from tests.factories import market as made
from tests.factories.market import Trader
from tests.integration.matching.conftest import Clock, World
from tests.integration.matching.panels import look, panel, typed

pytestmark = pytest.mark.django_db


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
    assert " fit" not in text, "a round matches nothing"


def test_without_an_exchange_rate_asks_are_not_compared(market: World) -> None:
    text = panel(market.buyer, premium_unit="EUR_T")

    assert "2 lots, 500 t fit." in text
    assert "no exchange rate that is recent enough" in text


def test_the_whole_volume_or_nothing_is_said_where_it_cannot_be_had(market: World) -> None:
    text = panel(market.buyer, volume_t="1000", partial_ok="no", tolerance_pct="2")

    assert "you take 980 t or nothing, and there is less" in text
    assert "or nothing, and" not in panel(market.buyer, volume_t="200", partial_ok="no")


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
    assert "2 lots, 500 t fit; 200 t of them ask no more than your limit." in text
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
    assert "Nothing more is looked for at present." in changes(market.buyer, wanted)[1]
    again = market.requirement(window_start="2020-01-01", window_end="2020-02-01")
    assert "The delivery window is over" in changes(market.buyer, again)[1]
    settings.PREVIEWS_PER_HOUR = 0
    assert "looked 0 times" in changes(market.buyer, again)[1]

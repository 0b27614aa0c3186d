"""Previews over the API say what the page says; duals are for market admins."""

import pytest

from tests.factories import market as made
from tests.factories.api import Caller
from tests.integration.matching.conftest import World, ask

pytestmark = pytest.mark.django_db


def test_a_draft_finds_what_the_form_finds(market: World) -> None:
    """The numbers of test_previews, whose market this is."""
    answer = Caller.of(market.buyer).post("requirements/preview", made.requirement_values())
    told = answer.json()
    assert answer.status_code == 200, told
    assert told["fitting"] == {"lots": 2, "quantity_t": "500.000", "within_limit_t": "200.000"}
    costs = {one["code"]: one for one in told["costs"]}
    assert costs["CI_TOO_HIGH"]["quantity_t"] == "900.000"
    assert costs["CI_TOO_HIGH"]["changes"][0]["detail"] == "at ≤ 4.400 t CO2e/t"
    assert costs["PREMIUM_TOO_HIGH"]["changes"][0]["detail"] == "at a limit of 30.00 USD/t"
    assert told["not_counted"] == []
    assert told["limit_compared"] is True


def test_an_unfinished_draft_names_what_does_not_count(market: World) -> None:
    values = made.requirement_values(max_premium="", tolerance_pct="12")
    told = Caller.of(market.buyer).post("requirements/preview", values).json()
    refused = {one["field"]: one for one in told["not_counted"]}
    assert set(refused) == {"max_premium", "tolerance_pct"}
    assert "0 to 10" in refused["tolerance_pct"]["detail"]
    assert told["limit_compared"] is False


def test_a_change_and_what_would_help_a_posted_one(market: World) -> None:
    caller = Caller.of(market.buyer)
    posted = made.requirement(market.buyer)
    path = f"requirements/{posted.public_id}"
    changed = caller.post(f"{path}/preview", made.requirement_values(max_ci="4.400")).json()
    assert changed["fitting"]["quantity_t"] == "1400.000"
    helps = caller.get(f"{path}/changes").json()["preview"]
    assert helps["fitting"]["quantity_t"] == "500.000"
    caller.post(f"{path}/withdraw")
    assert caller.get(f"{path}/changes").json() == {"preview": None}


def test_previews_are_counted_like_those_of_the_page(
    market: World, settings: pytest.FixtureRequest
) -> None:
    settings.PREVIEWS_PER_HOUR = 2  # type: ignore[attr-defined]
    caller = Caller.of(market.buyer)
    codes = [
        caller.post("requirements/preview", made.requirement_values()).status_code for _ in range(3)
    ]
    assert codes == [200, 200, 429]


def test_a_producer_has_no_previews(market: World) -> None:
    answer = Caller.of(market.producer).post("requirements/preview", made.requirement_values())
    assert answer.status_code == 403


@pytest.mark.django_db(transaction=True)
def test_marginal_premiums_are_for_a_market_admins_own_key(market: World) -> None:
    made.requirement(market.buyer, max_premium="60")
    ask(market.clock)
    told = Caller(market.admin).get("market/marginal-premiums").json()
    assert told["round"] is not None
    (curve,) = told["curves"]
    assert curve["boundary"] == "SMELTER_S1S2"
    assert curve["points"][0]["wanted_t"] == "500.000"
    for trader in (market.buyer, market.producer):
        assert Caller.of(trader).get("market/marginal-premiums").status_code == 403

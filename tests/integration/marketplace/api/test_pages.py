"""Pages of lists, filters, orders, and addresses that do not exist."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from tests.factories import market
from tests.factories.api import Caller
from tests.factories.market import Trader
from tests.figures import attack

pytestmark = [pytest.mark.django_db, attack("C3"), attack("C11")]


@pytest.fixture
def buyer() -> Trader:
    """A buyer with five requirements of 100 to 500 t, posted in this order."""
    now = timezone.now()
    found = market.trader(side="buyer", by=market.admin(now=now))
    for number in range(1, 6):
        at = now - timedelta(minutes=10 - number)
        market.requirement(found, now=at, volume_t=str(number * 100))
    return found


def volumes(caller: Caller, path: str) -> list[str]:
    return [row["volume_t"] for row in caller.get(path).json()["results"]]


def test_pages_run_newest_first_and_meet_without_gap(buyer: Trader) -> None:
    caller, path, found = Caller.of(buyer), "requirements?page_size=2", []
    for _page in range(3):
        response = caller.get(path)
        body = response.json()
        found += [row["volume_t"] for row in body["results"]]
        if body["next"]:
            assert f'<{body["next"]}>; rel="next"' in response.headers["Link"]
            address = urlsplit(body["next"])
            path = f"requirements?{address.query}"
    assert found == ["500.000", "400.000", "300.000", "200.000", "100.000"]
    assert body["next"] is None
    address = urlsplit(body["previous"])
    assert volumes(caller, f"requirements?{address.query}") == ["300.000", "200.000"]


def test_the_order_can_be_turned_round(buyer: Trader) -> None:
    caller = Caller.of(buyer)
    assert volumes(caller, "requirements?ordering=posted_at&page_size=1") == ["100.000"]


@pytest.mark.parametrize(
    "query",
    [
        "ordering=max_premium",
        "ordering=organisation__name",
        "max_premium=25",
        "organisation__name=x",
        "state=NONSENSE",
        "delivery_from=yesterday",
        "page_size=1e9",
        "page_size=0",
        "page_size=-1",
        "page_size=x",
        "cursor=bm90aGluZw",
        "cursor=%00",
        "offset=10",
    ],
)
def test_what_is_not_offered_is_refused_by_name(buyer: Trader, query: str) -> None:
    response = Caller.of(buyer).get(f"requirements?{query}")
    assert response.status_code == 400, response.content
    problem = response.json()
    assert problem["code"] == "invalid_query"
    assert problem["errors"][0]["parameter"] == query.partition("=")[0]


def test_a_huge_page_is_clamped(buyer: Trader) -> None:
    assert len(volumes(Caller.of(buyer), "requirements?page_size=1000000000")) == 5


def test_filters_narrow_a_list(buyer: Trader) -> None:
    caller = Caller.of(buyer)
    assert len(volumes(caller, "requirements?product_form=INGOT&state=OPEN")) == 5
    assert volumes(caller, "requirements?product_form=BILLET") == []
    assert volumes(caller, "requirements?boundary=CRADLE_TO_GATE") == []
    assert len(volumes(caller, "requirements?delivery_region=EU")) == 5


@pytest.mark.parametrize("path", ["lots/", "nothing", "lots/not-an-id", "lots/1"])
def test_an_unknown_address_is_a_problem(buyer: Trader, path: str) -> None:
    response = Caller.of(buyer).get(path)
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"


def test_a_wrong_method_or_media_type_is_a_problem(buyer: Trader) -> None:
    caller = Caller.of(buyer)
    wrong = caller.send("DELETE", "requirements")
    assert wrong.status_code == 405
    assert "POST" in wrong.headers["Allow"]
    form = caller.client.post("/api/v1/requirements", {"volume_t": "1"}, headers=caller.headers)
    assert form.status_code == 415
    assert form.json()["code"] == "unsupported_media_type"

"""List pages ask a fixed number of queries, and few: with many rows as many as with one."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.factories.deals import Pair
from tests.factories.market import Trader

pytestmark = pytest.mark.django_db

MOST, OF_DASHBOARDS = 12, 20
PRODUCER = ("lots", "certificates", "market_requirements")
BUYER = ("requirements", "market_lots", "comparisons", "searches")
BOTH = (
    "dashboard", "market", "proposals", "deals", "matching:rounds", "notifications", "members",
    "imports",
)  # fmt: skip


@pytest.fixture
def pair() -> Pair:
    found = Pair(timezone.now())
    grow(found)
    return found


def grow(pair: Pair) -> None:
    """One more of everything that lists show."""
    pair.deal(100, wanted=pair.requirement(volume_t="100"))
    pair.proposal(pair.lot(quantity_t="100"), pair.requirement(volume_t="200"), 50)
    pair.lot(quantity_t="10")


def asked(trader: Trader, address: str) -> int:
    browser = Client()
    browser.force_login(trader.user)
    browser.get(address)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert browser.get(address).status_code == 200
    return len(queries)


@pytest.mark.parametrize("name", [*BOTH, *PRODUCER])
def test_lists_of_a_producer(pair: Pair, name: str) -> None:
    holds(pair.producer, reverse(name), lambda: grow(pair))


@pytest.mark.parametrize("name", [*BOTH, *BUYER])
def test_lists_of_a_buyer(pair: Pair, name: str) -> None:
    holds(pair.buyer, reverse(name), lambda: grow(pair))


def test_the_statement_of_a_certificate(pair: Pair) -> None:
    page = reverse("certificate_statement", args=[pair.certificate.public_id])
    holds(pair.producer, page, lambda: grow(pair))


def holds(trader: Trader, address: str, more: Callable[[], None]) -> None:
    before = asked(trader, address)
    for _time in range(3):
        more()
    assert asked(trader, address) == before
    assert before <= (OF_DASHBOARDS if address == reverse("dashboard") else MOST)

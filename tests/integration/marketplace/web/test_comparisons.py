"""The buyer's CO2e comparison: the line on a deal, the page by year, and the exports."""

import csv
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from marketplace.models import Organisation
from tests.factories import market as made
from tests.factories import parameters
from tests.factories.deals import Pair

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
CAVEAT = "Comparison only: no credit, no offset and no inventory reduction."
NEXT_YEAR: dict[str, Any] = {"window_start": "2027-01-10", "window_end": "2027-03-10"}


@pytest.fixture
def pair() -> Pair:
    """499.5 t shipped in 2026, 300 t contracted for 2027."""
    parameters.seed()
    pair = Pair(NOW)
    pair.deliver(pair.deal(), "499.5")
    pair.deal(300, lot=pair.lot(**NEXT_YEAR), wanted=pair.requirement(**NEXT_YEAR))
    return pair


def answer(reader: Any, path: str = "/comparisons") -> Any:
    client = Client()
    client.force_login(reader.user)
    found = client.get(path)
    assert found.status_code == 200
    return found


def text(reader: Any, path: str = "/comparisons") -> str:
    return " ".join(answer(reader, path).content.decode().split())


def exported(reader: Any, name: str) -> list[dict[str, str]]:
    found = answer(reader, f"/comparisons/{name}.csv")
    assert found["Content-Disposition"].startswith("attachment;")
    return list(csv.DictReader(found.content.decode().splitlines()))


def test_a_deal_is_compared_on_its_page_with_the_caveat(pair: Pair) -> None:
    deal = pair.buyer.organisation.purchases.get(state="DELIVERED")
    for side in (pair.producer, pair.buyer):
        for path in (f"/deals/{deal.public_id}", f"/proposals/{deal.proposal.public_id}"):
            page = text(side, path)
            assert "CO2e difference" in page and CAVEAT in page
            assert "10.500 t CO2e/t · smelter 1+2" in page
            assert "World average, smelter 1+2, counts from 2026-01-01" in page
            assert "Not verified at source." in page
    assert "3,646.350 t CO2e" in text(pair.buyer, f"/deals/{deal.public_id}"), "what was shipped"


def test_the_page_sums_by_year_and_shows_the_newest_years_deals(pair: Pair) -> None:
    page = text(pair.buyer)
    assert CAVEAT in page and "Deals of 2027" in page
    assert "3,646.350" in page and "2,190.000" in page
    assert "contracted" in page
    assert "delivered </span>" not in page
    earlier = text(pair.buyer, "/comparisons?year=2026")
    assert "Deals of 2026" in earlier and "delivered </span>" in earlier
    for hostile in ("1999", "x", "%00", "' OR 1=1", "2026&page=99999"):
        assert "Deals of 202" in text(pair.buyer, f"/comparisons?year={hostile}")


def test_others_have_nothing_here(pair: Pair) -> None:
    stranger = made.trader(side="buyer", by=pair.admin, now=NOW)
    for reader in (stranger, pair.producer):
        assert "Nothing bought yet" in text(reader)
        assert exported(reader, "deals") == exported(reader, "years") == []


def test_it_is_linked_from_a_buyers_deals(pair: Pair) -> None:
    link = f'href="{reverse("comparisons")}"'
    assert link in text(pair.buyer, "/deals")
    assert link not in text(pair.producer, "/deals")


def test_the_exports_give_the_numbers_of_the_page(pair: Pair) -> None:
    deals = exported(pair.buyer, "deals")
    assert [(one["year"], one["tonnes_basis"], one["difference_t_co2e"]) for one in deals] == [
        ("2027", "contracted", "2190.000"),
        ("2026", "delivered", "3646.350"),
    ]
    assert deals[1] | {"deal": "", "producer": "", "baseline_source": ""} == {
        "year": "2026", "deal": "", "producer": "", "product_form": "INGOT",
        "tonnes_basis": "delivered", "quantity_t": "499.500", "boundary": "SMELTER_S1S2",
        "ci_t_co2e_per_t": "3.200", "baseline": "World average, smelter 1+2",
        "baseline_counts_from": "2026-01-01", "baseline_t_co2e_per_t": "10.500",
        "baseline_source": "", "difference_t_co2e": "3646.350", "caveat": CAVEAT,
    }  # fmt: skip
    years = exported(pair.buyer, "years")
    assert [tuple(one.values())[:6] for one in years] == [
        ("2027", "SMELTER_S1S2", "1", "300.000", "2190.000", "0"),
        ("2026", "SMELTER_S1S2", "1", "499.500", "3646.350", "0"),
    ]


def test_a_name_is_no_formula_in_a_spreadsheet(pair: Pair) -> None:
    producers = Organisation.objects.filter(pk=pair.producer.organisation.pk)
    producers.update(name='=HYPERLINK("http://x")')
    assert exported(pair.buyer, "deals")[0]["producer"] == '\'=HYPERLINK("http://x")'


def test_without_a_baseline_nothing_is_compared(pair: Pair) -> None:
    for model in parameters.MODELS:
        model._default_manager.all().delete()
    deal = pair.buyer.organisation.purchases.get(state="DELIVERED")
    assert "No baseline of this boundary is in force" in text(
        pair.buyer, f"/deals/{deal.public_id}"
    )
    assert "Deals without a baseline" in text(pair.buyer)
    row = exported(pair.buyer, "deals")[0]
    assert (row["baseline"], row["difference_t_co2e"]) == ("", "")


def test_the_number_of_queries_does_not_grow_with_the_deals(
    pair: Pair, django_assert_max_num_queries: Any
) -> None:
    client = Client()
    client.force_login(pair.buyer.user)
    for _ in range(4):
        pair.deal()
    with django_assert_max_num_queries(14):
        assert client.get("/comparisons").status_code == 200

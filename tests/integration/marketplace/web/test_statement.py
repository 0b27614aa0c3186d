"""A certificate's statement: each posting with its balances, on the page and in the export."""

import csv
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from marketplace.selectors import ledger
from marketplace.services import claims
from tests.factories.api import Caller
from tests.factories.deals import Pair

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
NUMBERS = ("free_t", "listed_t", "reserved_t", "sold_t", "delivered_t", "claimed_t")


@pytest.fixture
def pair() -> Pair:
    """A certificate of 12,000 t: 500 t listed, of them 300 t sold, 299.5 t shipped and claimed."""
    pair = Pair(NOW)
    deal = pair.deliver(pair.deal(300, wanted=pair.requirement(volume_t="300")), "299.5")
    year = {"reporting_year": str(NOW.year)}
    claims.retire(by=pair.buyer.actor, public_id=deal.public_id, raw=year, now=NOW)
    return pair


def page(pair: Pair, name: str, reader: Any = None) -> Any:
    client = Client()
    client.force_login((reader or pair.producer).user)
    return client.get(reverse(name, args=[pair.certificate.public_id]))


def exported(pair: Pair) -> list[dict[str, str]]:
    answer = page(pair, "certificate_statement_csv")
    assert answer["Content-Disposition"].startswith("attachment;")
    return list(csv.DictReader(b"".join(answer.streaming_content).decode().splitlines()))


def test_each_tonne_is_followed_from_issue_to_claim(pair: Pair) -> None:
    rows = exported(pair)
    assert [row["happened"] for row in rows] == [
        "certified tonnes entered",
        "drawn by a lot",
        "reserved by a proposal",
        "sold by a deal",
        "delivered to the buyer",
        "no longer sold: not shipped, or cancelled",
        "claimed by the buyer, retired",
    ]
    assert [rows[0][name] for name in NUMBERS] == ["12000.000"] + ["0.000"] * 5
    assert [rows[-1][name] for name in NUMBERS] == [
        "11500.500", "200.000", "0.000", "0.000", "0.000", "299.500",
    ]  # fmt: skip
    for row in rows:
        assert sum(float(row[name]) for name in NUMBERS) == 12_000


def test_the_page_says_that_it_reconciles(pair: Pair) -> None:
    text = " ".join(page(pair, "certificate_statement").content.decode().split())
    assert (
        "Reconciles: 12,000 t certified = 11,500.500 t free + 200 t listed + 0 t reserved + 0 t"
        " sold + 0 t delivered + 299.500 t claimed."
    ) in text
    assert "opening balance" in text
    shown = page(pair, "certificate").content.decode()
    assert reverse("certificate_statement", args=[pair.certificate.public_id]) in shown
    assert "299.500" in shown


def test_only_its_holder_reads_it_and_only_own_people_are_named(pair: Pair) -> None:
    for name in ("certificate_statement", "certificate_statement_csv"):
        assert page(pair, name, pair.buyer).status_code == 404
        assert Client().get(reverse(name, args=[pair.certificate.public_id])).status_code == 302
    by = {row["happened"]: row["by"] for row in exported(pair)}
    assert by["drawn by a lot"] == "Trader"
    assert by["certified tonnes entered"] == by["claimed by the buyer, retired"] == ""


def test_a_name_is_no_formula_in_a_spreadsheet(pair: Pair) -> None:
    pair.producer.user.name = '=HYPERLINK("http://x")'
    pair.producer.user.save()
    assert exported(pair)[1]["by"] == '\'=HYPERLINK("http://x")'


def test_pages_go_on_where_the_last_one_ended(pair: Pair, monkeypatch: Any) -> None:
    monkeypatch.setattr("marketplace.web.pages.PER_PAGE", 4)
    client = Client()
    client.force_login(pair.producer.user)
    address = reverse("certificate_statement", args=[pair.certificate.public_id])
    second = " ".join(client.get(f"{address}?page=2").content.decode().split())
    assert "claimed by the buyer" in second
    assert "11,500.500" in second
    assert "opening balance" not in second


def test_one_that_waits_has_nothing_and_a_missing_posting_is_told(
    pair: Pair, as_owner: Any
) -> None:
    assert ledger.check(pair.certificate).reconciles
    as_owner("DELETE FROM marketplace_ledgerposting WHERE target = 'LISTED' AND source = 'FREE'")
    as_owner("UPDATE marketplace_certificate SET certified_kg = certified_kg + 5")
    text = page(pair, "certificate_statement").content.decode()
    assert "Does not reconcile: 5 kg" in text


def test_the_api_gives_the_same_in_pages(pair: Pair) -> None:
    caller, path, found = Caller.of(pair.producer), "statement?page_size=3", []
    while path:
        body = caller.get(f"certificates/{pair.certificate.public_id}/{path}").json()
        found += body["results"]
        path = body["next"] and f"statement?{urlsplit(body['next']).query}"
    rows = exported(pair)
    assert [one["balance"] for one in found] == [
        {name: row[name] for name in NUMBERS} for row in rows
    ]
    assert [one["happened"] for one in found] == [row["happened"] for row in rows]
    foreign = Caller.of(pair.buyer).get(f"certificates/{pair.certificate.public_id}/statement")
    assert foreign.status_code == 404

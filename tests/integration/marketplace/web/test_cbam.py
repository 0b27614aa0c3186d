"""The CBAM card: beside the green premium, provisional, with its sources, for both sides."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from marketplace.models import CbamDefault, Deal, Proposal
from tests.factories import market as made
from tests.factories import parameters
from tests.factories.deals import Pair

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def pair() -> Pair:
    parameters.seed()
    return Pair(NOW)


def text(reader: Any, name: str, of: Any) -> str:
    client = Client()
    client.force_login(reader.user)
    answer = client.get(reverse(name, args=[of.public_id]))
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def deal(pair: Pair, *, verified: bool = False, **raw: object) -> Deal:
    backing = [pair.certificate]
    window = {"window_start": "2026-12-10", "window_end": "2027-02-10"}
    values: dict[str, object] = {"duty_status": "DUTY_UNPAID", **window, **raw}
    if verified:
        of = {"scheme": "ISO_14067", "certified_t": "", "boundary": "CBAM_DIRECT", "ci": "1.600"}
        backing.append(made.certificate(pair.producer, by=pair.admin, now=NOW, **of))
        values["ci_cbam_direct"] = "1.600"
    lot = made.lot(pair.producer, *backing, now=NOW, **values)
    forms = values.get("product_form", "INGOT")
    wanted = pair.requirement(product_forms=forms, grades=lot.grade, **window)
    return pair.deal(lot=lot, wanted=wanted)


def test_both_lines_the_gain_and_where_the_numbers_come_from(pair: Pair) -> None:
    found = deal(pair, verified=True)
    pages = [
        text(side, name, of)
        for side in (pair.producer, pair.buyer)
        for name, of in (("deal", found), ("proposal", Proposal.objects.get()))
    ]
    for page in pages:
        assert "CBAM (provisional)" in page
        assert "For delivery in 2026" in page
        for number in ("16.00", "143.98", "127.98", "0.2126", "1.9126", "1.3874", "1.600", "3.300"):
            assert number in page, number
        assert "97.50 % × 1 × 1.423 = 1.3874" in page
        assert "Price: 75.28 EUR per certificate (Q2 2026, the newest known" in page
        assert "Implementing Regulation (EU) 2025/2621" in page
        assert "As of 2026-11-26, not verified at source" in page
        assert "Verified data count" in page
        assert "A cost beside the green premium" in page


def test_without_a_proof_default_data_count(pair: Pair) -> None:
    page = text(pair.buyer, "deal", deal(pair, ci_cbam_direct="1.600"))
    assert "the producer states 1.600 t CO2e/t · CBAM direct, but no valid certificate" in page
    assert "143.98" in page and "16.00" not in page
    assert "Gain from verified data" not in page


def test_verified_data_below_what_is_free_cost_nothing_and_say_so(pair: Pair) -> None:
    page = text(pair.buyer, "deal", deal(pair, verified=True, origin_country="AE"))
    assert "Missing: the default value of AE for 2026." in page
    assert "16.00" in page
    CbamDefault.objects.create(
        country="AE", year=2026, emissions_milli=1300, source="a test", as_of=NOW.date()
    )
    page = text(pair.buyer, "deal", Deal.objects.get())
    assert '<td data-label="Cost, EUR/t" class="num"> 0.00 </td>' in page


def test_wire_rod_duty_paid_and_unknown_have_no_number(pair: Pair) -> None:
    rod = text(pair.buyer, "deal", deal(pair, product_form="WIRE_ROD", grade="1350"))
    assert "Not covered: wire rod is CN 7605" in rod
    paid = text(pair.buyer, "deal", deal(pair, duty_status="DUTY_PAID"))
    assert "contains CBAM already, and nothing is added" in paid
    unknown = text(pair.buyer, "deal", deal(pair, origin_country="AE"))
    assert "Not known: numbers are missing." in unknown
    for page in (rod, paid, unknown):
        assert "CBAM (provisional)" in page
        assert "Cost, EUR/t" not in page
        assert "0.00 </td>" not in page


def test_an_offer_that_says_nothing_of_duty_is_told_apart(pair: Pair) -> None:
    page = text(pair.buyer, "deal", deal(pair, duty_status=""))
    assert "does not say whether duty is paid" in page and "143.98" in page


def test_metal_of_exempt_countries_has_no_card(pair: Pair) -> None:
    page = text(pair.buyer, "deal", deal(pair, origin_country="NO"))
    assert "CBAM (provisional)" not in page
    assert "CO2e difference" in page


def test_the_lots_page_in_the_market_shows_it_for_lots_that_go_to_the_eu() -> None:
    parameters.seed()
    pair = Pair(timezone.now())
    lot = pair.lot(duty_status="DUTY_UNPAID")
    page = text(pair.buyer, "lot", lot)
    assert "CBAM (provisional)" in page
    assert "due only if the metal is delivered to the EU" in page
    europe = pair.lot(duty_status="DUTY_UNPAID", delivery_regions="EU")
    assert "due only if the metal" not in text(pair.buyer, "lot", europe)
    assert "CBAM (provisional)" not in text(pair.producer, "lot", lot), "their own page"
    other = pair.lot(duty_status="DUTY_UNPAID", delivery_regions="CN")
    assert "CBAM (provisional)" not in text(pair.buyer, "lot", other)

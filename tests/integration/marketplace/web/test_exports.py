"""Exports and templates: exactly what the filter shows, and nobody's secrets."""

import io

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from marketplace.domain import sheets
from marketplace.models import Proposal
from marketplace.selectors import exports
from marketplace.services import proposals
from tests.factories import market as made
from tests.factories.sheets import (
    as_csv,
    checked,
    outcomes,
    sent_back,
    table_of,
)
from tests.integration.marketplace.web.conftest import CARBON_PRICE, LIMIT, Place

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", ["lots", "requirements"])
def test_a_template_shows_and_explains_every_column(place: Place, kind: str) -> None:
    trader = place.producer if kind == "lots" else place.buyer
    browser = place.browser(trader)
    sheet = {"lots": sheets.LOTS, "requirements": sheets.REQUIREMENTS}[kind]
    (example,) = table_of(browser.get(reverse("import_template", args=[kind, "csv"])))
    assert tuple(example) == sheet.names
    book = openpyxl.load_workbook(
        io.BytesIO(sent_back(browser.get(reverse("import_template", args=[kind, "xlsx"]))))
    )
    first, second = book.worksheets
    assert tuple(cell.value for cell in first[1]) == sheet.names
    explained = {line[0].value: [cell.value for cell in line] for line in second.iter_rows()}
    assert set(explained) == {"Column", *sheet.names}
    assert all(line[4] for line in explained.values())
    if kind == "lots":
        example["certificates"] = f"CGMC_GREEN_POWER:{place.certificate.number}"
    job = checked(trader, kind.upper(), as_csv([example]))
    assert outcomes(job) == {"EXAMPLE-1": "NEW"}, [one.errors for one in job.rows.all()]
    for bad in (("deals", "csv"), ("lots", "pdf")):
        assert browser.get(reverse("import_template", args=bad)).status_code == 404


def test_exports_hold_exactly_what_the_filter_shows(place: Place) -> None:
    browser = place.browser(place.producer)
    for number, form in enumerate(("INGOT", "SOW", "SOW")):
        made.lot(place.producer, place.certificate, product_form=form, reference=f"={number}")
    assert len(table_of(browser.get("/exports/lots.csv"))) == 3
    found = table_of(browser.get("/exports/lots.csv", {"product_form": "SOW", "page": "7"}))
    assert [one["lot_id"] for one in found] == ["'=2", "'=1"]
    assert table_of(browser.get("/exports/lots.csv", {"product_form": "LEAD"})) == []
    page = browser.get(reverse("lots"), {"product_form": "SOW"}).content.decode()
    assert "/exports/lots.csv?product_form=SOW" in page
    book = openpyxl.load_workbook(io.BytesIO(sent_back(browser.get("/exports/lots.xlsx"))))
    lines = list(book.active.iter_rows())
    assert len(lines) == 4
    cells = dict(zip((cell.value for cell in lines[0]), lines[1], strict=True))
    assert (cells["lot_id"].value, cells["lot_id"].data_type) == ("'=2", "s")
    assert (cells["quantity_t"].value, cells["quantity_t"].data_type) == (500, "n")
    for path in ("/exports/users.csv", "/exports/lots.pdf"):
        assert browser.get(path).status_code == 404


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_an_export_comes_back_as_unchanged(place: Place, form: str) -> None:
    made.lot(place.producer, place.certificate, reference="=A", brand="-x", ask_premium="-3.50")
    made.lot(place.producer, place.certificate, place="\u2212", incoterm="CIF", ci_year="2025")
    made.requirement(place.buyer, reference="@R", grades="+1|P1020A", internal_carbon_price="12.5")
    for trader, kind in ((place.producer, "lots"), (place.buyer, "requirements")):
        content = sent_back(place.browser(trader).get(f"/exports/{kind}.{form}"))
        job = checked(trader, kind.upper(), content)
        assert set(outcomes(job).values()) == {"UNCHANGED"}, [
            (one.errors, one.changes) for one in job.rows.all()
        ]


def test_asks_and_limits_are_in_nobody_elses_export(place: Place, proposal: Proposal) -> None:
    made.lot(place.producer, place.certificate, ask_premium="17.77")
    rival = made.trader(side="producer", by=place.admin)
    seen = table_of(place.browser(place.buyer).get("/exports/market-lots.csv"))
    assert {"17.77", "20.00"} == {one["ask_premium"] for one in seen}
    hidden = table_of(place.browser(rival).get("/exports/market-lots.csv"))
    assert len(hidden) == len(seen)
    assert not {"ask_premium", "premium_unit", "producer"} & set(hidden[0])
    for trader in (place.producer, place.buyer):
        proposals.accept(by=trader.actor, public_id=proposal.public_id, now=timezone.now())
    for name in exports.EXPORTS:
        for form in ("csv", "xlsx"):
            answer = place.browser(place.producer).get(f"/exports/{name}.{form}")
            assert answer.status_code == 200
            content = sent_back(answer)
            if form == "csv":
                assert LIMIT.encode() not in content
                assert CARBON_PRICE.encode() not in content
    (sold,) = table_of(place.browser(place.producer).get("/exports/proposals.csv"))
    assert (sold["side"], sold["with"]) == ("PRODUCER", place.buyer.organisation.name)
    (bought,) = table_of(place.browser(place.buyer).get("/exports/proposals.csv"))
    assert (bought["side"], bought["state"]) == ("BUYER", "DEAL")
    (deal,) = table_of(place.browser(place.buyer).get("/exports/deals.csv"))
    assert (deal["quantity_t"], deal["premium"]) == ("400.000", "20.00")
    assert table_of(place.browser(rival).get("/exports/deals.csv")) == []

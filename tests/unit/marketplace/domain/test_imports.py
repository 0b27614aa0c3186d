"""Rows of market files as an organisation's own, and the columns that explain themselves."""

from datetime import date
from decimal import Decimal

import pytest

from marketplace.domain import imports, sheets
from marketplace.domain.errors import FieldError, InvalidInput
from marketplace.domain.fx import FxRates
from marketplace.domain.lots import COLUMNS as LOT_TERMS
from marketplace.domain.requirements import COLUMNS as REQUIREMENT_TERMS
from marketplace.domain.terms import CertificateRef, LotTerms
from marketplace.domain.vocabulary import Scheme
from tests.factories.columns import LOT, REQUIREMENT

DAY = date(2026, 11, 24)
FX = FxRates({})


def test_a_reference_compares_like_every_name() -> None:
    errors: list[FieldError] = []
    assert imports.reference({"reference": "  Ａ-1 "}, errors) == imports.Reference("Ａ-1", "a-1")
    assert imports.reference({}, errors) == imports.Reference()
    assert errors == []


@pytest.mark.parametrize("text", ["x" * 65, "\ufdfa" * 10, "\u200b", "a\x07"])
def test_a_reference_that_no_column_holds_is_refused(text: str) -> None:
    errors: list[FieldError] = []
    assert imports.reference({"reference": text}, errors) == imports.Reference()
    assert [(one.field, one.code) for one in errors] == [("reference", "not_a_reference")]
    assert "64" in str(errors[0])


def test_a_needed_name_has_letters_and_an_end() -> None:
    assert imports.named({"lot_id": "A"}, "lot_id", 64) == []
    for text in ("", " ", "x" * 65, "\u200b"):
        (error,) = imports.named({"lot_id": text}, "lot_id", 64)
        assert str(error) == "Give 1 to 64 characters."


def test_papers_are_named_by_scheme_and_number() -> None:
    found, wrong = imports.certificate_refs("cgmc_green_power: A:1 |EPD:2")
    assert found == [
        CertificateRef(Scheme.CGMC_GREEN_POWER, "A:1"), CertificateRef(Scheme.EPD, "2"),
    ]  # fmt: skip
    assert wrong == []
    for text, code in (("", "required"), ("EPD", "unknown_scheme"), ("EPD:|X:1", "unknown_scheme")):
        _found, wrong = imports.certificate_refs(text)
        assert {one.code for one in wrong} == {code}


def test_everybody_writes_for_the_own_organisation() -> None:
    assert imports.own_party({"producer": " ACME gmbh"}, "producer", "Acme GmbH") == []
    assert imports.own_party({}, "producer", "Acme") == []
    (error,) = imports.own_party({"producer": "Other"}, "producer", "Acme")
    assert (error.value, "Acme" in str(error)) == ("Other", True)


def test_equal_is_what_says_the_same_however_it_is_written() -> None:
    def terms(cells: object) -> LotTerms:
        return imports.lot_terms(cells, DAY, FX)  # type: ignore[arg-type]

    same = {**LOT, "quantity_t": "500.000", "ask_premium": "20.00", "min_take_t": "", "site": "x"}
    same |= {"ci_verified": "yes", "listed_at": "2026-11-01T00:00:00Z", "product_form": "ingot"}
    assert imports.is_same(same, LOT, terms)
    assert imports.claims_verified(same)
    assert not imports.claims_verified(LOT)
    assert not imports.is_same({**LOT, "quantity_t": "500.001"}, LOT, terms)
    assert not imports.is_same(LOT, {**LOT, "window_end": "2026-01-01"}, terms)
    with pytest.raises(InvalidInput):
        imports.is_same({**LOT, "quantity_t": "x"}, LOT, terms)
    wanted = imports.requirement_terms({**REQUIREMENT, "posted_at": "2026-11-01"}, DAY, FX)
    assert wanted == imports.requirement_terms({**REQUIREMENT, "buyer": "B"}, DAY, FX)


@pytest.mark.parametrize(
    ("sheet", "terms", "own"),
    [
        (sheets.LOTS, LOT_TERMS, {"lot_id", "producer", "certificates", "site", "excluded_buyers"}),
        (
            sheets.REQUIREMENTS,
            REQUIREMENT_TERMS,
            {"requirement_id", "buyer", "allowed_producers", "excluded_producers"},
        ),
    ],
)
def test_a_sheet_has_every_column_and_its_example_is_accepted(
    sheet: sheets.Sheet, terms: tuple[str, ...], own: set[str]
) -> None:
    assert set(sheet.names) == {*terms, *own}
    assert all(one.rule for one in sheet.columns)
    row = sheets.example(sheet, DAY)
    assert all(row[one.name] for one in sheet.columns if one.needed)
    if sheet is sheets.LOTS:
        assert imports.lot_terms(row, DAY, FX).ask_premium == Decimal(20)
    else:
        assert imports.requirement_terms(row, DAY, FX).max_premium == Decimal(25)
    for one in sheet.columns:
        assert (
            not one.codes or not one.example or one.example.split(":")[0].split("|")[0] in one.codes
        )
    for code in {code for one in sheet.columns for code in one.codes}:
        assert code == code.strip()

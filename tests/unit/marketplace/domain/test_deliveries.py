"""What a producer may state of a shipment, and a buyer of its claim: read exactly or refused."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.deliveries import (
    Contracted,
    Split,
    parse_delivery,
    parse_retirement,
    split,
)
from marketplace.domain.errors import InvalidInput

DEAL = Contracted(500_000, date(2026, 11, 24))
TODAY = date(2026, 12, 20)
SHIPPED = {
    "shipped_t": "498.750",
    "shipped_on": "2026-12-18",
    "cast_numbers": "A-1041, A-1042\nA-1043",
    "transport_document": "MAEU 123456789",
}


def refused(**raw: object) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        parse_delivery(SHIPPED | raw, contracted=DEAL, today=TODAY)
    return {error.field: error.code for error in caught.value.errors}


def test_the_worked_example() -> None:
    terms = parse_delivery(SHIPPED, contracted=DEAL, today=TODAY)
    assert (terms.shipped_kg, terms.shipped_on) == (498_750, date(2026, 12, 18))
    assert terms.cast_numbers == ("A-1041", "A-1042", "A-1043")
    assert terms.transport_document == "MAEU 123456789"
    assert split(shipped_kg=498_750, contracted_kg=500_000) == Split(498_750, 1_250, 0)


def test_two_percent_above_the_deal_are_shipped_without_a_claim_on_them() -> None:
    terms = parse_delivery(SHIPPED | {"shipped_t": "510"}, contracted=DEAL, today=TODAY)
    assert split(shipped_kg=terms.shipped_kg, contracted_kg=DEAL.kg) == Split(500_000, 0, 10_000)
    with pytest.raises(InvalidInput) as caught:
        parse_delivery(SHIPPED | {"shipped_t": "510.001"}, contracted=DEAL, today=TODAY)
    (error,) = caught.value.errors
    assert (error.field, error.value, error.code) == ("shipped_t", "510.001", "above_tolerance")
    assert "510.000 t" in str(error)
    assert "2 %" in str(error)


@pytest.mark.parametrize("given", ["0", "-1", "-0"])
def test_something_is_shipped(given: str) -> None:
    assert refused(shipped_t=given) == {"shipped_t": "nothing_shipped"}


@pytest.mark.parametrize("given", ["", "NaN", "498,75", "1e400", "498.7501", True])
def test_a_weight_is_an_exact_number(given: object) -> None:
    assert list(refused(shipped_t=given)) == ["shipped_t"]


def test_the_day_lies_between_the_deal_and_today() -> None:
    for day in ("2026-11-24", "2026-12-20"):
        assert parse_delivery(SHIPPED | {"shipped_on": day}, contracted=DEAL, today=TODAY)
    assert refused(shipped_on="2026-11-23") == {"shipped_on": "before_deal"}
    assert refused(shipped_on="2026-12-21") == {"shipped_on": "in_future"}
    assert refused(shipped_on="18.12.2026") == {"shipped_on": "not_a_date"}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("", "required"),
        (" , ;\n", "required"),
        ([], "required"),
        ("A1,A1", "named_twice"),
        (["A\x001"], "control_character"),
        ("x" * 61, "too_long"),
        ([str(number) for number in range(501)], "too_many"),
    ],
)
def test_cast_numbers_are_named_once_each(given: object, code: str) -> None:
    assert refused(cast_numbers=given) == {"cast_numbers": code}


@pytest.mark.parametrize("typed", ["A1,A2", "A1，A2", "A1、A2", "A1；A2", "A1;\nA2", "A1\r\nA2，"])
def test_cast_numbers_are_split_at_the_signs_of_either_keyboard(typed: str) -> None:
    terms = parse_delivery(SHIPPED | {"cast_numbers": typed}, contracted=DEAL, today=TODAY)
    assert terms.cast_numbers == ("A1", "A2")


def test_every_broken_rule_is_told_at_once() -> None:
    assert refused(shipped_t="", cast_numbers="", transport_document=" ", colour="red") == {
        "shipped_t": "required",
        "cast_numbers": "required",
        "transport_document": "required",
        "colour": "unknown_column",
    }


@given(st.integers(1, 600_000_000), st.integers(1, 500_000_000))
def test_no_kilogram_is_lost_between_claim_shortfall_and_excess(shipped: int, kg: int) -> None:
    parts = split(shipped_kg=shipped, contracted_kg=kg)
    assert parts.delivered_kg + parts.short_kg == kg
    assert parts.delivered_kg + parts.above_kg == shipped
    assert min(parts.delivered_kg, parts.short_kg, parts.above_kg) >= 0
    assert not (parts.short_kg and parts.above_kg)


def retired(**raw: object) -> object:
    return parse_retirement(raw, shipped_on=date(2026, 12, 18), today=date(2027, 2, 1))


def test_a_claim_is_retired_for_one_year_around_the_shipment() -> None:
    for year in (2025, 2026, 2028):
        terms = parse_retirement(
            {"beneficiary": " Werk 3 ", "reporting_year": str(year)},
            shipped_on=date(2026, 12, 18),
            today=date(2027, 2, 1),
        )
        assert (terms.beneficiary, terms.reporting_year) == ("Werk 3", year)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("", "required"),
        ("2024", "out_of_range"),
        ("2029", "out_of_range"),
        ("2026.5", "too_many_decimals"),
        ("MMXXVI", "not_a_number"),
    ],
)
def test_other_years_are_refused(given: str, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        retired(beneficiary="", reporting_year=given)
    assert [(one.field, one.code) for one in caught.value.errors] == [("reporting_year", code)]

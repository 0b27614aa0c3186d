"""CBAM: the check values of the domain's facts, and what must never read as a cost of 0."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.cbam import (
    Assessment,
    Cover,
    Goods,
    Missing,
    Parameters,
    Quarter,
    assess,
    certificates,
    cost_eur,
    free_allocation,
    is_import,
    quarter_of,
)
from marketplace.domain.vocabulary import CbamProcess

CHINA_2026 = Parameters(
    factor_centi_pct=9750,
    cscf=Decimal(1),
    primary_milli=1423,
    secondary_milli=91,
    default_milli=3300,
    price_eur=Decimal("75.28"),
)
INGOT = Goods("INGOT", "76011090", 0, "DUTY_UNPAID", "CIF")
MILLI = st.integers(10, 25_000)
FACTOR = st.integers(0, 10_000)


def costs(verified_milli: int | None, **other: Any) -> tuple[str | None, str | None, str | None]:
    """Cost by verified data, by default data, and the gain; EUR per t."""
    found = assess(INGOT, replace(CHINA_2026, **other), verified_milli=verified_milli)
    actual = str(found.actual.cost_eur) if found.actual else None
    default = str(found.default.cost_eur) if found.default else None
    return actual, default, None if found.gain_eur is None else str(found.gain_eur)


def test_the_check_values_of_2026_at_75_28() -> None:
    assert costs(None) == (None, "143.98", None)
    assert costs(1600) == ("16.00", "143.98", "127.98")
    assert costs(1300) == ("0.00", "143.98", "143.98")
    found = assess(INGOT, CHINA_2026, verified_milli=1600)
    assert found.cover is Cover.CHARGED and found.missing == ()
    assert found.actual and found.default
    assert found.default.free_allocation == Decimal("1.387425")
    assert found.default.certificates == Decimal("1.912575")
    assert found.actual.certificates == Decimal("0.212575")
    assert (found.counts, assess(INGOT, CHINA_2026, verified_milli=None).counts) == (
        found.actual, found.default,
    )  # fmt: skip


def test_the_factor_scales_the_benchmark_and_never_the_emissions() -> None:
    """The known bug of public code would give 0.00 in 2034, and 135.09 in 2026."""
    assert costs(1600, factor_centi_pct=0)[0] == "120.45"
    scaled = (Decimal("3.300") * Decimal("0.975") - Decimal("1.423")) * Decimal("75.28")
    assert costs(None)[1] != str(round(scaled, 2))


@given(MILLI, MILLI, FACTOR)
def test_a_tonne_more_is_a_certificate_more_whatever_the_factor(
    first: int, second: int, factor: int
) -> None:
    free = free_allocation(factor_centi_pct=factor, cscf=Decimal(1), benchmark_milli=1423)
    low, high = sorted((first, second))
    needed = [certificates(emissions_milli=one, free=free) for one in (low, high)]
    if needed[0] > 0:
        assert needed[1] - needed[0] == Decimal(high - low) / 1000
    assert needed == sorted(needed) and needed[0] >= 0


@given(MILLI, FACTOR, FACTOR)
def test_less_free_is_never_cheaper(emissions: int, first: int, second: int) -> None:
    low, high = sorted((first, second))
    dear, cheap = (costs(emissions, factor_centi_pct=one)[0] for one in (low, high))
    assert dear is not None and cheap is not None
    assert Decimal(dear) >= Decimal(cheap) >= 0


def test_half_a_cent_goes_away_from_zero_and_what_was_paid_at_origin_comes_off() -> None:
    none = Decimal(0)
    half = cost_eur(needed=Decimal("0.5"), price_eur=Decimal("0.05"), paid_at_origin_eur=none)
    assert str(half) == "0.03"
    assert costs(1600, paid_at_origin_eur=Decimal("6.00"))[0] == "10.00"
    assert costs(1600, paid_at_origin_eur=Decimal("99.00"))[0] == "0.00"


def test_verified_data_can_cost_more_than_default_data() -> None:
    assert costs(4000) == ("196.67", "143.98", "-52.69")


def test_more_than_half_scrap_takes_the_secondary_benchmark() -> None:
    assert replace(INGOT, scrap_centi_pct=5000).process is CbamProcess.PRIMARY
    scrap = replace(INGOT, scrap_centi_pct=5001)
    assert scrap.process is CbamProcess.SECONDARY
    found = assess(scrap, CHINA_2026, verified_milli=100).actual
    assert found and found.free_allocation == Decimal("0.088725")
    assert str(found.cost_eur) == "0.85"


@pytest.mark.parametrize(
    "rod", [replace(INGOT, product_form="WIRE_ROD", cn_code=""), replace(INGOT, cn_code="760511")]
)
def test_wire_rod_is_not_covered_and_that_is_no_number(rod: Goods) -> None:
    assert assess(rod, CHINA_2026, verified_milli=1600) == Assessment(Cover.NOT_COVERED)
    paid = replace(rod, duty_status="DUTY_PAID")
    assert assess(paid, CHINA_2026, verified_milli=None).cover is Cover.NOT_COVERED
    assert assess(rod, CHINA_2026, verified_milli=1600).counts is None


@pytest.mark.parametrize(
    ("duty", "incoterm", "paid"),
    [
        ("DUTY_PAID", "CIF", True),
        ("DUTY_UNPAID", "CIF", False),
        ("", "DDP", True),
        ("", "CIF", False),
        ("", "", False),
        ("DUTY_UNPAID", "DDP", False),
    ],
)
def test_nothing_is_added_to_a_duty_paid_offer(duty: str, incoterm: str, paid: bool) -> None:
    goods = replace(INGOT, duty_status=duty, incoterm=incoterm)
    found = assess(goods, CHINA_2026, verified_milli=1600)
    assert (found == Assessment(Cover.DUTY_PAID)) is paid


@pytest.mark.parametrize(
    ("without", "missing"),
    [
        ("factor_centi_pct", Missing.FACTOR),
        ("cscf", Missing.FACTOR),
        ("primary_milli", Missing.BENCHMARK),
        ("price_eur", Missing.PRICE),
    ],
)
def test_a_missing_parameter_is_named_and_is_never_0(without: str, missing: Missing) -> None:
    gap: dict[str, Any] = {without: None}
    found = assess(INGOT, replace(CHINA_2026, **gap), verified_milli=1600)
    assert found == Assessment(Cover.UNKNOWN, None, None, (missing,))


def test_without_a_default_value_verified_data_still_count() -> None:
    other = replace(CHINA_2026, default_milli=None)
    found = assess(INGOT, other, verified_milli=1600)
    assert (found.cover, found.missing) == (Cover.CHARGED, (Missing.DEFAULT,))
    assert found.gain_eur is None and found.counts == found.actual
    bare = assess(INGOT, other, verified_milli=None)
    assert (bare.cover, bare.missing, bare.counts) == (Cover.UNKNOWN, (Missing.DEFAULT,), None)


@pytest.mark.parametrize(
    ("origin", "regions", "imports"),
    [
        ("CN", ["EU"], True),
        ("CN", ["GLOBAL"], True),
        ("CN", ["CN", "US"], False),
        ("CN", [], False),
        ("GB", ["EU"], True),
        ("DE", ["EU"], False),
        ("NO", ["EU"], False),
        ("IS", ["EU"], False),
        ("LI", ["EU"], False),
        ("CH", ["EU"], False),
    ],
)
def test_an_import_comes_from_outside_into_the_eu(
    origin: str, regions: list[str], imports: bool
) -> None:
    assert is_import(origin=origin, delivered_to=regions) is imports


def test_quarters() -> None:
    months = [str(quarter_of(date(2026, month, 1))) for month in (1, 3, 4, 9, 10, 12)]
    assert months == ["Q1 2026", "Q1 2026", "Q2 2026", "Q3 2026", "Q4 2026", "Q4 2026"]
    assert quarter_of(date(2027, 1, 1)) == Quarter(2027, 1)

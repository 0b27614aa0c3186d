"""Footprints by PACT v3: what is composed, and which filter finds it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.footprints import (
    ACTIVE,
    Product,
    Standard,
    Statement,
    Verified,
    compose,
    criteria,
    instant,
    moment,
    validity,
)

PRODUCT = Product(
    lot_id="a-lot",
    company="Demo Smelter",
    company_id="a-company",
    domain="market.example",
    name="Lumina",
    description="Primary aluminium, Ingot P1020A",
    cn_code="76011090",
    country="CN",
    ci_milli=4_125,
    reference=(date(2025, 1, 1), date(2025, 12, 31)),
    verified=None,
)
STATEMENT = Statement(8_550, 100, (Standard.ISO14067.told, Standard.GHGP.told), True)
PROOF = Verified("TUV", "EPD", None, date(2026, 3, 1), date(2027, 2, 28))


def test_worked_example() -> None:
    body = compose(PRODUCT, STATEMENT)
    pcf = body["pcf"]
    assert body["productIds"] == ["urn:pact:market.example:product-id:a-lot"]
    assert body["productClassifications"] == ["urn:pact:ec.europa.eu:cn-code:76011090"]
    assert pcf["pcfExcludingBiogenicUptake"] == "4.125"
    assert (pcf["primaryDataShare"], pcf["exemptedEmissionsPercent"]) == ("85.50", "1.00")
    assert pcf["crossSectoralStandards"] == ["ISO14067", "GHGP-Product"]
    assert pcf["referencePeriodEnd"] == "2026-01-01T00:00:00Z"
    assert not {"verification", "validityPeriodStart"} & (set(pcf) | set(body))


def test_without_a_code_there_is_no_classification() -> None:
    assert "productClassifications" not in compose(replace(PRODUCT, cn_code=""), STATEMENT)


def test_a_certified_value_is_valid_as_long_as_its_certificate() -> None:
    at = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
    body = compose(replace(PRODUCT, verified=replace(PROOF, at=at)), STATEMENT)
    assert body["validityPeriodEnd"] == "2027-03-01T00:00:00Z", "through the last day"
    assert body["pcf"]["verification"]["completedAt"] == "2026-03-02T08:00:00Z"
    undated = compose(replace(PRODUCT, verified=PROOF), STATEMENT)
    assert "completedAt" not in undated["pcf"]["verification"]


def test_otherwise_for_three_years_from_the_end_of_its_reference_period() -> None:
    begin, end = validity(compose(PRODUCT, STATEMENT))
    assert (instant(begin), instant(end)) == ("2026-01-01T00:00:00Z", "2029-01-01T00:00:00Z")
    leap = replace(PRODUCT, reference=(date(2024, 1, 1), date(2024, 2, 28)))
    assert instant(validity(compose(leap, STATEMENT))[1]) == "2027-02-28T00:00:00Z"


@pytest.mark.parametrize("text", [None, 7, "", "yesterday", "2026-01-01T00:00:00", "x" * 41])
def test_what_is_no_instant(text: object) -> None:
    assert moment(text) is None


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, True),
        ({"geography": ["cn"]}, True),
        ({"geography": ["DE", "CN"]}, True),
        ({"geography": ["DE"]}, False),
        ({"geography": [""]}, True),
        ({"geography": [None]}, True),
        ({"geography": [7]}, False),
        ({"status": ["ACTIVE"]}, True),
        ({"status": ["Bogus"]}, False),
        ({"productId": ["URN:PACT:MARKET.EXAMPLE:PRODUCT-ID:A-LOT"]}, True),
        ({"companyId": ["urn:pact:market.example:company-id:a-company"]}, True),
        ({"classification": ["urn:none"]}, False),
        ({"geography": ["CN"], "status": ["Deprecated"]}, False),
        ({"validOn": ["2026-01-01T00:00:00Z"]}, True),
        ({"validOn": ["2025-12-31T23:59:59Z"]}, False),
        ({"validOn": ["never", "2027-01-01T08:00:00+08:00"]}, True),
        ({"validOn": ["never"]}, False),
        ({"validAfter": ["2025-12-31T00:00:00Z"]}, True),
        ({"validAfter": ["2026-01-01T00:00:00Z"]}, False),
        ({"validBefore": ["2029-01-02T00:00:00Z"]}, True),
        ({"validBefore": ["2029-01-01T00:00:00Z"]}, False),
        ({"limit": ["1"], "unknown": ["x"]}, True),
    ],
)
def test_criteria(asked: dict[str, list[Any]], found: bool) -> None:
    assert criteria(asked).match(compose(PRODUCT, STATEMENT), ACTIVE) is found


@given(st.integers(10, 25_000))
def test_every_intensity_reads_back_exactly(milli: int) -> None:
    text = compose(replace(PRODUCT, ci_milli=milli), STATEMENT)["pcf"]["fossilGhgEmissions"]
    whole, _point, rest = text.partition(".")
    assert int(whole) * 1_000 + int(rest) == milli

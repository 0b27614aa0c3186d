"""Footprints of others: v3 and v2.3 in each wrapping; absurd values refused, weak ones flagged."""

import json
from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from marketplace.domain.errors import InvalidInput
from marketplace.domain.footprint_files import WARNINGS, Read, read
from tests.factories.footprints import V2, V3

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def taken(body: object) -> Read:
    return read(body if isinstance(body, str) else json.dumps(body), now=NOW)


def with_pcf(base: dict[str, Any] = V3, **pcf: Any) -> dict[str, Any]:
    body = deepcopy(base)
    body["pcf"] |= pcf
    return {**body, "pcf": {name: value for name, value in body["pcf"].items() if value != ...}}


@pytest.mark.parametrize(
    "body",
    [
        V3, {"data": V3}, {"data": [V3]}, V2,
        {"type": "...RequestFulfilledEvent.3", "data": {"requestEventId": "r", "pfs": [V3]}},
    ],
    ids=["bare", "data", "list", "v2.3", "event"],
)  # fmt: skip
def test_each_wrapping_reads_the_same(body: object) -> None:
    found = taken(body)
    assert (found.ci, found.ci_milli) == (Decimal("4.125"), 4_125)
    assert (found.company, found.product) == ("Smelter AG", "Ingot")
    assert found.warnings == ()


def test_the_value_is_over_a_kilogram() -> None:
    pieces: dict[str, Any] = {
        "declaredUnitOfMeasurement": "piece",
        "productMassPerDeclaredUnit": "12.5",
    }
    assert taken(with_pcf(pcfExcludingBiogenicUptake="50", **pieces)).ci == 4


def test_a_longer_value_is_rounded_up_never_down() -> None:
    found = taken(with_pcf(pcfExcludingBiogenicUptake="4.0001"))
    assert (found.ci, found.ci_milli, found.warnings) == (
        Decimal("4.0001"), 4_001, ("ROUNDED_UP",),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("body", "warning"),
    [
        (with_pcf(ipccCharacterizationFactors=["AR5", "AR6"]), "NOT_AR6"),
        (with_pcf(V2, ipccCharacterizationFactorsSources=...), "NOT_AR6"),
        ({**V3, "validityPeriodEnd": "2026-01-01T00:00:00Z"}, "EXPIRED"),
        (with_pcf(primaryDataShare=...), "NO_PRIMARY_SHARE"),
        ({**V3, "status": "deprecated"}, "DEPRECATED"),
        (with_pcf(V2, unitaryProductAmount="12"), "SEVERAL_UNITS"),
    ],
)
def test_what_is_weak_is_flagged(body: dict[str, Any], warning: str) -> None:
    if body["specVersion"] == "2.3.0" and warning == "NOT_AR6":
        body["pcf"]["characterizationFactors"] = "AR5"
    assert taken(body).warnings == (warning,)
    assert warning in WARNINGS


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (with_pcf(pcfExcludingBiogenicUptake="abc"), "pcf.pcfExcludingBiogenicUptake"),
        (with_pcf(pcfExcludingBiogenicUptake="-1"), "pcf.pcfExcludingBiogenicUptake"),
        (with_pcf(pcfExcludingBiogenicUptake="1e3"), "pcf.pcfExcludingBiogenicUptake"),
        (with_pcf(pcfExcludingBiogenicUptake="26"), "pcf.pcfExcludingBiogenicUptake"),
        (with_pcf(pcfExcludingBiogenicUptake=True), "pcf.pcfExcludingBiogenicUptake"),
        (with_pcf(pcfExcludingBiogenicUptake=...), "pcf.pcfExcludingBiogenicUptake"),
        (with_pcf(productMassPerDeclaredUnit="0"), "pcf.productMassPerDeclaredUnit"),
        (with_pcf(declaredUnitAmount="0"), "pcf.declaredUnitAmount"),
        (with_pcf(primaryDataShare="140"), "pcf.primaryDataShare"),
        (with_pcf(primaryDataShare="most"), "pcf.primaryDataShare"),
        (with_pcf(ipccCharacterizationFactors="AR6"), "pcf.ipccCharacterizationFactors"),
        (with_pcf(referencePeriodStart="2025"), "pcf.referencePeriodStart"),
        (with_pcf(referencePeriodEnd="2024-01-01T00:00:00Z"), "pcf.referencePeriodEnd"),
        (with_pcf(V2, declaredUnit="liter"), "pcf.declaredUnit"),
        (with_pcf(V2, pCfExcludingBiogenic="0.001"), "pcf.pCfExcludingBiogenic"),
        (with_pcf(V2, pCfExcludingBiogenic="none"), "pcf.pCfExcludingBiogenic"),
        ({**V3, "specVersion": "2.2.0"}, "specVersion"),
        ({**V3, "specVersion": "4.0.0"}, "specVersion"),
        ({**V3, "companyName": ""}, "companyName"),
        ({**V3, "id": "a\n"}, "id"),
        ({**V3, "pcf": []}, "pcf.pcfExcludingBiogenicUptake"),
    ],
)
def test_what_the_official_schema_lets_through_is_refused_by_its_path(
    body: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        taken(body)
    assert field in {one.field for one in refused.value.errors}


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"data": []}', json.dumps({"data": [V3, V3]}), "NaN", "[" * 9_999]
)
def test_what_is_no_single_footprint_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        taken(text)

"""Product carbon footprints as PACT v3 writes them: made from a lot, filtered, versioned.

Technical specification 3.0 of the Partnership for Carbon Transparency (WBCSD). A footprint is over
one kilogram; its value is the lot's cradle-to-gate intensity, kg CO2e/kg as t CO2e/t. What PACT has
no field for (grade, recycled metal, power, tonnage) stays with the lot; nothing of it is a price.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from marketplace.domain.fields import hundredths, thousandths

SPEC_VERSION = "3.0.0"
ACTIVE, DEPRECATED = "Active", "Deprecated"
CN_CODES = "urn:pact:ec.europa.eu:cn-code:"
# Without a validity period a footprint is valid for three years after its reference period.
VALID_YEARS = 3
GEOGRAPHIES = ("geographyCountry", "geographyRegionOrSubregion", "geographyCountrySubdivision")
Body = Mapping[str, Any]


class Standard(StrEnum):
    """By which a footprint was calculated; ``told`` is PACT's word for it."""

    ISO14067 = "ISO14067"
    ISO14040_44 = "ISO14040-44"
    GHGP = "GHGP"
    PEF = "PEF"
    PACT = "PACT-3.0"

    @property
    def told(self) -> str:
        return "GHGP-Product" if self is Standard.GHGP else self.value


@dataclass(frozen=True)
class Statement:
    """What a producer says of all its footprints. Shares in hundredths of a percent."""

    primary_data_share: int
    exempted: int
    standards: tuple[str, ...]
    packaging_included: bool


@dataclass(frozen=True)
class Verified:
    """By whom and when the cradle-to-gate value was certified."""

    provider: str
    standard: str
    at: datetime | None
    valid_from: date
    valid_to: date


@dataclass(frozen=True)
class Product:
    """What of a lot stands in its footprint. ``reference``: first and last day, both included."""

    lot_id: str
    company: str
    company_id: str
    domain: str
    name: str
    description: str
    cn_code: str
    country: str
    ci_milli: int
    reference: tuple[date, date]
    verified: Verified | None


def compose(product: Product, statement: Statement) -> dict[str, Any]:
    """All of a ProductFootprint but its id, creation, status and predecessors."""
    begin, last = product.reference
    found: dict[str, Any] = {
        "specVersion": SPEC_VERSION,
        "companyName": product.company,
        "companyIds": [urn(product.domain, "company-id", product.company_id)],
        "productDescription": product.description,
        "productIds": [urn(product.domain, "product-id", product.lot_id)],
        "productNameCompany": product.name,
        "pcf": _pcf(product, statement, begin, last + timedelta(days=1)),
    }
    if product.cn_code:
        found["productClassifications"] = [CN_CODES + product.cn_code]
    if product.verified is not None:
        found["validityPeriodStart"] = instant(_midnight(product.verified.valid_from))
        end = product.verified.valid_to + timedelta(days=1)
        found["validityPeriodEnd"] = instant(_midnight(end))
    return found


def _pcf(product: Product, statement: Statement, begin: date, end: date) -> dict[str, Any]:
    """Metal takes up no biogenic carbon and holds none: the three totals are one number."""
    value = thousandths(product.ci_milli)
    found: dict[str, Any] = {
        "declaredUnitOfMeasurement": "kilogram",
        "declaredUnitAmount": "1",
        "productMassPerDeclaredUnit": "1",
        "referencePeriodStart": instant(_midnight(begin)),
        "referencePeriodEnd": instant(_midnight(end)),
        "geographyCountry": product.country,
        "pcfExcludingBiogenicUptake": value,
        "pcfIncludingBiogenicUptake": value,
        "fossilGhgEmissions": value,
        "fossilCarbonContent": "0",
        "packagingEmissionsIncluded": statement.packaging_included,
        "ccsTechnologicalCO2CaptureIncluded": False,
        "ipccCharacterizationFactors": ["AR6"],
        "crossSectoralStandards": list(statement.standards),
        "exemptedEmissionsPercent": hundredths(statement.exempted),
        "primaryDataShare": hundredths(statement.primary_data_share),
    }
    if product.verified is not None:
        found["verification"] = _verification(product.verified)
    return found


def _verification(verified: Verified) -> dict[str, str]:
    found = {
        "coverage": "product level",
        "providerName": verified.provider,
        "standardName": verified.standard,
    }
    return found if verified.at is None else {**found, "completedAt": instant(verified.at)}


def urn(domain: str, kind: str, name: str) -> str:
    return f"urn:pact:{domain}:{kind}:{name}"


def instant(moment: datetime) -> str:
    """In UTC, to the second, with a Z."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def moment(text: object) -> datetime | None:
    """An instant with its offset from UTC; None for anything else."""
    if not isinstance(text, str) or len(text) > 40:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def validity(body: Body) -> tuple[datetime, datetime]:
    """As stated; else three years from the end of the reference period."""
    ends = moment(body["pcf"]["referencePeriodEnd"])
    assert ends is not None
    later = ends.year + VALID_YEARS
    # 29 February has no like in most years.
    default = ends.replace(year=later, day=28 if (ends.month, ends.day) == (2, 29) else ends.day)
    begin, end = (moment(body.get(f"validityPeriod{side}")) for side in ("Start", "End"))
    return begin or ends, end or default


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


@dataclass(frozen=True)
class Criteria:
    """Values of one criterion are alternatives; all criteria have to hold. None: not asked for.

    ``dates``: by name (validOn, validAfter, validBefore); a value that is no instant matches none.
    """

    texts: Mapping[str, frozenset[str]] = field(default_factory=dict)
    dates: Mapping[str, tuple[datetime | None, ...]] = field(default_factory=dict)

    def match(self, body: Body, status: str) -> bool:
        told = {
            "productId": body["productIds"],
            "companyId": body["companyIds"],
            "classification": body.get("productClassifications", ()),
            "geography": [body["pcf"][name] for name in GEOGRAPHIES if name in body["pcf"]],
            "status": [status],
        }
        if any(not wanted & _folded(told[name]) for name, wanted in self.texts.items()):
            return False
        begin, end = validity(body)
        holds = {
            "validOn": lambda at: begin <= at <= end,
            "validAfter": lambda at: begin > at,
            "validBefore": lambda at: end < at,
        }
        return all(
            any(at is not None and holds[name](at) for at in asked)
            for name, asked in self.dates.items()
        )


TEXTS = ("productId", "companyId", "classification", "geography", "status")
DATES = ("validOn", "validAfter", "validBefore")


def criteria(asked: Mapping[str, Iterable[object]]) -> Criteria:
    """An empty value is no filter; an unknown one, and what is no text, matches nothing."""
    given = {
        name: found
        for name in (*TEXTS, *DATES)
        if (found := [one for one in asked.get(name, ()) if one not in ("", None)])
    }
    return Criteria(
        texts={name: _folded(given[name]) for name in TEXTS if name in given},
        dates={name: tuple(map(moment, given[name])) for name in DATES if name in given},
    )


def _folded(values: Iterable[object]) -> frozenset[str]:
    return frozenset(str(one).casefold() for one in values)

"""What a lot offers and what a requirement asks, after validation: exact, canonical values.

Field names are those of the market files with the unit changed to the exact one: ``quantity_t``
(text) becomes ``quantity_kg`` (int). Carbon intensities are integers in milli t CO2e per t (3.200
-> 3200), percentages integers in 1/100 % where decimals are allowed, amounts Decimal in their own
unit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from marketplace.domain.vocabulary import (
    Boundary,
    CarbonBasis,
    DutyStatus,
    EnergySource,
    Incoterm,
    PremiumUnit,
    ProductForm,
    Region,
    Scheme,
    SchemesRule,
)


@dataclass(frozen=True)
class CertificateRef:
    scheme: Scheme
    number: str


@dataclass(frozen=True)
class LotTerms:
    """A lot as a producer states it."""

    product_form: ProductForm
    grade: str
    quantity_kg: int
    min_take_kg: int
    carbon_milli: Mapping[Boundary, int]
    ci_verified: bool
    offsets_used: bool
    energy_source: EnergySource | None
    renewable_centi_pct: int
    recycled_pre_centi_pct: int
    recycled_post_centi_pct: int
    origin_country: str
    delivery_regions: frozenset[Region]
    window_start: date
    window_end: date
    ask_premium: Decimal
    premium_unit: PremiumUnit
    brand: str = ""
    al_centi_pct: int | None = None
    cn_code: str = ""
    incoterm: Incoterm | None = None
    place: str = ""
    duty_status: DutyStatus | None = None
    ci_year: int | None = None
    listed_at: datetime | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class RequirementTerms:
    """A requirement as a buyer states it. Empty sets mean "no rule"."""

    product_forms: frozenset[ProductForm]
    grades: tuple[str, ...]
    volume_kg: int
    min_lot_kg: int
    partial_ok: bool
    tolerance_centi_pct: int
    max_ci_milli: int
    boundary: Boundary
    ci_basis: CarbonBasis
    per_lot_cap_milli: int | None
    max_premium: Decimal
    premium_unit: PremiumUnit
    internal_carbon_price: Decimal
    required_schemes: frozenset[Scheme]
    schemes_rule: SchemesRule
    energy_sources: frozenset[EnergySource]
    min_renewable_centi_pct: int
    min_recycled_post_centi_pct: int
    verified_ci_only: bool
    accept_offsets: bool
    allowed_origins: frozenset[str]
    excluded_origins: frozenset[str]
    delivery_region: Region
    window_start: date
    window_end: date
    posted_at: datetime | None = None
    warnings: tuple[str, ...] = ()

"""How lots read in JSON: to their producer, and to verified buyers."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from marketplace.api import fields
from marketplace.domain.vocabulary import (
    Boundary,
    DutyStatus,
    EnergySource,
    Incoterm,
    ListingState,
    PremiumUnit,
    ProductForm,
    Region,
)
from marketplace.models import Lot


@extend_schema_field({"type": ["string", "null"], "examples": ["3.200"]})
class StatedIntensity(serializers.Field[Any, str, str | None, Any]):
    """t CO2e/t stated for one boundary, or null."""

    def __init__(self, boundary: Boundary, **options: Any) -> None:
        super().__init__(source="*", **options)
        self.boundary = boundary

    def to_representation(self, lot: Lot) -> str | None:
        for statement in lot.carbon_statements.all():
            if statement.boundary == self.boundary.value:
                return fields.scaled(statement.ci_milli, 3)
        return None


@extend_schema_field({"type": ["string", "null"], "examples": ["2025"]})
class ReportingYear(serializers.Field[Any, str, str | None, Any]):
    """The year that the carbon statements report on, or null."""

    def __init__(self, **options: Any) -> None:
        super().__init__(source="*", **options)

    def to_representation(self, lot: Lot) -> str | None:
        years = (statement.reporting_year for statement in lot.carbon_statements.all())
        return next((str(year) for year in years if year is not None), None)


class LotColumns(serializers.Serializer[Any]):
    """The columns of lots.csv that a producer writes. `certificates`: public ids of own ones."""

    reference = serializers.CharField(required=False, allow_blank=True)
    product_form = fields.choice(ProductForm)
    grade = serializers.CharField()
    quantity_t = fields.Tonnes(source="quantity_kg")
    min_take_t = fields.Tonnes(source="min_take_kg", required=False)
    ci_smelter_s1s2 = StatedIntensity(Boundary.SMELTER_S1S2, required=False)
    ci_cradle_to_gate = StatedIntensity(Boundary.CRADLE_TO_GATE, required=False)
    ci_cbam_direct = StatedIntensity(Boundary.CBAM_DIRECT, required=False)
    ci_year = ReportingYear(required=False)
    offsets_used = serializers.BooleanField(required=False)
    certificates = fields.PublicIds(source="certificate_links", through="certificate")
    energy_source = fields.choice(EnergySource, required=False, allow_blank=True)
    renewable_pct = fields.Percent(source="renewable_centi_pct", required=False)
    recycled_pre_pct = fields.Percent(source="recycled_pre_centi_pct", required=False)
    recycled_post_pct = fields.Percent(source="recycled_post_centi_pct", required=False)
    origin_country = serializers.CharField()
    delivery_regions = fields.choices(Region, required=False)
    produced_from = serializers.DateField()
    produced_to = serializers.DateField()
    window_start = serializers.DateField()
    window_end = serializers.DateField()
    ask_premium = fields.Amount()
    premium_unit = fields.choice(PremiumUnit, required=False)
    excluded_buyers = fields.PublicIds(required=False)
    site = fields.PublicId(required=False, allow_null=True)
    brand = serializers.CharField(required=False, allow_blank=True)
    al_pct = fields.Percent(source="al_centi_pct", required=False, allow_null=True)
    cn_code = serializers.CharField(required=False, allow_blank=True)
    incoterm = fields.choice(Incoterm, required=False, allow_blank=True)
    place = serializers.CharField(required=False, allow_blank=True)
    duty_status = fields.choice(DutyStatus, required=False, allow_blank=True)


class OwnLot(LotColumns):
    """A lot as its producer sees it."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    state = fields.choice(ListingState, read_only=True)
    available_t = fields.Tonnes(source="available_kg", read_only=True)
    reserved_t = fields.Tonnes(source="reserved_kg", read_only=True)
    sold_t = fields.Tonnes(source="sold_kg", read_only=True)
    verified_boundaries = serializers.SerializerMethodField()
    listed_at = serializers.DateTimeField(read_only=True)
    version = serializers.IntegerField(read_only=True)

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_verified_boundaries(self, lot: Lot) -> list[str]:
        return verified_boundaries(lot)


class MarketLot(serializers.Serializer[Any]):
    """A lot as a verified buyer sees it: without its producer, site, brand and balances.

    `ask_premium` is null for a buyer whose organisation or group holds a producer.
    """

    id = serializers.UUIDField(source="public_id", read_only=True)
    product_form = fields.choice(ProductForm)
    grade = serializers.CharField()
    available_t = fields.Tonnes(source="available_kg")
    min_take_t = fields.Tonnes(source="min_take_kg")
    ci_smelter_s1s2 = StatedIntensity(Boundary.SMELTER_S1S2)
    ci_cradle_to_gate = StatedIntensity(Boundary.CRADLE_TO_GATE)
    ci_cbam_direct = StatedIntensity(Boundary.CBAM_DIRECT)
    verified_boundaries = serializers.SerializerMethodField()
    schemes = serializers.SerializerMethodField()
    offsets_used = serializers.BooleanField()
    energy_source = fields.choice(EnergySource, allow_blank=True)
    renewable_pct = fields.Percent(source="renewable_centi_pct")
    recycled_pre_pct = fields.Percent(source="recycled_pre_centi_pct")
    recycled_post_pct = fields.Percent(source="recycled_post_centi_pct")
    origin_country = serializers.CharField()
    delivery_regions = fields.choices(Region)
    window_start = serializers.DateField()
    window_end = serializers.DateField()
    incoterm = fields.choice(Incoterm, allow_blank=True)
    place = serializers.CharField()
    duty_status = fields.choice(DutyStatus, allow_blank=True)
    ask_premium = serializers.SerializerMethodField()
    premium_unit = fields.choice(PremiumUnit)
    listed_at = serializers.DateTimeField()

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_verified_boundaries(self, lot: Lot) -> list[str]:
        return verified_boundaries(lot)

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_schemes(self, lot: Lot) -> list[str]:
        return sorted({link.scheme for link in lot.certificate_links.all()})

    def get_ask_premium(self, lot: Lot) -> str | None:
        return format(lot.ask_premium, "f") if self.context["shows_asks"] else None


def verified_boundaries(lot: Lot) -> list[str]:
    statements = lot.carbon_statements.all()
    return sorted(found.boundary for found in statements if found.evidence_id is not None)

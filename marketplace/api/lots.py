"""Lots: the producer's own ones, and what verified buyers see of the others'."""

from datetime import datetime
from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.api import fields, schema
from marketplace.api.base import ApiView, ListView
from marketplace.api.etags import tagged
from marketplace.api.listings import OwnListing, OwnListings, Withdrawal
from marketplace.domain.vocabulary import (
    Boundary,
    DutyStatus,
    EnergySource,
    Incoterm,
    ListingState,
    PremiumUnit,
    ProductForm,
    Region,
    Scheme,
)
from marketplace.models import Lot
from marketplace.models.choices import (
    ENERGY_SOURCES,
    LISTING_STATES,
    PREMIUM_UNITS,
    PRODUCT_FORMS,
    REGIONS,
)
from marketplace.selectors import lots as selectors
from marketplace.services import lots as services

RELATED = ("carbon_statements__evidence", "certificate_links__certificate", "excluded_buyers")


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


class LotFilter(django_filters.FilterSet):
    product_form = django_filters.ChoiceFilter(choices=PRODUCT_FORMS)
    grade = django_filters.CharFilter(lookup_expr="iexact")
    origin_country = django_filters.CharFilter(lookup_expr="iexact")
    energy_source = django_filters.ChoiceFilter(choices=ENERGY_SOURCES)
    delivery_region = django_filters.ChoiceFilter(choices=REGIONS, method="delivered_to")
    delivery_from = django_filters.DateFilter(field_name="window_end", lookup_expr="gte")
    delivery_until = django_filters.DateFilter(field_name="window_start", lookup_expr="lte")

    def delivered_to(self, rows: QuerySet[Lot], name: str, region: str) -> QuerySet[Lot]:
        return rows.filter(delivery_regions__contains=[region])


class OwnLotFilter(LotFilter):
    state = django_filters.ChoiceFilter(choices=LISTING_STATES)
    premium_unit = django_filters.ChoiceFilter(choices=PREMIUM_UNITS)


class Lots(OwnListings):
    """The lots of your own organisation."""

    queryset = Lot.objects.none()
    columns = LotColumns
    serializer_class = OwnLot
    filterset_class = OwnLotFilter
    orderings = {"-listed_at": ("-listed_at", "-pk"), "listed_at": ("listed_at", "pk")}

    def get_queryset(self) -> QuerySet[Lot]:
        return selectors.own(self.actor).prefetch_related(*RELATED)

    def create(self, raw: dict[str, object], now: datetime) -> Lot:
        return services.publish(by=self.actor, raw=raw, now=now)

    @extend_schema(operation_id="lots_list", responses=OwnLot(many=True))
    def get(self, request: Request) -> Response:
        return self.page()

    @extend_schema(
        operation_id="lots_publish",
        parameters=[schema.IDEMPOTENCY_KEY],
        request=LotColumns,
        responses={201: OwnLot},
    )
    def post(self, request: Request) -> Response:
        return super().post(request)


class OneLot(OwnListing):
    """A lot of your own organisation."""

    columns = LotColumns
    representation = OwnLot

    def find(self, public_id: UUID) -> Lot:
        return selectors.own_one(self.actor, public_id)

    def edit(self, public_id: UUID, raw: dict[str, object], version: int, now: datetime) -> Lot:
        return services.edit(by=self.actor, public_id=public_id, raw=raw, version=version, now=now)

    @extend_schema(
        operation_id="lots_retrieve", parameters=[schema.IF_NONE_MATCH], responses=OwnLot
    )
    def get(self, request: Request, public_id: UUID) -> Response:
        return self.retrieve(request, public_id)

    @extend_schema(
        operation_id="lots_replace",
        parameters=[schema.IF_MATCH],
        request=LotColumns,
        responses=OwnLot,
    )
    def put(self, request: Request, public_id: UUID) -> Response:
        return self.replace(request, public_id, partial=False)

    @extend_schema(
        operation_id="lots_change",
        parameters=[schema.IF_MATCH],
        request=LotColumns(partial=True),
        responses=OwnLot,
    )
    def patch(self, request: Request, public_id: UUID) -> Response:
        return self.replace(request, public_id, partial=True)


class WithdrawLot(Withdrawal):
    """Take a lot off the market. Deals stay deals."""

    representation = OwnLot

    def find(self, public_id: UUID) -> Lot:
        return selectors.own_one(self.actor, public_id)

    def withdraw(self, public_id: UUID, version: int | None, now: datetime) -> Lot:
        return services.withdraw(by=self.actor, public_id=public_id, version=version, now=now)

    @extend_schema(
        operation_id="lots_withdraw",
        parameters=[schema.IDEMPOTENCY_KEY, schema.IF_MATCH],
        request=None,
        responses=OwnLot,
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        return self.withdrawn(request, public_id)


class MarketLots(ListView):
    """Open lots of all verified producers, for verified buyers."""

    queryset = Lot.objects.none()
    serializer_class = MarketLot
    filterset_class = LotFilter
    orderings = {"-listed_at": ("-listed_at", "-pk"), "listed_at": ("listed_at", "pk")}

    def get_queryset(self) -> QuerySet[Lot]:
        return selectors.open_for_buyers(self.actor).prefetch_related(*RELATED[:2])

    def get_serializer_context(self) -> dict[str, Any]:
        shows_asks = selectors.may_see_asks(self.actor)
        return {**super().get_serializer_context(), "shows_asks": shows_asks}

    @extend_schema(operation_id="market_lots_list", responses=MarketLot(many=True))
    def get(self, request: Request) -> Response:
        return self.page()


class MarketLotView(ApiView):
    """One open lot of a verified producer, for verified buyers."""

    @extend_schema(
        operation_id="market_lots_retrieve",
        parameters=[schema.IF_NONE_MATCH],
        responses=MarketLot,
    )
    def get(self, request: Request, public_id: UUID) -> Response:
        lot = selectors.visible_one(self.actor, public_id)
        context = {"shows_asks": selectors.may_see_asks(self.actor)}
        return tagged(request, dict(MarketLot(lot, context=context).data))

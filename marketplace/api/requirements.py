"""Requirements: the buyer's own ones, and what producers see of the others'."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.api import fields, schema
from marketplace.api.base import ApiView, ListView
from marketplace.api.etags import tagged
from marketplace.api.listings import OwnListing, OwnListings, Withdrawal
from marketplace.domain.vocabulary import (
    Boundary,
    CarbonBasis,
    DutyStatus,
    EnergySource,
    Incoterm,
    ListingState,
    PremiumUnit,
    ProductForm,
    Region,
    Scheme,
    SchemesRule,
)
from marketplace.models import Requirement
from marketplace.selectors import requirements as selectors
from marketplace.selectors.filters import OwnRequirementFilter, RequirementFilter
from marketplace.services import requirements as services

RELATED = ("allowed_producers", "excluded_producers")
ORDERINGS = {"-posted_at": ("-posted_at", "-pk"), "posted_at": ("posted_at", "pk")}


class RequirementColumns(serializers.Serializer[Any]):
    """The columns of requirements.csv that a buyer writes. Producers by their public ids."""

    reference = serializers.CharField(required=False, allow_blank=True)
    product_forms = fields.choices(ProductForm)
    grades = fields.texts(required=False)
    volume_t = fields.Tonnes(source="volume_kg")
    min_lot_t = fields.Tonnes(source="min_lot_kg", required=False)
    partial_ok = serializers.BooleanField(required=False)
    tolerance_pct = fields.Percent(source="tolerance_centi_pct", required=False)
    max_ci = fields.Intensity(source="max_ci_milli")
    boundary = serializers.ChoiceField([Boundary.SMELTER_S1S2.value, Boundary.CRADLE_TO_GATE.value])
    ci_basis = fields.choice(CarbonBasis, required=False)
    per_lot_cap_ci = fields.Intensity(source="per_lot_cap_milli", required=False, allow_null=True)
    max_premium = fields.Amount()
    premium_unit = fields.choice(PremiumUnit, required=False)
    internal_carbon_price = fields.Amount(required=False)
    required_schemes = fields.choices(Scheme, required=False)
    schemes_rule = fields.choice(SchemesRule, required=False)
    energy_sources = fields.choices(EnergySource, required=False)
    min_renewable_pct = fields.Percent(source="min_renewable_centi_pct", required=False)
    min_recycled_post_pct = fields.Percent(source="min_recycled_post_centi_pct", required=False)
    verified_ci_only = serializers.BooleanField(required=False)
    accept_offsets = serializers.BooleanField(required=False)
    allowed_origins = fields.texts(required=False)
    excluded_origins = fields.texts(required=False)
    allowed_producers = fields.PublicIds(required=False)
    excluded_producers = fields.PublicIds(required=False)
    delivery_region = fields.choice(Region)
    accepted_incoterms = fields.choices(Incoterm, required=False)
    accepted_duty_statuses = fields.choices(DutyStatus, required=False)
    window_start = serializers.DateField()
    window_end = serializers.DateField()


class OwnRequirement(RequirementColumns):
    """A requirement as its buyer sees it."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    state = fields.choice(ListingState, read_only=True)
    open_t = fields.Tonnes(source="open_kg", read_only=True)
    reserved_t = fields.Tonnes(source="reserved_kg", read_only=True)
    bought_t = fields.Tonnes(source="bought_kg", read_only=True)
    posted_at = serializers.DateTimeField(read_only=True)
    version = serializers.IntegerField(read_only=True)


class MarketRequirement(serializers.Serializer[Any]):
    """A requirement as producers see it: without buyer, price limits and lists of suppliers."""

    id = serializers.UUIDField(source="public_id")
    product_forms = fields.choices(ProductForm)
    grades = fields.texts()
    open_t = fields.Tonnes(source="open_kg")
    min_lot_t = fields.Tonnes(source="min_lot_kg")
    partial_ok = serializers.BooleanField()
    max_ci = fields.Intensity(source="max_ci_milli")
    boundary = serializers.CharField()
    ci_basis = fields.choice(CarbonBasis)
    required_schemes = fields.choices(Scheme)
    schemes_rule = fields.choice(SchemesRule)
    energy_sources = fields.choices(EnergySource)
    min_renewable_pct = fields.Percent(source="min_renewable_centi_pct")
    min_recycled_post_pct = fields.Percent(source="min_recycled_post_centi_pct")
    verified_ci_only = serializers.BooleanField()
    accept_offsets = serializers.BooleanField()
    delivery_region = fields.choice(Region)
    window_start = serializers.DateField()
    window_end = serializers.DateField()
    posted_at = serializers.DateTimeField()


class Requirements(OwnListings):
    """The requirements of your own organisation."""

    queryset = Requirement.objects.none()
    columns = RequirementColumns
    serializer_class = OwnRequirement
    filterset_class = OwnRequirementFilter
    orderings = ORDERINGS

    def get_queryset(self) -> QuerySet[Requirement]:
        return selectors.own(self.actor).prefetch_related(*RELATED)

    def create(self, raw: dict[str, object], now: datetime) -> Requirement:
        posted = services.post(by=self.actor, raw=raw, now=now)
        return selectors.own_one(self.actor, posted.public_id)

    @extend_schema(operation_id="requirements_list", responses=OwnRequirement(many=True))
    def get(self, request: Request) -> Response:
        return self.page()

    @extend_schema(
        operation_id="requirements_post",
        parameters=[schema.IDEMPOTENCY_KEY],
        request=RequirementColumns,
        responses={201: OwnRequirement},
    )
    def post(self, request: Request) -> Response:
        return super().post(request)


class OneRequirement(OwnListing):
    """A requirement of your own organisation."""

    columns = RequirementColumns
    representation = OwnRequirement

    def find(self, public_id: UUID) -> Requirement:
        return selectors.own_one(self.actor, public_id)

    def edit(
        self, public_id: UUID, raw: dict[str, object], version: int, now: datetime
    ) -> Requirement:
        services.edit(by=self.actor, public_id=public_id, raw=raw, version=version, now=now)
        return self.find(public_id)

    @extend_schema(
        operation_id="requirements_retrieve",
        parameters=[schema.IF_NONE_MATCH],
        responses=OwnRequirement,
    )
    def get(self, request: Request, public_id: UUID) -> Response:
        return self.retrieve(request, public_id)

    @extend_schema(
        operation_id="requirements_replace",
        parameters=[schema.IF_MATCH],
        request=RequirementColumns,
        responses=OwnRequirement,
    )
    def put(self, request: Request, public_id: UUID) -> Response:
        return self.replace(request, public_id, partial=False)

    @extend_schema(
        operation_id="requirements_change",
        parameters=[schema.IF_MATCH],
        request=RequirementColumns(partial=True),
        responses=OwnRequirement,
    )
    def patch(self, request: Request, public_id: UUID) -> Response:
        return self.replace(request, public_id, partial=True)


class WithdrawRequirement(Withdrawal):
    """Take a requirement off the market. Deals stay deals."""

    representation = OwnRequirement

    def find(self, public_id: UUID) -> Requirement:
        return selectors.own_one(self.actor, public_id)

    def withdraw(self, public_id: UUID, version: int | None, now: datetime) -> Requirement:
        return services.withdraw(by=self.actor, public_id=public_id, version=version, now=now)

    @extend_schema(
        operation_id="requirements_withdraw",
        parameters=[schema.IDEMPOTENCY_KEY, schema.IF_MATCH],
        request=None,
        responses=OwnRequirement,
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        return self.withdrawn(request, public_id)


class MarketRequirements(ListView):
    """Open requirements of all verified buyers, for verified producers."""

    queryset = Requirement.objects.none()
    serializer_class = MarketRequirement
    filterset_class = RequirementFilter
    orderings = ORDERINGS

    def get_queryset(self) -> QuerySet[Requirement]:
        return selectors.open_for_producers(self.actor)

    @extend_schema(operation_id="market_requirements_list", responses=MarketRequirement(many=True))
    def get(self, request: Request) -> Response:
        return self.page()


class MarketRequirementView(ApiView):
    """One open requirement of a verified buyer, for verified producers."""

    @extend_schema(
        operation_id="market_requirements_retrieve",
        parameters=[schema.IF_NONE_MATCH],
        responses=MarketRequirement,
    )
    def get(self, request: Request, public_id: UUID) -> Response:
        found = selectors.open_one_for_producers(self.actor, public_id)
        return tagged(request, dict(MarketRequirement(found).data))

"""Deals: read only. They arise when both sides accept a proposal."""

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
from marketplace.domain.vocabulary import DealState, PremiumUnit
from marketplace.models import Deal
from marketplace.models.choices import DEAL_STATES
from marketplace.selectors import deals as selectors

RELATED = ("proposal", "producer", "buyer")


@extend_schema_field({"type": "object", "additionalProperties": True})
class Record(serializers.JSONField):
    """Everything that both sides see and that was compared."""


class OwnDeal(serializers.Serializer[Any]):
    """A deal as both sides see it. `content_sha256` is over `record`."""

    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField()
    proposal = fields.PublicId()
    producer = serializers.CharField(source="producer.name")
    buyer = serializers.CharField(source="buyer.name")
    quantity_t = fields.Tonnes(source="quantity_kg")
    premium = fields.Amount()
    premium_unit = fields.choice(PremiumUnit)
    state = fields.choice(DealState)
    state_reason = serializers.CharField()
    record = Record()
    content_sha256 = serializers.CharField()
    concluded_at = serializers.DateTimeField()


class DealFilter(django_filters.FilterSet):  # type: ignore[misc]
    state = django_filters.ChoiceFilter(choices=DEAL_STATES)
    number = django_filters.CharFilter()


class Deals(ListView):
    """The deals of your own organisation, sales and purchases."""

    queryset = Deal.objects.none()
    serializer_class = OwnDeal
    filterset_class = DealFilter
    orderings = {
        "-concluded_at": ("-concluded_at", "-pk"),
        "concluded_at": ("concluded_at", "pk"),
    }

    def get_queryset(self) -> QuerySet[Deal]:
        return selectors.own(self.actor).select_related(*RELATED)

    @extend_schema(operation_id="deals_list", responses=OwnDeal(many=True))
    def get(self, request: Request) -> Response:
        return self.page()


class OneDeal(ApiView):
    """A deal of your own organisation."""

    @extend_schema(
        operation_id="deals_retrieve", parameters=[schema.IF_NONE_MATCH], responses=OwnDeal
    )
    def get(self, request: Request, public_id: UUID) -> Response:
        return tagged(request, dict(OwnDeal(selectors.own_one(self.actor, public_id)).data))

"""REST v1 of matching: rounds, and why one's own lot or requirement was not fully matched."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.domain.errors import NotAllowed
from marketplace.models.actors import Actor
from matching import selectors
from matching.models import MatchingRound
from matching.selectors import WhyNot


class RoundSerializer(serializers.ModelSerializer[MatchingRound]):
    """What every participant may know of a round."""

    id = serializers.UUIDField(source="public_id")
    matched_t = serializers.SerializerMethodField()

    class Meta:
        model = MatchingRound
        fields: tuple[str, ...] = ("id", "finished_at", "matched_t", "verified")
        read_only_fields = fields

    def get_matched_t(self, row: MatchingRound) -> str:
        return tonnes(row.matched_kg)


class AdminRoundSerializer(RoundSerializer):
    """For market admins also what the optimum was worth and how it was found."""

    surplus_usd = serializers.DecimalField(
        max_digits=20, decimal_places=2, required=False, help_text="Market admins only."
    )
    gap = serializers.DecimalField(
        max_digits=12, decimal_places=9, required=False, help_text="Market admins only."
    )
    optimal = serializers.BooleanField(required=False, help_text="Market admins only.")
    lots = serializers.IntegerField(required=False, help_text="Market admins only.")
    requirements = serializers.IntegerField(required=False, help_text="Market admins only.")
    seconds = serializers.DecimalField(
        max_digits=10, decimal_places=3, required=False, help_text="Market admins only."
    )

    class Meta(RoundSerializer.Meta):
        fields = (
            *RoundSerializer.Meta.fields,
            "surplus_usd",
            "gap",
            "optimal",
            "lots",
            "requirements",
            "seconds",
        )
        read_only_fields = fields


class ReasonSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField(source="words")
    counterparts = serializers.IntegerField(
        allow_null=True, help_text="How many counterparts fail this rule first; null: not told."
    )


class WhyNotSerializer(serializers.Serializer[WhyNot]):
    round = RoundSerializer(allow_null=True)
    open_t = serializers.SerializerMethodField()
    reasons = ReasonSerializer(many=True)

    def get_open_t(self, found: WhyNot) -> str:
        return tonnes(found.open_kg)


def tonnes(kilograms: int) -> str:
    return f"{kilograms // 1000}.{kilograms % 1000:03d}"


def acting(request: Request) -> Actor:
    """The organisation that the key belongs to; a market admin's own key has none."""
    if not isinstance(request.auth, Actor):
        raise NotAllowed
    return request.auth


class Rounds(GenericAPIView[MatchingRound]):
    """Published matching rounds, newest first."""

    filter_backends = ()

    def get_queryset(self) -> Any:
        return selectors.published_rounds()

    def get_serializer_class(self) -> type[RoundSerializer]:
        return AdminRoundSerializer if self.request.user.is_staff else RoundSerializer

    @extend_schema(operation_id="rounds_list", responses=AdminRoundSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class Round(APIView):
    """One published matching round."""

    @extend_schema(operation_id="rounds_retrieve", responses=AdminRoundSerializer)
    def get(self, request: Request, public_id: UUID) -> Response:
        told = AdminRoundSerializer if request.user.is_staff else RoundSerializer
        return Response(told(selectors.published_round(public_id)).data)


class RequirementReasons(APIView):
    """Why the newest round left kilograms of one's own requirement open."""

    @extend_schema(operation_id="requirements_reasons", responses=WhyNotSerializer)
    def get(self, request: Request, public_id: UUID) -> Response:
        found = selectors.requirement_matches(acting(request), public_id)
        return Response(WhyNotSerializer(found.why_not).data)


class LotReasons(APIView):
    """Why the newest round left kilograms of one's own lot open."""

    @extend_schema(operation_id="lots_reasons", responses=WhyNotSerializer)
    def get(self, request: Request, public_id: UUID) -> Response:
        found = selectors.lot_matches(acting(request), public_id)
        return Response(WhyNotSerializer(found.why_not).data)

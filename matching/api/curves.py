"""Marginal premiums by carbon intensity, from the duals of the newest round: for admins only."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.api import fields
from marketplace.api.base import ApiView
from marketplace.domain.errors import NotAllowed
from matching import premiums


class MarginalPoint(serializers.Serializer[Any]):
    """What one tonne more at `ci` would be worth: an interval, null where nobody would take it."""

    ci = fields.Intensity(source="ci_milli")
    lowest_usd_t = fields.UsdPerTonne(source="lowest_e4", allow_null=True)
    highest_usd_t = fields.UsdPerTonne(source="highest_e4", allow_null=True)
    wanted_t = fields.Tonnes(source="wanted_kg")
    requirements = serializers.IntegerField()
    buyers = serializers.IntegerField()
    offered_t = fields.Tonnes(source="offered_kg")
    lots = serializers.IntegerField()
    producers = serializers.IntegerField()
    indicative = serializers.BooleanField()


class MarginalCurve(serializers.Serializer[Any]):
    """One product at one boundary, the cleanest level first."""

    product_form = serializers.CharField(source="product.form")
    grade = serializers.CharField(source="product.grade")
    boundary = serializers.CharField(source="product.boundary")
    points = MarginalPoint(many=True)


class MarginalPremiums(serializers.Serializer[Any]):
    """`round` is null before the first one."""

    round = serializers.UUIDField(source="round.public_id", default=None, allow_null=True)
    curves = MarginalCurve(many=True)


class Marginal(ApiView):
    """Market admins' own keys only: a dual is a single party's number."""

    @extend_schema(operation_id="market_marginal_premiums", responses=MarginalPremiums)
    def get(self, request: Request) -> Response:
        if request.auth is not None or not request.user.is_staff:
            raise NotAllowed
        return Response(MarginalPremiums(premiums.newest()).data)

"""The market's figures: those of the public market page, and missed demand for producers."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.api import fields, schema
from marketplace.api.base import ApiView
from marketplace.api.etags import tagged
from marketplace.domain.errors import NotAllowed
from marketplace.domain.fields import UNKNOWN_CODE
from marketplace.domain.signals import BAND_USD, LEVEL_MILLI, MISSED_BAND_USD
from marketplace.domain.vocabulary import Boundary
from marketplace.models import MarketFigure
from marketplace.selectors import signals as selectors
from marketplace.services import authority

BOUNDARIES = [one.value for one in selectors.BOUNDARIES]
DAYS = "From `begin` to before `end`."


class LevelFigure(serializers.Serializer[Any]):
    """Of one carbon level, from `ci_from` to below `ci_below`, t CO2e/t."""

    boundary = serializers.ChoiceField(BOUNDARIES)
    ci_from = fields.Intensity(source="level_milli")
    ci_below = serializers.SerializerMethodField()
    end = serializers.DateField()

    def get_ci_below(self, figure: MarketFigure) -> str:
        return fields.scaled((figure.level_milli or 0) + LEVEL_MILLI, 3)


class PremiumFigure(LevelFigure):
    """Weighted asks of concluded deals lie in this band of USD/t. Weeks from `begin` to `end`."""

    begin = serializers.DateField()
    premium_from_usd_t = serializers.IntegerField(source="value")
    premium_below_usd_t = serializers.SerializerMethodField()

    def get_premium_below_usd_t(self, figure: MarketFigure) -> int:
        return figure.value + BAND_USD


class LadderFigure(LevelFigure):
    """Tonnes offered or wanted at this level as of `end`, rounded to 50 t."""

    rounded_t = fields.Tonnes(source="value")


class TonnesFigure(serializers.Serializer[Any]):
    """Tonnes of the deals of these weeks, over all levels, rounded to 50 t."""

    begin = serializers.DateField()
    end = serializers.DateField()
    rounded_t = fields.Tonnes(source="value")


class MissedFigure(LadderFigure):
    """Open demand at this carbon level whose premium limits lie in this band, USD/t."""

    limit_from_usd_t = serializers.IntegerField(source="band_usd")
    limit_below_usd_t = serializers.SerializerMethodField()

    def get_limit_below_usd_t(self, figure: MarketFigure) -> int:
        return (figure.band_usd or 0) + MISSED_BAND_USD


class Curve(serializers.Serializer[Any]):
    """What everybody may read: banded, rounded, a week late; thin figures are left out."""

    premiums = PremiumFigure(many=True)
    supply = LadderFigure(many=True)
    demand = LadderFigure(many=True)
    tonnes = TonnesFigure(many=True)


class Missed(serializers.Serializer[Any]):
    """Open demand by boundary, carbon level and band of the limit."""

    missed = MissedFigure(many=True)


class MarketCurve(ApiView):
    """The premium by carbon level, the ladder of supply and demand, and tonnes over time."""

    def query_parameters(self) -> tuple[str, ...]:
        return ("boundary",)

    @extend_schema(
        operation_id="market_curve",
        parameters=[
            schema.IF_NONE_MATCH,
            OpenApiParameter("boundary", str, enum=BOUNDARIES, default=BOUNDARIES[0]),
        ],
        responses=Curve,
    )
    def get(self, request: Request) -> Response:
        named = request.query_params.get("boundary", BOUNDARIES[0])
        if named not in BOUNDARIES:
            words = UNKNOWN_CODE.format(known=", ".join(BOUNDARIES))
            raise ValidationError({"boundary": [words]})
        shown = selectors.shown(timezone.now().date(), Boundary(named))
        return tagged(request, dict(Curve(shown).data))


class MarketMissed(ApiView):
    """What demand producers miss, for producers."""

    @extend_schema(
        operation_id="market_missed", parameters=[schema.IF_NONE_MATCH], responses=Missed
    )
    def get(self, request: Request) -> Response:
        organisation = self.actor.organisation
        if not organisation.trades:
            raise NotAllowed(authority.UNVERIFIED)
        if not organisation.is_producer:
            raise NotAllowed(authority.NO_PRODUCER)
        missed = selectors.missed_by(timezone.now().date())
        return tagged(request, dict(Missed({"missed": missed}).data))

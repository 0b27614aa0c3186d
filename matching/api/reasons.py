"""Why one's own lot or requirement was not fully matched."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.api import fields
from marketplace.api.base import ApiView
from matching import selectors


class RoundReference(serializers.Serializer[Any]):
    """The round that looked at it."""

    id = serializers.UUIDField(source="public_id")
    finished_at = serializers.DateTimeField()


class ReasonRow(serializers.Serializer[Any]):
    """One rule; `counterparts` fail it first. Null: not told."""

    code = serializers.CharField()
    detail = serializers.CharField(source="words")
    counterparts = serializers.IntegerField(allow_null=True)


class Reasons(serializers.Serializer[Any]):
    """Why kilograms stayed open, the binding reason first. No reasons: nothing stayed open."""

    round = RoundReference(allow_null=True)
    open_t = fields.Tonnes(source="open_kg")
    reasons = ReasonRow(many=True)


class RequirementReasons(ApiView):
    """Why the newest round left tonnes of your own requirement open."""

    @extend_schema(operation_id="requirements_reasons", responses=Reasons)
    def get(self, request: Request, public_id: UUID) -> Response:
        found = selectors.requirement_matches(self.actor, public_id)
        return Response(Reasons(found.why_not).data)


class LotReasons(ApiView):
    """Why the newest round left tonnes of your own lot open."""

    @extend_schema(operation_id="lots_reasons", responses=Reasons)
    def get(self, request: Request, public_id: UUID) -> Response:
        found = selectors.lot_matches(self.actor, public_id)
        return Response(Reasons(found.why_not).data)

"""Published rounds, and for market admins what the optimum was worth."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.api import fields
from marketplace.api.base import ApiView, ListView
from matching import selectors
from matching.models import MatchingRound

ADMINS_ONLY = "For market admins only; null for participants."


class PublishedRound(serializers.Serializer[Any]):
    """A published round. What the optimum was worth is for market admins only."""

    id = serializers.UUIDField(source="public_id")
    finished_at = serializers.DateTimeField()
    matched_t = fields.Tonnes(source="matched_kg")
    verified = serializers.BooleanField()
    lots = serializers.SerializerMethodField(help_text=ADMINS_ONLY)
    requirements = serializers.SerializerMethodField(help_text=ADMINS_ONLY)
    surplus_usd = serializers.SerializerMethodField(help_text=ADMINS_ONLY)
    gap = serializers.SerializerMethodField(help_text=ADMINS_ONLY)
    optimal = serializers.SerializerMethodField(help_text=ADMINS_ONLY)
    seconds = serializers.SerializerMethodField(help_text=ADMINS_ONLY)

    def get_lots(self, row: MatchingRound) -> int | None:
        return row.lots if self._for_admin else None

    def get_requirements(self, row: MatchingRound) -> int | None:
        return row.requirements if self._for_admin else None

    def get_surplus_usd(self, row: MatchingRound) -> str | None:
        return format(row.surplus_usd, "f") if self._for_admin else None

    def get_gap(self, row: MatchingRound) -> str | None:
        return format(row.gap, "f") if self._for_admin else None

    def get_optimal(self, row: MatchingRound) -> bool | None:
        return row.optimal if self._for_admin else None

    def get_seconds(self, row: MatchingRound) -> str | None:
        return format(row.seconds, "f") if self._for_admin else None

    @property
    def _for_admin(self) -> bool:
        return bool(self.context["for_admin"])


def _for_admin(request: Request) -> dict[str, bool]:
    """A market admin's key has no organisation; a key that trades never reads what admins do."""
    return {"for_admin": request.auth is None and request.user.is_staff}


class Rounds(ListView):
    """The published matching rounds."""

    queryset = MatchingRound.objects.none()
    serializer_class = PublishedRound
    orderings = {"-finished_at": ("-pk",), "finished_at": ("pk",)}

    def get_queryset(self) -> QuerySet[MatchingRound]:
        return selectors.published_rounds()

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), **_for_admin(self.request)}

    @extend_schema(operation_id="rounds_list", responses=PublishedRound(many=True))
    def get(self, request: Request) -> Response:
        return self.page()


class OneRound(ApiView):
    """A published matching round."""

    @extend_schema(operation_id="rounds_retrieve", responses=PublishedRound)
    def get(self, request: Request, public_id: UUID) -> Response:
        found = selectors.published_round(public_id)
        return Response(PublishedRound(found, context=_for_admin(request)).data)

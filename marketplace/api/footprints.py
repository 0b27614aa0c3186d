"""Footprints of others by PACT: read from JSON, kept as they came, told with their warnings."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.api import fields, schema
from marketplace.api.base import ApiView, ListView
from marketplace.api.etags import tagged
from marketplace.api.idempotency import Answer, answered_once
from marketplace.api.parsers import VerbatimParser
from marketplace.domain.footprint_files import WARNINGS
from marketplace.models import ReadFootprint
from marketplace.selectors import pact as selectors
from marketplace.selectors.finding import one_of
from marketplace.services import footprint_files as services


class Warned(serializers.Serializer[Any]):
    """What makes a footprint weaker, but not wrong."""

    code = serializers.ChoiceField(list(WARNINGS))
    detail = serializers.CharField()


class FootprintRead(serializers.Serializer[Any]):
    """`ci_cradle_to_gate` is what a lot states by it: rounded up to three decimals."""

    id = serializers.UUIDField(source="public_id")
    footprint_id = serializers.CharField()
    spec_version = serializers.CharField()
    company = serializers.CharField()
    product = serializers.CharField()
    ci_cradle_to_gate = fields.Intensity(source="ci_milli")
    reference_period_start = serializers.DateTimeField(source="begin")
    reference_period_end = serializers.DateTimeField(source="end")
    warnings = serializers.SerializerMethodField()
    sha256 = serializers.CharField()
    read_at = serializers.DateTimeField()

    @extend_schema(responses=Warned(many=True))
    def get_warnings(self, row: ReadFootprint) -> list[dict[str, str]]:
        return [{"code": code, "detail": gettext(WARNINGS[code])} for code in row.warnings]


class FootprintJson(serializers.Serializer[Any]):
    """A ProductFootprint of PACT 3 or 2.3, alone, as `data`, or a fulfilled request's event."""


class Footprints(ListView):
    """The footprints that your own organisation has read."""

    parser_classes = (VerbatimParser,)  # type: ignore[assignment]
    queryset = ReadFootprint.objects.none()
    serializer_class = FootprintRead
    orderings = {"-read_at": ("-pk",), "read_at": ("pk",)}

    def get_queryset(self) -> QuerySet[ReadFootprint]:
        return selectors.read_by(self.actor)

    @extend_schema(operation_id="footprints_list", responses=FootprintRead(many=True))
    def get(self, request: Request) -> Response:
        return self.page()

    @extend_schema(
        operation_id="footprints_read",
        parameters=[schema.IDEMPOTENCY_KEY],
        request=FootprintJson,
        responses={201: FootprintRead},
    )
    def post(self, request: Request) -> Response:
        """Read one, up to 1 MiB; the same text again is the same footprint."""
        now, actor = timezone.now(), self.actor
        sent = request.data
        text = str(sent.get("text", "")) if isinstance(sent, dict) else ""

        def take() -> Answer:
            row = services.take(by=actor, text=text, now=now)
            return Answer(201, dict(FootprintRead(row).data))

        return answered_once(request, actor, take, now=now)


class OneFootprint(ApiView):
    """A footprint that your own organisation has read."""

    @extend_schema(
        operation_id="footprints_retrieve",
        parameters=[schema.IF_NONE_MATCH],
        responses=FootprintRead,
    )
    def get(self, request: Request, public_id: UUID) -> Response:
        return tagged(
            request, dict(FootprintRead(one_of(selectors.read_by(self.actor), public_id)).data)
        )

"""What a requirement would find among today's open lots, and what each of its criteria costs."""

from collections.abc import Callable
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import partial
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.api import fields, schema
from marketplace.api.base import ApiView
from marketplace.api.idempotency import Answer, answered_once
from marketplace.api.raw import raw_values
from marketplace.api.requirements import RequirementColumns
from marketplace.domain.errors import FieldError
from marketplace.selectors import requirements
from matching import previews
from matching.averages import Reach
from matching.criteria import Change, Cost, Offer
from matching.previews import Preview

MILLI = Decimal("0.001")
WITHIN = "As far as they ask no more than your limit; null where asks are not told."


class Offered(serializers.Serializer[Any]):
    """Some lots and their tonnes."""

    lots = serializers.IntegerField()
    quantity_t = fields.Tonnes(source="kg")
    within_limit_t = serializers.SerializerMethodField(help_text=WITHIN)

    def get_within_limit_t(self, offer: Offer) -> str | None:
        return None if offer.within is None else fields.scaled(offer.within.kg, 3)


class Helps(Offered):
    """A change of this criterion alone, and what it lets in."""

    detail = serializers.CharField()

    def to_representation(self, change: Change) -> dict[str, Any]:
        offered = Offered(change.offer).data
        return {**offered, "detail": str(change.words)}


class CriterionCost(Offered):
    """Lots that this criterion alone keeps out, and the smallest changes that would help."""

    code = serializers.CharField()
    detail = serializers.CharField()
    changes = Helps(many=True)

    def to_representation(self, cost: Cost) -> dict[str, Any]:
        return {
            **Offered(cost.offer).data,
            "code": cost.code,
            "detail": str(cost.words),
            "changes": Helps(cost.changes, many=True).data,
        }


class Average(serializers.Serializer[Any]):
    """The most of the volume that keeps the average limit, and the average of all there is."""

    reached_t = fields.Tonnes(source="kg")
    reached_average = serializers.SerializerMethodField()
    whole_t = fields.Tonnes(source="whole_kg")
    whole_average = serializers.SerializerMethodField()

    def get_reached_average(self, reach: Reach) -> str | None:
        return _average(reach.average)

    def get_whole_average(self, reach: Reach) -> str | None:
        return _average(reach.whole_average)


class Refused(serializers.Serializer[Any]):
    """A field that does not count yet, because it is missing or wrong."""

    field = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.SerializerMethodField()

    def get_detail(self, error: FieldError) -> str:
        return gettext(error.message).format(**error.params)


class PreviewShape(serializers.Serializer[Any]):
    """At today's offers. Nothing is reserved, and other buyers look for the same tonnes.

    `fitting`: lots that pass every criterion but the premium. `smallest_take_t`: without partial
    fill the tonnes that are taken or none, where less fits, else null. `unpriced_lots` have no
    recent exchange rate; `apart_lots` were declined or cancelled before.
    """

    at = serializers.DateTimeField()
    fitting = Offered(source="findings.fitting")
    costs = CriterionCost(source="findings.costs", many=True)
    costless = serializers.ListField(child=serializers.CharField(), source="findings.costless")
    average = Average(source="findings.reach", allow_null=True)
    average_within_limit = Average(source="findings.reach_within", allow_null=True)
    smallest_take_t = serializers.SerializerMethodField()
    cleanest_ci = fields.Intensity(source="findings.cleanest", allow_null=True)
    unpriced_lots = serializers.IntegerField(source="findings.unpriced")
    apart_lots = serializers.IntegerField(source="findings.apart")
    held_t = fields.Tonnes(source="held_kg")
    limit_compared = serializers.SerializerMethodField()
    not_counted = Refused(source="refused", many=True)
    warnings = serializers.SerializerMethodField()

    def get_smallest_take_t(self, preview: Preview) -> str | None:
        short = preview.findings.short_of_kg
        return fields.scaled(short, 3) if short else None

    def get_limit_compared(self, preview: Preview) -> bool:
        return preview.premium_told and not preview.unrated

    def get_warnings(self, preview: Preview) -> list[str]:
        return [gettext(one) for one in preview.warnings]


class Looking(serializers.Serializer[Any]):
    """`preview` is null while the requirement looks for nothing: bought, withdrawn or waiting."""

    preview = PreviewShape(allow_null=True)


class Draft(ApiView):
    """What a requirement would find before it is posted, finished or not.

    Previews are counted for your whole group, by the hour and the day: 429 when there are no more.
    """

    @extend_schema(
        operation_id="requirements_preview",
        parameters=[schema.IDEMPOTENCY_KEY],
        request=RequirementColumns(partial=True),
        responses=PreviewShape,
    )
    def post(self, request: Request) -> Response:
        return _looked(self, request, previews.drafted)


class Changed(ApiView):
    """The same for other terms of your own posted requirement."""

    @extend_schema(
        operation_id="requirements_preview_change",
        parameters=[schema.IDEMPOTENCY_KEY],
        request=RequirementColumns(partial=True),
        responses=PreviewShape,
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        found = requirements.own_one(self.actor, public_id)
        return _looked(self, request, partial(previews.drafted, instead_of=found))


class Changes(ApiView):
    """What would help your own posted requirement, by today's open lots. Counted as a preview."""

    @extend_schema(operation_id="requirements_changes", responses=Looking)
    def get(self, request: Request, public_id: UUID) -> Response:
        found = previews.of_posted(by=self.actor, public_id=public_id, now=timezone.now())
        return Response(Looking({"preview": found}).data)


def _looked(view: ApiView, request: Request, look: Callable[..., Preview]) -> Response:
    now: datetime = timezone.now()
    actor, raw = view.actor, raw_values(request.data, RequirementColumns)

    def preview() -> Answer:
        return Answer(200, dict(PreviewShape(look(by=actor, raw=raw, now=now)).data))

    return answered_once(request, actor, preview, now=now)


def _average(exact: Decimal | None) -> str | None:
    return None if exact is None else str(exact.quantize(MILLI, ROUND_HALF_EVEN))

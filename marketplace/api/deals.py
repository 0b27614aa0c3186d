"""Deals: they arise when both sides accept; then they are delivered and claimed, or cancelled."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.api import schema
from marketplace.api.base import ListView
from marketplace.api.deal_shapes import (
    CancellationStep,
    DeliveryColumns,
    OwnDeal,
    RetirementColumns,
)
from marketplace.api.etags import tagged
from marketplace.api.raw import raw_values
from marketplace.api.steps import StepView
from marketplace.domain.errors import FieldError, InvalidInput
from marketplace.domain.fields import UNKNOWN_CODE
from marketplace.models import Deal
from marketplace.models.choices import DEAL_STATES
from marketplace.selectors import deals as selectors
from marketplace.services import cancellations, claims, deliveries


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
        return selectors.own(self.actor)

    @extend_schema(operation_id="deals_list", responses=OwnDeal(many=True))
    def get(self, request: Request) -> Response:
        return self.page()


class DealView(StepView):
    def find(self, public_id: UUID) -> Deal:
        return selectors.own_one(self.actor, public_id)

    def shown(self, row: Deal) -> dict[str, Any]:
        return dict(OwnDeal(row).data)


class OneDeal(DealView):
    """A deal of your own organisation."""

    @extend_schema(
        operation_id="deals_retrieve", parameters=[schema.IF_NONE_MATCH], responses=OwnDeal
    )
    def get(self, request: Request, public_id: UUID) -> Response:
        return tagged(request, self.shown(self.find(public_id)))


class DeliverDeal(DealView):
    """Record what was shipped. It closes the deal; the buyer gets a claim over these tonnes."""

    @extend_schema(
        operation_id="deals_deliver",
        parameters=[schema.IDEMPOTENCY_KEY, schema.IF_MATCH],
        request=DeliveryColumns,
        responses=OwnDeal,
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        by, raw = self.actor, raw_values(request.data, DeliveryColumns)

        def deliver(version: int | None, now: datetime) -> object:
            return deliveries.record(by=by, public_id=public_id, raw=raw, version=version, now=now)

        return self.stepped(request, public_id, deliver)


class RetireClaim(DealView):
    """Retire the claim of a delivered deal: once, for one beneficiary and one reporting year."""

    @extend_schema(
        operation_id="deals_retire_claim",
        parameters=[schema.IDEMPOTENCY_KEY, schema.IF_MATCH],
        request=RetirementColumns,
        responses=OwnDeal,
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        by, raw = self.actor, raw_values(request.data, RetirementColumns)

        def retire(version: int | None, now: datetime) -> object:
            return claims.retire(by=by, public_id=public_id, raw=raw, version=version, now=now)

        return self.stepped(request, public_id, retire)


class CancelDeal(DealView):
    """Cancel a confirmed deal by agreement: one side asks with a reason, the other answers."""

    @extend_schema(
        operation_id="deals_cancellation",
        parameters=[schema.IDEMPOTENCY_KEY, schema.IF_MATCH],
        request=CancellationStep,
        responses=OwnDeal,
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        raw = raw_values(request.data, CancellationStep)
        verb = _cancellation(raw)

        def step(version: int | None, now: datetime) -> object:
            return verb(by=self.actor, public_id=public_id, version=version, now=now)

        return self.stepped(request, public_id, step)


def _cancellation(raw: Mapping[str, object]) -> Callable[..., Deal]:
    """The verb that the body names. InvalidInput for others."""
    named = str(raw.get("step", ""))
    answers: dict[str, Callable[..., Deal]] = {
        "agree": cancellations.agree,
        "refuse": cancellations.refuse,
        "take_back": cancellations.take_back,
    }
    if named == "ask":
        reason = str(raw.get("reason", ""))
        return lambda **known: cancellations.ask(reason=reason, **known)
    if named not in answers:
        known = {"known": "ask, agree, refuse, take_back"}
        raise InvalidInput([FieldError("step", named[:100], "unknown_code", UNKNOWN_CODE, known)])
    return answers[named]

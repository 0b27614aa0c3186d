"""Proposals: firm offers to both sides, each of which accepts or declines."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.api import fields, schema
from marketplace.api.base import ListView
from marketplace.api.etags import tagged
from marketplace.api.idempotency import Answer
from marketplace.api.raw import NoValues, raw_values
from marketplace.api.steps import StepView
from marketplace.domain.vocabulary import Answer as SideAnswer
from marketplace.domain.vocabulary import Boundary, PremiumUnit, ProposalState, Side
from marketplace.models import Proposal
from marketplace.selectors import approvals
from marketplace.selectors import proposals as selectors
from marketplace.selectors.filters import ProposalFilter
from marketplace.selectors.finding import one_of
from marketplace.services import proposals as services


class OwnProposal(serializers.Serializer[Any]):
    """A proposal as either side sees it: what was compared, and at which premium."""

    id = serializers.UUIDField(source="public_id")
    side = serializers.SerializerMethodField()
    bundle = serializers.UUIDField()
    bundle_members = serializers.SerializerMethodField()
    lot = fields.PublicId()
    requirement = fields.PublicId()
    producer = serializers.CharField(source="lot.organisation.name")
    buyer = serializers.CharField(source="requirement.organisation.name")
    product_form = serializers.CharField(source="lot.product_form")
    grade = serializers.CharField(source="lot.grade")
    quantity_t = fields.Tonnes(source="quantity_kg")
    boundary = fields.choice(Boundary)
    ci = fields.Intensity(source="ci_milli")
    ask_premium = fields.Amount()
    premium_unit = fields.choice(PremiumUnit)
    premium_usd_t = fields.UsdPerTonne(source="premium_usd_e4")
    fx_usd_per_unit = fields.Amount()
    fx_date = serializers.DateField(allow_null=True)
    incoterm = serializers.CharField(source="lot.incoterm")
    place = serializers.CharField(source="lot.place")
    duty_status = serializers.CharField(source="lot.duty_status")
    window_start = serializers.DateField()
    window_end = serializers.DateField()
    state = fields.choice(ProposalState)
    producer_answer = fields.choice(SideAnswer)
    buyer_answer = fields.choice(SideAnswer)
    reason = serializers.SerializerMethodField()
    round_number = serializers.IntegerField()
    terms_version = serializers.CharField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()

    def get_side(self, proposal: Proposal) -> str:
        return selectors.side_of(self.context["actor"], proposal).value

    @extend_schema_field(serializers.ListField(child=serializers.UUIDField(), allow_null=True))
    def get_bundle_members(self, proposal: Any) -> list[str] | None:
        """Ids of all proposals that you answer at once; null for the producer of one of them."""
        if selectors.side_of(self.context["actor"], proposal) is Side.PRODUCER:
            return None
        return [str(one) for one in proposal.bundle_members]

    def get_reason(self, proposal: Proposal) -> str:
        return selectors.reason_for(self.context["actor"], proposal)


class Decline(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=500)


class Proposals(ListView):
    """Proposals to your own lots and requirements."""

    queryset = Proposal.objects.none()
    serializer_class = OwnProposal
    filterset_class = ProposalFilter
    orderings = {
        "-created_at": ("-created_at", "-pk"),
        "created_at": ("created_at", "pk"),
        "expires_at": ("expires_at", "pk"),
    }

    def get_queryset(self) -> QuerySet[Proposal]:
        return selectors.with_members(selectors.own(self.actor))

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "actor": self.actor}

    @extend_schema(operation_id="proposals_list", responses=OwnProposal(many=True))
    def get(self, request: Request) -> Response:
        return self.page()


class ProposalView(StepView):
    def find(self, public_id: UUID) -> Proposal:
        return one_of(selectors.with_members(selectors.own(self.actor)), public_id)

    def shown(self, proposal: Proposal) -> dict[str, Any]:
        return dict(OwnProposal(proposal, context={"actor": self.actor}).data)


class OneProposal(ProposalView):
    """A proposal to your own lot or requirement."""

    @extend_schema(
        operation_id="proposals_retrieve",
        parameters=[schema.IF_NONE_MATCH],
        responses=OwnProposal,
    )
    def get(self, request: Request, public_id: UUID) -> Response:
        return tagged(request, self.shown(self.find(public_id)))


class AcceptanceWaits(serializers.Serializer[Any]):
    """Your organisation wants two people for so many tonnes: another one accepts as well."""

    code = serializers.CharField(help_text="approval_needed")
    asked_at = serializers.DateTimeField()


class AcceptProposal(ProposalView):
    """Accept for your side: a producer its own proposal, the buyer its whole bundle at once.

    Accepted by both sides it is a deal at the asked premium; the deals of a bundle arise together.
    202: kept, until a second person of your organisation accepts before the time is over.
    """

    def answer(self, row: Proposal) -> Answer:
        asked = approvals.waiting(self.actor, row)
        if asked is None:
            return super().answer(row)
        told = {"code": "approval_needed", "asked_at": asked.asked_at}
        return Answer(202, dict(AcceptanceWaits(told).data))

    @extend_schema(
        operation_id="proposals_accept",
        parameters=[schema.IDEMPOTENCY_KEY, schema.IF_MATCH],
        request=None,
        responses={200: OwnProposal, 202: AcceptanceWaits},
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        raw_values(request.data, NoValues)
        by = self.actor

        def accept(version: int | None, now: datetime) -> object:
            return services.accept(by=by, public_id=public_id, version=version, now=now)

        return self.stepped(request, public_id, accept)


class DeclineProposal(ProposalView):
    """Decline for your side with a reason, the buyer its whole bundle; its kilograms are free."""

    @extend_schema(
        operation_id="proposals_decline",
        parameters=[schema.IDEMPOTENCY_KEY, schema.IF_MATCH],
        request=Decline,
        responses=OwnProposal,
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        by, reason = self.actor, str(raw_values(request.data, Decline).get("reason", ""))

        def decline(version: int | None, now: datetime) -> object:
            return services.decline(
                by=by, public_id=public_id, reason=reason, version=version, now=now
            )

        return self.stepped(request, public_id, decline)

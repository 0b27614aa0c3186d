"""Your own organisation, the others that a lot or requirement may name, and your sites."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.api import fields, schema
from marketplace.api.base import ApiView, ListView
from marketplace.api.etags import tagged
from marketplace.api.idempotency import Answer, answered_once
from marketplace.api.raw import raw_values
from marketplace.domain.vocabulary import Role
from marketplace.models import Organisation, Site
from marketplace.selectors import organisations, sites
from marketplace.selectors.filters import OrganisationFilter
from marketplace.services import sites as services


class Party(serializers.Serializer[Any]):
    """A verified organisation of the other side, as lists of producers and buyers name it."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    country = serializers.CharField()
    is_producer = serializers.BooleanField()
    is_buyer = serializers.BooleanField()


class OwnOrganisation(Party):
    """Yours. `role` is the key's; `approval_above_t`: acceptances above it need two people."""

    group = serializers.CharField(source="group.name", default=None, allow_null=True)
    role = serializers.SerializerMethodField()
    verified_at = serializers.DateTimeField(allow_null=True)
    suspended_at = serializers.DateTimeField(allow_null=True)
    suspended_reason = serializers.CharField()
    matching_paused_at = serializers.DateTimeField(allow_null=True)
    trading_paused_at = serializers.DateTimeField(allow_null=True)
    paused_reason = serializers.CharField()
    approval_above_t = fields.Tonnes(source="approval_above_kg", allow_null=True)

    def get_role(self, _organisation: Organisation) -> str:
        role: Role = self.context["role"]
        return role.value


class SiteColumns(serializers.Serializer[Any]):
    """A smelter or casthouse: where metal gets its carbon intensity."""

    name = serializers.CharField(max_length=200)
    country = serializers.CharField(help_text="ISO 3166-1 alpha-2.")
    unlocode = serializers.CharField(required=False, allow_blank=True, help_text="Or empty.")


class OwnSite(SiteColumns):
    id = serializers.UUIDField(source="public_id", read_only=True)


class Mine(ApiView):
    """Your own organisation, and what the key may do for it."""

    @extend_schema(
        operation_id="organisation_retrieve",
        parameters=[schema.IF_NONE_MATCH],
        responses=OwnOrganisation,
    )
    def get(self, request: Request) -> Response:
        context = {"role": self.actor.role}
        return tagged(request, dict(OwnOrganisation(self.actor.organisation, context=context).data))


class Parties(ListView):
    """Verified organisations of the other side: whom your lots and requirements may name."""

    queryset = Organisation.objects.none()
    serializer_class = Party
    filterset_class = OrganisationFilter
    orderings = {"name": ("name_key", "pk")}

    def get_queryset(self) -> QuerySet[Organisation]:
        return organisations.others_for(self.actor)

    @extend_schema(operation_id="organisations_list", responses=Party(many=True))
    def get(self, request: Request) -> Response:
        return self.page()


class Sites(ListView):
    """The sites of your own organisation."""

    queryset = Site.objects.none()
    serializer_class = OwnSite
    orderings = {"name": ("name", "pk")}

    def get_queryset(self) -> QuerySet[Site]:
        return sites.own(self.actor)

    @extend_schema(operation_id="sites_list", responses=OwnSite(many=True))
    def get(self, request: Request) -> Response:
        return self.page()

    @extend_schema(
        operation_id="sites_add",
        parameters=[schema.IDEMPOTENCY_KEY],
        request=SiteColumns,
        responses={201: OwnSite},
    )
    def post(self, request: Request) -> Response:
        now, actor = timezone.now(), self.actor
        raw = raw_values(request.data, SiteColumns)

        def add() -> Answer:
            return Answer(201, dict(OwnSite(services.create(by=actor, raw=raw, now=now)).data))

        return answered_once(request, actor, add, now=now)


class OneSite(ApiView):
    """A site of your own organisation."""

    @extend_schema(
        operation_id="sites_retrieve", parameters=[schema.IF_NONE_MATCH], responses=OwnSite
    )
    def get(self, request: Request, public_id: UUID) -> Response:
        return tagged(request, dict(OwnSite(sites.own_one(self.actor, public_id)).data))

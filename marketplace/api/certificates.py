"""Certificates: read, and submit for verification. The document is added on the page."""

from typing import Any
from uuid import UUID

import django_filters
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
from marketplace.domain.vocabulary import Boundary, CertificateState, Scheme
from marketplace.models import Certificate, LedgerPosting
from marketplace.models.choices import CERTIFICATE_STATES, SCHEMES
from marketplace.selectors import certificates as selectors
from marketplace.selectors import ledger
from marketplace.services import certificates as services


class CertificateColumns(serializers.Serializer[Any]):
    """What its holder states. `certified_t` stays empty for evidence without tonnes."""

    scheme = fields.choice(Scheme)
    issuer = serializers.CharField()
    number = serializers.CharField()
    certified_t = fields.Tonnes(source="certified_kg", required=False, allow_null=True)
    boundary = fields.choice(Boundary, required=False, allow_blank=True)
    ci = fields.Intensity(source="ci_milli", required=False, allow_null=True)
    valid_from = serializers.DateField()
    valid_to = serializers.DateField()
    site = fields.PublicId(required=False, allow_null=True)


class OwnCertificate(CertificateColumns):
    """A certificate as its holder sees it."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    free_t = fields.Tonnes(
        source="free_kg", read_only=True, allow_null=True, help_text="Not drawn by lots."
    )
    state = fields.choice(CertificateState, read_only=True)
    state_reason = serializers.CharField(read_only=True)
    has_document = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField(read_only=True)
    version = serializers.IntegerField(read_only=True)

    def get_has_document(self, certificate: Certificate) -> bool:
        return bool(certificate.document)


class CertificateFilter(django_filters.FilterSet):  # type: ignore[misc]
    state = django_filters.ChoiceFilter(choices=CERTIFICATE_STATES)
    scheme = django_filters.ChoiceFilter(choices=SCHEMES)


class Certificates(ListView):
    """The certificates of your own organisation."""

    queryset = Certificate.objects.none()
    serializer_class = OwnCertificate
    filterset_class = CertificateFilter
    orderings = {
        "-created_at": ("-created_at", "-pk"),
        "created_at": ("created_at", "pk"),
        "valid_to": ("valid_to", "pk"),
    }

    def get_queryset(self) -> QuerySet[Certificate]:
        return selectors.own(self.actor).select_related("site")

    @extend_schema(operation_id="certificates_list", responses=OwnCertificate(many=True))
    def get(self, request: Request) -> Response:
        return self.page()

    @extend_schema(
        operation_id="certificates_submit",
        parameters=[schema.IDEMPOTENCY_KEY],
        request=CertificateColumns,
        responses={201: OwnCertificate},
    )
    def post(self, request: Request) -> Response:
        now, actor = timezone.now(), self.actor
        raw = raw_values(request.data, CertificateColumns)

        def submit() -> Answer:
            submitted = services.submit(by=actor, raw=raw, document=None, now=now)
            kept = selectors.own_one(actor, submitted.public_id)
            return Answer(201, self.get_serializer(kept).data)

        return answered_once(request, actor, submit, now=now)


class OneCertificate(ApiView):
    """A certificate of your own organisation."""

    @extend_schema(
        operation_id="certificates_retrieve",
        parameters=[schema.IF_NONE_MATCH],
        responses=OwnCertificate,
    )
    def get(self, request: Request, public_id: UUID) -> Response:
        return tagged(request, dict(OwnCertificate(selectors.own_one(self.actor, public_id)).data))


class Balances(serializers.Serializer[Any]):
    """Where the tonnes are after a posting; together they are what was certified."""

    free_t = fields.Tonnes(source="free_kg")
    listed_t = fields.Tonnes(source="listed_kg")
    reserved_t = fields.Tonnes(source="reserved_kg")
    sold_t = fields.Tonnes(source="sold_kg")
    delivered_t = fields.Tonnes(source="delivered_kg")
    claimed_t = fields.Tonnes(source="claimed_kg")


class StatementLine(serializers.Serializer[Any]):
    """One posting. `by` is a person of your own organisation, or empty."""

    at = serializers.DateTimeField()
    happened = serializers.CharField()
    lot = serializers.UUIDField(allow_null=True)
    proposal = serializers.UUIDField(allow_null=True)
    deal = serializers.CharField(help_text="The deal's number, or empty.")
    by = serializers.CharField()
    quantity_t = fields.Tonnes(source="kg")
    balance = Balances()


class Statement(ListView):
    """Every posting of a certificate of your own organisation, oldest first."""

    queryset = LedgerPosting.objects.none()
    serializer_class = StatementLine
    orderings = {"posted_at": ("pk",)}

    @extend_schema(operation_id="certificates_statement", responses=StatementLine(many=True))
    def get(self, request: Request, public_id: UUID) -> Response:
        found = selectors.own_one(self.actor, public_id)
        rows = self.paginate_queryset(ledger.postings(found))
        lines = ledger.lines(self.actor.organisation, rows or [])
        return self.get_paginated_response(StatementLine(lines, many=True).data)

"""Certificates: decided here, through the service, by nobody who belongs to the holder."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Case, Value, When
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from marketplace.admin.base import (
    ReadOnlyAdmin,
    ReadOnlyInline,
    apply_to_each,
    ask_reason,
    intensity,
    signed_in,
    tonnes,
)
from marketplace.domain.vocabulary import CertificateState
from marketplace.models import Certificate, LedgerPosting
from marketplace.papers import files
from marketplace.selectors.stops import behind
from marketplace.services import certificates


class PostingInline(ReadOnlyInline):
    model = LedgerPosting
    fields = ("posted_at", "source", "target", "tonnes", "lot", "proposal", "posted_by")
    readonly_fields = ("tonnes",)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        found = super().get_queryset(request).order_by("pk")
        return found.select_related("lot", "proposal", "posted_by")

    @admin.display(description=_("quantity"))
    def tonnes(self, posting: LedgerPosting) -> str:
        return tonnes(posting.kg)


@admin.register(Certificate)
class CertificateAdmin(ReadOnlyAdmin):
    list_display = (
        "number",
        "scheme",
        "issuer",
        "organisation",
        "carbon",
        "certified",
        "drawn",
        "valid_from",
        "valid_to",
        "state",
        "first_verified_by",
        "download",
    )
    list_filter = ("state", "scheme", ("organisation", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("organisation", "first_verified_by")
    search_fields = ("number", "issuer", "organisation__name")
    fields = (
        "organisation",
        "site",
        "scheme",
        "issuer",
        "number",
        "carbon",
        "certified",
        "drawn",
        "valid_from",
        "valid_to",
        "download",
        "document_sha256",
        "state",
        "state_reason",
        "first_verified_by",
        "first_verified_at",
        "decided_by",
        "decided_at",
        "created_at",
    )
    readonly_fields = ("carbon", "certified", "drawn", "download")
    inlines = (PostingInline,)
    actions = ("verify", "refuse", "suspend", "revoke")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """Those that wait for a decision come first, the oldest of them at the top."""
        waiting_first = Case(
            When(state=CertificateState.PENDING.value, then=Value(0)), default=Value(1)
        )
        return super().get_queryset(request).order_by(waiting_first, "created_at", "pk")

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "<int:pk>/document/",
            self.admin_site.admin_view(self.document),
            name="marketplace_certificate_document",
        )
        return [own, *super().get_urls()]

    def document(self, request: HttpRequest, pk: int) -> FileResponse:
        certificate = get_object_or_404(Certificate, pk=pk)
        if not self.has_view_permission(request, certificate):
            raise PermissionDenied
        if not certificate.document:
            raise Http404
        name = f"certificate-{pk}"
        return files.upload(certificate.document, certificate.document_type, name)

    @admin.display(description=_("carbon intensity"))
    def carbon(self, certificate: Certificate) -> str:
        return intensity(certificate.ci_milli, str(certificate.get_boundary_display()))

    @admin.display(description=_("certified"))
    def certified(self, certificate: Certificate) -> str:
        return tonnes(certificate.certified_kg)

    @admin.display(description=_("drawn by lots"))
    def drawn(self, certificate: Certificate) -> str:
        return "-" if certificate.certified_kg is None else tonnes(certificate.allocated_kg)

    @admin.display(description=_("document"))
    def download(self, certificate: Certificate) -> str:
        if not certificate.document:
            return "-"
        url = reverse("admin:marketplace_certificate_document", args=[certificate.pk])
        return format_html('<a href="{}">{}</a>', url, _("Download"))

    @admin.action(description=_("Verify"), permissions=["decide"])
    def verify(self, request: HttpRequest, queryset: models.QuerySet[Certificate]) -> None:
        apply_to_each(
            request,
            queryset,
            lambda certificate: certificates.verify(
                public_id=certificate.public_id, by=signed_in(request), now=timezone.now()
            ),
        )

    @admin.action(description=_("Refuse with reason"), permissions=["decide"])
    def refuse(
        self, request: HttpRequest, queryset: models.QuerySet[Certificate]
    ) -> HttpResponse | None:
        return self._decide(request, queryset, certificates.refuse, _("Refuse"))

    @admin.action(description=_("Suspend with reason"), permissions=["decide"])
    def suspend(
        self, request: HttpRequest, queryset: models.QuerySet[Certificate]
    ) -> HttpResponse | None:
        return self._decide(request, queryset, certificates.suspend, _("Suspend"))

    @admin.action(description=_("Revoke with reason"), permissions=["decide"])
    def revoke(
        self, request: HttpRequest, queryset: models.QuerySet[Certificate]
    ) -> HttpResponse | None:
        return self._decide(request, queryset, certificates.revoke, _("Revoke"))

    def _decide(
        self, request: HttpRequest, queryset: models.QuerySet[Certificate], verb: Any, title: Any
    ) -> HttpResponse | None:
        """Stops say what they would hit before they are confirmed."""
        stops = verb is not certificates.refuse
        return ask_reason(
            self,
            request,
            queryset,
            title=title,
            about=lambda certificate: _hit_by(certificate) if stops else "",
            step=lambda certificate, reason: verb(
                public_id=certificate.public_id,
                by=signed_in(request),
                reason=reason,
                now=timezone.now(),
            ),
        )


def _hit_by(certificate: Certificate) -> str:
    """What a stop of it would withdraw and flag, in words."""
    hit = behind(certificate)
    words = _(
        "{lots} lots, {open_kg} in {proposals} open proposals to withdraw, "
        "{deal_kg} in {deals} deals to flag"
    )
    return str(words).format(
        lots=hit.lots,
        open_kg=tonnes(hit.open_kg),
        proposals=hit.proposals,
        deal_kg=tonnes(hit.deal_kg),
        deals=hit.deals,
    )

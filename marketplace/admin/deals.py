"""Deals, deliveries, claims and the certificate ledger: read only, decided through services."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from marketplace.admin.base import ReadOnlyAdmin, ReadOnlyInline, ask_reason, signed_in, tonnes
from marketplace.models import Claim, Deal, Delivery, LedgerPosting
from marketplace.services import cancellations, deals


class FlagFilter(admin.SimpleListFilter):
    title = _("flag")
    parameter_name = "flag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("yes", _("Something speaks against it")), ("no", _("Nothing does"))]

    def queryset(
        self, request: HttpRequest, queryset: models.QuerySet[Any]
    ) -> models.QuerySet[Any]:
        if self.value() not in ("yes", "no"):
            return queryset
        return queryset.filter(flagged_at__isnull=self.value() == "no")


class DeliveryInline(ReadOnlyInline):
    model = Delivery
    fields = (
        "shipped_kg",
        "shipped_on",
        "cast_numbers",
        "transport_document",
        "analysis_sha256",
        "recorded_by",
        "recorded_at",
    )
    readonly_fields = ("analysis_sha256",)


class ClaimInline(ReadOnlyInline):
    model = Claim
    fields = (
        "number",
        "kg",
        "issued_at",
        "beneficiary",
        "reporting_year",
        "retired_at",
        "retired_by",
        "content_sha256",
    )


@admin.register(Deal)
class DealAdmin(ReadOnlyAdmin):
    list_display = (
        "number",
        "producer",
        "buyer",
        "quantity",
        "price",
        "state",
        "flagged_at",
        "cancellation_asked_by",
        "concluded_at",
    )
    list_filter = (
        "state",
        FlagFilter,
        "concluded_at",
        ("producer", admin.RelatedOnlyFieldListFilter),
        ("buyer", admin.RelatedOnlyFieldListFilter),
    )
    list_select_related = ("producer", "buyer", "cancellation_asked_by")
    search_fields = ("number", "producer__name", "buyer__name")
    fields = (
        "number",
        "producer",
        "buyer",
        "quantity",
        "price",
        "proposal",
        "state",
        "state_reason",
        "flagged_at",
        "flag_reason",
        "cancellation_asked_by",
        "cancellation_reason",
        "concluded_at",
        "closed_at",
        "version",
        "record",
        "content_sha256",
    )
    readonly_fields = ("quantity", "price", "version")
    inlines = (DeliveryInline, ClaimInline)
    actions = ("cancel", "clear_flag")

    @admin.display(description=_("quantity"))
    def quantity(self, deal: Deal) -> str:
        return tonnes(deal.quantity_kg)

    @admin.display(description=_("premium"))
    def price(self, deal: Deal) -> str:
        return f"{deal.premium} {deal.get_premium_unit_display()}"

    @admin.action(description=_("Cancel with reason"), permissions=["decide"])
    def cancel(self, request: HttpRequest, queryset: models.QuerySet[Deal]) -> HttpResponse | None:
        return ask_reason(
            self,
            request,
            queryset,
            title=_("Cancel deals"),
            step=lambda deal, reason: cancellations.decide(
                by=signed_in(request),
                public_id=deal.public_id,
                reason=reason,
                now=timezone.now(),
            ),
        )

    @admin.action(description=_("Clear the flag with reason"), permissions=["decide"])
    def clear_flag(
        self, request: HttpRequest, queryset: models.QuerySet[Deal]
    ) -> HttpResponse | None:
        return ask_reason(
            self,
            request,
            queryset,
            title=_("Clear the flags of deals"),
            step=lambda deal, reason: deals.clear_flag(
                by=signed_in(request),
                public_id=deal.public_id,
                reason=reason,
                now=timezone.now(),
            ),
        )


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ("deal", "quantity", "shipped_on", "transport_document", "recorded_at")
    list_filter = ("shipped_on",)
    list_select_related = ("deal",)
    search_fields = ("deal__number", "transport_document")
    fields = (
        "deal",
        "quantity",
        "shipped_on",
        "cast_numbers",
        "transport_document",
        "analysis_sha256",
        "recorded_by",
        "recorded_at",
    )
    readonly_fields = ("quantity", "analysis_sha256")

    @admin.display(description=_("shipped"))
    def quantity(self, delivery: Delivery) -> str:
        return tonnes(delivery.shipped_kg)


@admin.register(Claim)
class ClaimAdmin(ReadOnlyAdmin):
    list_display = ("number", "deal", "quantity", "issued_at", "beneficiary", "retired_at")
    list_filter = ("reporting_year", ("retired_at", admin.EmptyFieldListFilter))
    list_select_related = ("deal",)
    search_fields = ("number", "deal__number", "beneficiary")
    fields = (
        "number",
        "deal",
        "quantity",
        "issued_at",
        "beneficiary",
        "reporting_year",
        "retired_at",
        "retired_by",
        "record",
        "content_sha256",
    )
    readonly_fields = ("quantity",)

    @admin.display(description=_("claimable"))
    def quantity(self, claim: Claim) -> str:
        return tonnes(claim.kg)


@admin.register(LedgerPosting)
class LedgerPostingAdmin(ReadOnlyAdmin):
    list_display = (
        "posted_at",
        "certificate",
        "source",
        "target",
        "quantity",
        "lot",
        "proposal",
        "posted_by",
    )
    list_filter = ("source", "target")
    list_select_related = ("certificate", "lot", "proposal", "posted_by")
    search_fields = ("certificate__number",)
    fields = list_display
    readonly_fields = ("quantity",)

    @admin.display(description=_("quantity"))
    def quantity(self, posting: LedgerPosting) -> str:
        return tonnes(posting.kg)

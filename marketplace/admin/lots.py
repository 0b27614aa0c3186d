"""Lots as their producers state them: read-only, with what is reserved and sold."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from marketplace.admin.base import ReadOnlyAdmin, ReadOnlyInline, intensity, percent, tonnes
from marketplace.models import CarbonStatement, Lot, LotCertificate


class CarbonStatementInline(ReadOnlyInline):
    model = CarbonStatement
    fields = ("carbon", "reporting_year", "evidence")
    readonly_fields = ("carbon",)

    @admin.display(description=_("carbon intensity"))
    def carbon(self, statement: CarbonStatement) -> str:
        return intensity(statement.ci_milli, str(statement.get_boundary_display()))


class LotCertificateInline(ReadOnlyInline):
    model = LotCertificate
    fields = ("certificate", "draws_tonnes")
    readonly_fields = ("draws_tonnes",)


@admin.register(Lot)
class LotAdmin(ReadOnlyAdmin):
    list_display = (
        "public_id",
        "product_form",
        "grade",
        "carbon",
        "quantity",
        "available",
        "premium",
        "window_start",
        "window_end",
        "organisation",
        "state",
    )
    list_filter = ("state", "product_form", ("organisation", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("organisation",)
    search_fields = ("public_id", "grade", "organisation__name")
    fields = (
        "public_id",
        "organisation",
        "site",
        "product_form",
        "grade",
        "brand",
        "quantity",
        "available",
        "reserved",
        "sold",
        "min_take",
        "premium",
        "incoterm",
        "place",
        "duty_status",
        "offsets_used",
        "energy_source",
        "shares",
        "origin_country",
        "delivery_regions",
        "excluded_buyers",
        "produced_from",
        "produced_to",
        "window_start",
        "window_end",
        "state",
        "version",
        "listed_at",
    )
    readonly_fields = (
        "public_id",
        "quantity",
        "available",
        "reserved",
        "sold",
        "min_take",
        "premium",
        "shares",
        "version",
    )
    inlines = (CarbonStatementInline, LotCertificateInline)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("carbon_statements")

    @admin.display(description=_("carbon intensity"))
    def carbon(self, lot: Lot) -> str:
        return "; ".join(
            intensity(statement.ci_milli, str(statement.get_boundary_display()))
            for statement in lot.carbon_statements.all()
        )

    @admin.display(description=_("quantity"))
    def quantity(self, lot: Lot) -> str:
        return tonnes(lot.quantity_kg)

    @admin.display(description=_("available"))
    def available(self, lot: Lot) -> str:
        return tonnes(lot.available_kg)

    @admin.display(description=_("reserved"))
    def reserved(self, lot: Lot) -> str:
        return tonnes(lot.reserved_kg)

    @admin.display(description=_("sold"))
    def sold(self, lot: Lot) -> str:
        return tonnes(lot.sold_kg)

    @admin.display(description=_("minimum take"))
    def min_take(self, lot: Lot) -> str:
        return tonnes(lot.min_take_kg)

    @admin.display(description=_("asked premium"))
    def premium(self, lot: Lot) -> str:
        return f"{lot.ask_premium} {lot.get_premium_unit_display()}"

    @admin.display(description=_("renewable, pre-consumer, post-consumer"))
    def shares(self, lot: Lot) -> str:
        parts = (lot.renewable_centi_pct, lot.recycled_pre_centi_pct, lot.recycled_post_centi_pct)
        return ", ".join(percent(part) for part in parts)

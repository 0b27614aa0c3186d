"""Requirements: read-only, and the buyer's limit masked until somebody says why they read it."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketplace.admin.base import ReadOnlyAdmin, ask_reason, intensity, signed_in, tonnes
from marketplace.models import Requirement, Reveal
from marketplace.models.choices import PRODUCT_FORMS
from marketplace.services import reveals


class ProductFilter(admin.SimpleListFilter):
    title = _("product form")
    parameter_name = "product"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return PRODUCT_FORMS

    def queryset(
        self, request: HttpRequest, queryset: models.QuerySet[Any]
    ) -> models.QuerySet[Any]:
        value = self.value()
        return queryset.filter(product_forms__contains=[value]) if value else queryset


@admin.register(Requirement)
class RequirementAdmin(ReadOnlyAdmin):
    """``max_premium`` and ``internal_carbon_price`` are in no column, filter, order or search."""

    list_display = (
        "public_id",
        "products",
        "carbon_limit",
        "volume",
        "still_open",
        "limit",
        "window_start",
        "window_end",
        "delivery_region",
        "organisation",
        "state",
    )
    list_filter = (
        "state",
        ProductFilter,
        "boundary",
        ("organisation", admin.RelatedOnlyFieldListFilter),
    )
    list_select_related = ("organisation",)
    actions = ("reveal",)
    search_fields = ("public_id", "organisation__name")
    fields = (
        "public_id",
        "organisation",
        "products",
        "grades",
        "carbon_limit",
        "ci_basis",
        "volume",
        "still_open",
        "reserved",
        "bought",
        "min_lot",
        "partial_ok",
        "limit",
        "required_schemes",
        "schemes_rule",
        "energy_sources",
        "verified_ci_only",
        "accept_offsets",
        "allowed_origins",
        "excluded_origins",
        "allowed_producers",
        "excluded_producers",
        "delivery_region",
        "accepted_incoterms",
        "accepted_duty_statuses",
        "window_start",
        "window_end",
        "state",
        "version",
        "posted_at",
    )
    readonly_fields = (
        "public_id",
        "products",
        "carbon_limit",
        "volume",
        "still_open",
        "reserved",
        "bought",
        "min_lot",
        "limit",
        "version",
    )

    @admin.display(description=_("product forms"))
    def products(self, requirement: Requirement) -> str:
        names = dict(PRODUCT_FORMS)
        return ", ".join(str(names[form]) for form in requirement.product_forms)

    @admin.display(description=_("carbon limit"))
    def carbon_limit(self, requirement: Requirement) -> str:
        limit = intensity(requirement.max_ci_milli, str(requirement.get_boundary_display()))
        return f"<= {limit}"

    @admin.display(description=_("volume"))
    def volume(self, requirement: Requirement) -> str:
        return tonnes(requirement.volume_kg)

    @admin.display(description=_("open"))
    def still_open(self, requirement: Requirement) -> str:
        return tonnes(requirement.open_kg)

    @admin.display(description=_("reserved"))
    def reserved(self, requirement: Requirement) -> str:
        return tonnes(requirement.reserved_kg)

    @admin.display(description=_("bought"))
    def bought(self, requirement: Requirement) -> str:
        return tonnes(requirement.bought_kg)

    @admin.display(description=_("smallest lot"))
    def min_lot(self, requirement: Requirement) -> str:
        return tonnes(requirement.min_lot_kg)

    @admin.display(description=_("highest premium"))
    def limit(self, requirement: Requirement) -> str:
        return gettext("limit set")

    def has_reveal_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(reveals.PERMISSION)

    @admin.action(description=_("Read the limit"), permissions=("reveal",))
    def reveal(
        self, request: HttpRequest, queryset: models.QuerySet[Requirement]
    ) -> HttpResponse | None:
        """Shown once, on the answer itself: nothing of it is kept in a session or a message."""
        told: list[Requirement] = []

        def read(requirement: Requirement, reason: str) -> None:
            key, by = requirement.public_id, signed_in(request)
            told.append(reveals.limit(public_id=key, by=by, reason=reason, now=timezone.now()))

        title = _("Read the limit")
        page = ask_reason(self, request, queryset, title=title, step=read)
        if page is not None or not told:
            return page
        context = {**self.admin_site.each_context(request), "title": title, "opts": self.opts}
        return render(request, "admin/marketplace/revealed.html", {**context, "told": told})


@admin.register(Reveal)
class RevealAdmin(ReadOnlyAdmin):
    list_display = ("at", "requirement", "organisation", "by", "reason")
    list_select_related = ("requirement__organisation", "by")
    search_fields = ("requirement__public_id", "requirement__organisation__name", "by__email")
    date_hierarchy = "at"
    fields = ("at", "requirement", "organisation", "by", "reason")
    readonly_fields = ("organisation",)

    @admin.display(description=_("organisation"))
    def organisation(self, reveal: Reveal) -> str:
        return reveal.requirement.organisation.name

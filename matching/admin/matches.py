"""Matches and what stayed open, of all rounds: read-only, filtered by what became of them."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from marketplace.admin.base import ReadOnlyAdmin, intensity, tonnes
from marketplace.models.choices import PROPOSAL_STATES
from matching.models import Match, Shortfall


class ProposalStateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state of the proposal")
    parameter_name = "proposal_state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [*PROPOSAL_STATES, ("DROPPED", gettext_lazy("Not proposed"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Match]) -> QuerySet[Match]:
        if self.value() is None:
            return queryset
        if self.value() == "DROPPED":
            return queryset.filter(proposal__isnull=True)
        return queryset.filter(proposal__state=self.value())


@admin.register(Match)
class MatchAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "round_id",
        "producer",
        "buyer",
        "product",
        "quantity_t",
        "ci",
        "proposal_state",
        "dropped_because",
    )
    list_filter = (
        ProposalStateFilter,
        "lot__product_form",
        ("lot__organisation", admin.RelatedOnlyFieldListFilter),
        ("requirement__organisation", admin.RelatedOnlyFieldListFilter),
    )
    search_fields = ("lot__organisation__name", "requirement__organisation__name")
    list_select_related = ("lot__organisation", "requirement__organisation", "proposal")

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        return lookup == "round__id__exact" or super().lookup_allowed(lookup, value, request)

    @admin.display(description=gettext_lazy("producer"))
    def producer(self, match: Match) -> str:
        return match.lot.organisation.name

    @admin.display(description=gettext_lazy("buyer"))
    def buyer(self, match: Match) -> str:
        return match.requirement.organisation.name

    @admin.display(description=gettext_lazy("product"))
    def product(self, match: Match) -> str:
        return f"{match.lot.get_product_form_display()} {match.lot.grade}"

    @admin.display(description=gettext_lazy("quantity"))
    def quantity_t(self, match: Match) -> str:
        return tonnes(match.quantity_kg)

    @admin.display(description=gettext_lazy("carbon intensity"))
    def ci(self, match: Match) -> str:
        return intensity(match.ci_milli)

    @admin.display(description=gettext_lazy("proposal"))
    def proposal_state(self, match: Match) -> str:
        return str(match.proposal.get_state_display()) if match.proposal else "-"


@admin.register(Shortfall)
class ShortfallAdmin(ReadOnlyAdmin):
    list_display = ("id", "round_id", "lot", "requirement", "open_t", "reason")
    list_filter = ("reason",)
    list_select_related = ("lot", "requirement")

    @admin.display(description=gettext_lazy("open"))
    def open_t(self, row: Shortfall) -> str:
        return tonnes(row.open_kg)

"""Rounds, read-only; one now, and how it goes; what the newest one says a tonne is worth."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.admin.base import ReadOnlyAdmin, ReadOnlyInline, intensity, tonnes
from matching import services
from matching.models import Match, MatchingRound

INLINE_LIMIT = 200


class MatchInline(ReadOnlyInline):
    model = Match
    fields = ("lot", "requirement", "quantity_t", "ci", "ask", "proposal", "dropped_because")
    readonly_fields = ("quantity_t", "ci", "ask")
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Match]:
        return super().get_queryset(request).select_related("lot", "requirement", "proposal")

    @admin.display(description=gettext_lazy("quantity"))
    def quantity_t(self, match: Match) -> str:
        return tonnes(match.quantity_kg)

    @admin.display(description=gettext_lazy("carbon intensity"))
    def ci(self, match: Match) -> str:
        return intensity(match.ci_milli)

    @admin.display(description=gettext_lazy("ask, USD/t"))
    def ask(self, match: Match) -> str:
        return f"{match.ask_e4 / 10_000:.4f}"


@admin.register(MatchingRound)
class MatchingRoundAdmin(ReadOnlyAdmin):
    change_list_template = "admin/matching/matchinground/change_list.html"
    list_display = (
        "id",
        "state",
        "optimal",
        "verified",
        "matched_t",
        "surplus_usd",
        "seconds",
        "started_at",
        "trigger",
        "lots",
        "requirements",
        "matches_found",
        "proposals_opened",
        "attempt",
    )
    list_filter = ("state", "trigger", "optimal", "verified")
    date_hierarchy = "started_at"
    readonly_fields = ("all_matches",)

    def get_inlines(self, request: HttpRequest, obj: MatchingRound | None) -> Any:
        """A round of thousands is read in the list of matches, not on one page."""
        return (MatchInline,) if obj and obj.matches_found <= INLINE_LIMIT else ()

    @admin.display(description=gettext_lazy("matched"))
    def matched_t(self, row: MatchingRound) -> str:
        return tonnes(row.matched_kg)

    @admin.display(description=gettext_lazy("all matches"))
    def all_matches(self, row: MatchingRound) -> str:
        url = reverse("admin:matching_match_changelist")
        return format_html(
            '<a href="{}?round__id__exact={}">{}</a>', url, row.pk, row.matches_found
        )

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "run-now/",
            self.admin_site.admin_view(self.run_now),
            name="matching_matchinground_run_now",
        )
        return [own, *super().get_urls()]

    def run_now(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_view_permission(request) or not request.user.is_staff:
            raise PermissionDenied
        services.request_now(by=request.user, now=timezone.now())
        messages.success(request, _("A round was asked for. It shows here when a worker has it."))
        return HttpResponseRedirect(reverse("admin:matching_matchinground_changelist"))

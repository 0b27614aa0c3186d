"""Rounds, read-only; one now, and how it goes; what the newest one says a tonne is worth."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.admin.base import ReadOnlyAdmin, ReadOnlyInline, intensity, tonnes
from marketplace.web import pages
from matching import premiums, requests, selectors, services
from matching.admin.curves import COLUMNS, csv_rows, picture
from matching.models import Match, MatchingRound
from matching.premiums import Curve

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
        views: dict[str, tuple[str, Any]] = {
            "run_now": ("run-now/", self.run_now),
            "asked": ("asked/<int:row>/", self.asked),
            "premiums": ("premiums/", self.premiums),
            "premiums_csv": ("premiums.csv", self.premiums_csv),
        }
        own = [
            path(place, self.admin_site.admin_view(view), name=f"matching_matchinground_{name}")
            for name, (place, view) in views.items()
        ]
        return [*own, *super().get_urls()]

    def run_now(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_view_permission(request) or not request.user.is_staff:
            raise PermissionDenied
        row = services.request_now(by=request.user, now=timezone.now())
        return HttpResponseRedirect(reverse("admin:matching_matchinground_asked", args=[row.pk]))

    def asked(self, request: HttpRequest, row: int) -> HttpResponse:
        """How the round goes that somebody asked for; the page asks again by itself."""
        self._for_readers(request)
        found = get_object_or_404(requests.asked_now(), pk=row)
        progress = selectors.progress(found)
        name = "asked_state" if request.headers.get("HX-Request") else "asked"
        context = {"title": _("A round now"), "asked": found, "progress": progress}
        return self._page(request, name, context)

    def premiums(self, request: HttpRequest) -> HttpResponse:
        """What a tonne more of a product would be worth, by its carbon; from the duals."""
        self._for_readers(request)
        told = premiums.newest()
        chosen = _chosen(told.curves, request.GET.get("product", ""))
        context = {"title": _("Marginal premiums"), "told": told, "chosen": chosen}
        if chosen is not None:
            context["picture"] = picture(chosen)
        return self._page(request, "premiums", context)

    def premiums_csv(self, request: HttpRequest) -> HttpResponse:
        self._for_readers(request)
        return pages.as_csv("marginal-premiums.csv", COLUMNS, csv_rows(premiums.newest()))

    def _for_readers(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
        whole = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return render(request, f"admin/matching/matchinground/{name}.html", whole)


def _chosen(curves: Sequence[Curve], wanted: str) -> Curve | None:
    """The named one, else the first."""
    named = [one for one in curves if str(one.product) == wanted]
    return next(iter([*named, *curves]), None)

"""What the worker still has to do, and whether it is heard."""

from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from marketplace.admin.base import ReadOnlyAdmin, apply_to_each, signed_in
from marketplace.models import Heartbeat, OutboxRow
from marketplace.selectors import workers
from marketplace.selectors.workers import Hearing
from marketplace.services import outbox

HEARING = {
    Hearing.OK: _("hears"),
    Hearing.SILENT: _("no sign of life"),
    Hearing.DEAF: _("deaf: hears no messages"),
}
WARNINGS = {
    Hearing.SILENT: _("No worker gives a sign of life: start one."),
    Hearing.DEAF: _("No worker hears messages: look whether beat runs, then restart the workers."),
}


class OutboxStateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("undone", _("Undone")), ("dead", _("Given up")), ("done", _("Done"))]

    def queryset(
        self, request: HttpRequest, queryset: models.QuerySet[Any]
    ) -> models.QuerySet[Any]:
        if self.value() == "undone":
            return queryset.filter(done_at__isnull=True, dead_at__isnull=True)
        if self.value() == "dead":
            return queryset.filter(dead_at__isnull=False)
        if self.value() == "done":
            return queryset.filter(done_at__isnull=False)
        return queryset


@admin.register(OutboxRow)
class OutboxRowAdmin(ReadOnlyAdmin):
    list_display = (
        "task",
        "argument",
        "created_at",
        "due_at",
        "attempts",
        "leased_until",
        "leased_by",
        "done_at",
        "dead_at",
        "last_error",
    )
    list_filter = (OutboxStateFilter, "task")
    actions = ("try_again",)

    @admin.action(description=_("Try again"), permissions=["decide"])
    def try_again(self, request: HttpRequest, queryset: models.QuerySet[OutboxRow]) -> None:
        by, now = signed_in(request), timezone.now()
        apply_to_each(request, queryset, lambda row: outbox.retry(row_id=row.pk, by=by, now=now))


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin):
    """Worker processes: which live, and which of them hear nothing."""

    list_display = ("name", "hearing", "started_at", "beat_at", "heard_at")

    @admin.display(description=_("state"))
    def hearing(self, heartbeat: Heartbeat) -> Any:
        return HEARING[workers.hearing(heartbeat, now=timezone.now())]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        found = workers.together(now=timezone.now())
        if found in WARNINGS:
            messages.warning(request, WARNINGS[found])
        return super().changelist_view(request, extra_context)

"""What the worker still has to do, and whether it is heard."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from marketplace.admin.base import ReadOnlyAdmin
from marketplace.models import Heartbeat, OutboxRow


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
        "done_at",
        "dead_at",
        "last_error",
    )
    list_filter = (OutboxStateFilter, "task")


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin):
    list_display = ("name", "beat_at", "heard")

    @admin.display(description=_("heard lately"), boolean=True)
    def heard(self, heartbeat: Heartbeat) -> bool:
        return timezone.now() - heartbeat.beat_at <= settings.HEARTBEAT_STALE_AFTER

"""Actions that pause matching or trading and go on, for the market and for organisations."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from marketplace.admin.base import KeptAdmin, apply_to_each, ask_reason, signed_in
from marketplace.services import pauses
from marketplace.services.pauses import What

PAUSE_ACTIONS = ("pause_matching", "pause_trading", "resume_matching", "resume_trading")
PAUSE_COLUMNS = ("matching_paused_at", "trading_paused_at", "paused_reason")


class PausedAdmin(KeptAdmin):
    """``scope``: the organisation's public id, or None for the market."""

    def scope(self, row: Any) -> UUID | None:
        return None

    @admin.action(description=_("Pause matching with reason"), permissions=["change"])
    def pause_matching(
        self, request: HttpRequest, queryset: models.QuerySet[Any]
    ) -> HttpResponse | None:
        return self._pause(request, queryset, _("Pause matching"), matching=True)

    @admin.action(description=_("Pause trading with reason"), permissions=["change"])
    def pause_trading(
        self, request: HttpRequest, queryset: models.QuerySet[Any]
    ) -> HttpResponse | None:
        return self._pause(request, queryset, _("Pause trading"), trading=True)

    @admin.action(description=_("Go on with matching"), permissions=["change"])
    def resume_matching(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:
        self._resume(request, queryset, matching=True)

    @admin.action(description=_("Go on with trading"), permissions=["change"])
    def resume_trading(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:
        self._resume(request, queryset, trading=True)

    def _pause(
        self,
        request: HttpRequest,
        queryset: models.QuerySet[Any],
        title: str | Promise,
        **named: bool,
    ) -> HttpResponse | None:
        by, now = signed_in(request), timezone.now()
        return ask_reason(
            self,
            request,
            queryset,
            title=title,
            step=lambda row, reason: pauses.pause(
                what=What(organisation=self.scope(row), **named), by=by, reason=reason, now=now
            ),
        )

    def _resume(self, request: HttpRequest, queryset: models.QuerySet[Any], **named: bool) -> None:
        by, now = signed_in(request), timezone.now()
        apply_to_each(
            request,
            queryset,
            lambda row: pauses.resume(
                what=What(organisation=self.scope(row), **named), by=by, now=now
            ),
        )

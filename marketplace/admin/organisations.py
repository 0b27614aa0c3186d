"""Organisations, their groups, members and sites. Verification goes through the service."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from marketplace.admin.base import (
    AnyTabularInline,
    KeptAdmin,
    apply_to_each,
    ask_reason,
    signed_in,
)
from marketplace.admin.pauses import PAUSE_ACTIONS, PAUSE_COLUMNS, PausedAdmin
from marketplace.models import Membership, Organisation, OrganisationGroup, Site
from marketplace.selectors import declines
from marketplace.services import organisations, outbox

DECLINES_OF = timedelta(days=90)


class VerifiedFilter(admin.SimpleListFilter):
    title = _("verification")
    parameter_name = "verified"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("no", _("Waiting")), ("yes", _("Verified"))]

    def queryset(
        self, request: HttpRequest, queryset: models.QuerySet[Any]
    ) -> models.QuerySet[Any]:
        if self.value() is None:
            return queryset
        return queryset.filter(verified_at__isnull=self.value() == "no")


class MembershipInline(AnyTabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ("user",)


@admin.register(Organisation)
class OrganisationAdmin(PausedAdmin):
    list_display = (
        "name",
        "country",
        "group",
        "is_producer",
        "is_buyer",
        "is_demo",
        "verified_at",
        "suspended_at",
        "matching_paused_at",
        "trading_paused_at",
        "declines",
        "created_at",
    )
    list_filter = (VerifiedFilter, "is_producer", "is_buyer", "is_demo", "country")
    list_select_related = ("group",)
    search_fields = ("name",)
    autocomplete_fields = ("group",)
    readonly_fields = (
        "verified_at",
        "verified_by",
        "suspended_at",
        "suspended_reason",
        *PAUSE_COLUMNS,
        "created_at",
    )
    inlines = (MembershipInline,)
    actions = ("verify", "suspend", "reinstate", *PAUSE_ACTIONS)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return declines.counted(super().get_queryset(request), since=timezone.now() - DECLINES_OF)

    @admin.display(description=_("declined in 90 days"), ordering="declines")
    def declines(self, organisation: Any) -> int:
        """Proposals that its own limits allowed, and that it declined."""
        return int(organisation.declines)

    def scope(self, row: Organisation) -> UUID:
        return row.public_id

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A name that others rely on stays; a misspelled one is a new organisation."""
        return (*self.readonly_fields, *(("name", "is_demo") if obj else ()))

    def save_model(
        self, request: HttpRequest, obj: Organisation, form: "forms.ModelForm[Any]", change: bool
    ) -> None:
        if change:
            # Sides and groups decide who may meet whom.
            super().save_model(request, obj, form, change)
            outbox.request_round(now=timezone.now())
            return
        created = organisations.create(
            name=obj.name,
            country=obj.country,
            is_producer=obj.is_producer,
            is_buyer=obj.is_buyer,
            group=obj.group,
            is_demo=obj.is_demo,
            now=timezone.now(),
        )
        obj.pk, obj._state.adding = created.pk, False
        obj.refresh_from_db()

    @admin.action(description=_("Verify"), permissions=["change"])
    def verify(self, request: HttpRequest, queryset: models.QuerySet[Organisation]) -> None:
        apply_to_each(
            request,
            queryset,
            lambda organisation: organisations.verify(
                public_id=organisation.public_id, by=signed_in(request), now=timezone.now()
            ),
        )

    @admin.action(description=_("Suspend with reason"), permissions=["change"])
    def suspend(
        self, request: HttpRequest, queryset: models.QuerySet[Organisation]
    ) -> HttpResponse | None:
        by, now = signed_in(request), timezone.now()
        return ask_reason(
            self,
            request,
            queryset,
            title=_("Suspend"),
            step=lambda one, reason: organisations.suspend(
                public_id=one.public_id, by=by, reason=reason, now=now
            ),
        )

    @admin.action(description=_("Lift the suspension"), permissions=["change"])
    def reinstate(self, request: HttpRequest, queryset: models.QuerySet[Organisation]) -> None:
        by, now = signed_in(request), timezone.now()
        apply_to_each(
            request,
            queryset,
            lambda one: organisations.reinstate(public_id=one.public_id, by=by, now=now),
        )


@admin.register(OrganisationGroup)
class OrganisationGroupAdmin(KeptAdmin):
    list_display = ("name", "member_names")
    search_fields = ("name",)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("members")

    @admin.display(description=_("members"))
    def member_names(self, group: OrganisationGroup) -> str:
        return ", ".join(sorted(member.name for member in group.members.all())) or "-"


@admin.register(Site)
class SiteAdmin(KeptAdmin):
    list_display = ("name", "organisation", "country", "unlocode")
    list_filter = ("country",)
    list_select_related = ("organisation",)
    search_fields = ("name", "organisation__name")
    autocomplete_fields = ("organisation",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("organisation",) if obj else ()

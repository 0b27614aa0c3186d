"""Data that an admin keeps: exchange rates, grade synonyms, the market's settings."""

from typing import Any
from zoneinfo import available_timezones

from croniter import croniter
from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketplace.admin.base import AnyModelAdmin, KeptAdmin, signed_in
from marketplace.admin.pauses import PAUSE_ACTIONS, PAUSE_COLUMNS, PausedAdmin
from marketplace.domain.names import comparable
from marketplace.models import FxRate, GradeSynonym, MarketSettings
from marketplace.selectors import rates as selectors
from marketplace.services import market, outbox, rates


@admin.register(FxRate)
class FxRateAdmin(KeptAdmin):
    """Rates are entered, never rewritten: proposals name the rate they were compared at."""

    list_display = ("currency", "usd_per_unit", "date", "source")
    list_filter = ("currency",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        warn_of_old_rates(request)
        return super().changelist_view(request, extra_context)

    def save_model(
        self, request: HttpRequest, obj: FxRate, form: "forms.ModelForm[Any]", change: bool
    ) -> None:
        entered = rates.enter(
            currency=obj.currency,
            usd_per_unit=obj.usd_per_unit,
            date=obj.date,
            source=obj.source,
            by=signed_in(request),
            now=timezone.now(),
        )
        obj.pk, obj._state.adding = entered.pk, False


def warn_of_old_rates(request: HttpRequest) -> None:
    """Name each currency whose newest rate is two days old: after five it is not ranked."""
    for one in selectors.old(timezone.now().date()):
        if one.newest is not None:
            text = gettext("The newest %(currency)s rate is of %(date)s. Enter a new one.")
            messages.warning(request, text % {"currency": one.currency, "date": one.newest})


@admin.register(GradeSynonym)
class GradeSynonymAdmin(AnyModelAdmin):
    list_display = ("name", "grade")
    search_fields = ("name", "grade")

    def save_model(
        self, request: HttpRequest, obj: GradeSynonym, form: "forms.ModelForm[Any]", change: bool
    ) -> None:
        obj.name_key = comparable(obj.name)
        super().save_model(request, obj, form, change)
        outbox.request_round(now=timezone.now())


class MarketSettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    proposal_hours = forms.IntegerField(
        label=_("hours to answer a proposal"), min_value=1, max_value=24 * 60
    )

    class Meta:
        model = MarketSettings
        fields = (
            "proposal_hours",
            "round_schedule",
            "time_zone",
            "round_gap_seconds",
            "terms_version",
            "deal_standing",
            "decline_days",
            "two_verify",
        )

    def clean_round_schedule(self) -> str:
        schedule = str(self.cleaned_data["round_schedule"]).strip()
        if schedule and not croniter.is_valid(schedule):
            raise forms.ValidationError(_("Not a cron form, for example 0 14 * * 1-5."))
        return schedule

    def clean_time_zone(self) -> str:
        name = str(self.cleaned_data["time_zone"])
        if name not in available_timezones():
            raise forms.ValidationError(_("Not a time zone, for example Europe/Zurich."))
        return name


@admin.register(MarketSettings)
class MarketSettingsAdmin(PausedAdmin):
    """One row; its actions pause the whole market."""

    form = MarketSettingsForm
    list_display = ("__str__", "round_schedule", "proposal_hours", *PAUSE_COLUMNS)
    readonly_fields = PAUSE_COLUMNS
    actions = PAUSE_ACTIONS

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        market.settings()
        return super().changelist_view(request, extra_context)

    def save_model(
        self,
        request: HttpRequest,
        obj: MarketSettings,
        form: "forms.ModelForm[Any]",
        change: bool,
    ) -> None:
        super().save_model(request, obj, form, change)
        # Changes that waited for a set time may not have to wait any longer.
        outbox.request_round(now=timezone.now())

"""Numbers of CBAM and of the comparison that an admin keeps. Every change is in the history."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketplace.admin.base import AnyModelAdmin, intensity, percent
from marketplace.domain.countries import COUNTRIES
from marketplace.domain.fields import COUNTRY
from marketplace.models import (
    CarbonBaseline,
    CbamBenchmark,
    CbamDefault,
    CbamPrice,
    CbamYear,
)
from marketplace.models.choices import BOUNDARIES
from marketplace.models.parameters import OfYear
from marketplace.selectors import cbam

SOURCED = ("source", "as_of", "is_verified")
HELD = ("year", "and_later")
DIRECT = dict(BOUNDARIES)["CBAM_DIRECT"]


@admin.display(description=_("delivery year"), ordering="year")
def years(row: OfYear) -> str:
    """One year, or from a year on."""
    if row.and_later:
        return gettext("%(year)d and later") % {"year": row.year}
    return str(row.year)


@admin.register(CbamYear)
class CbamYearAdmin(AnyModelAdmin):
    list_display = (years, "factor", "cscf", *SOURCED)
    list_filter = ("is_verified",)
    ordering = ("year",)
    fields = (*HELD, "factor_centi_pct", "cscf", *SOURCED)

    @admin.display(description=_("factor"), ordering="factor_centi_pct")
    def factor(self, row: CbamYear) -> str:
        return percent(row.factor_centi_pct)


@admin.register(CbamBenchmark)
class CbamBenchmarkAdmin(AnyModelAdmin):
    list_display = ("process", years, "benchmark", *SOURCED)
    list_filter = ("process", "is_verified")
    ordering = ("process", "year")
    fields = ("process", *HELD, "emissions_milli", *SOURCED)

    @admin.display(description=_("benchmark"), ordering="emissions_milli")
    def benchmark(self, row: CbamBenchmark) -> str:
        return intensity(row.emissions_milli, str(DIRECT))


class CbamDefaultForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = CbamDefault
        fields = ("country", *HELD, "emissions_milli", "paid_at_origin_eur", *SOURCED)

    def clean_country(self) -> str:
        code = str(self.cleaned_data["country"]).strip().upper()
        if code not in COUNTRIES:
            raise forms.ValidationError(gettext(COUNTRY))
        return code


@admin.register(CbamDefault)
class CbamDefaultAdmin(AnyModelAdmin):
    form = CbamDefaultForm
    list_display = ("country", years, "default_value", "paid_at_origin_eur", *SOURCED)
    list_filter = ("country", "is_verified")
    ordering = ("country", "year")

    @admin.display(description=_("default value"), ordering="emissions_milli")
    def default_value(self, row: CbamDefault) -> str:
        return intensity(row.emissions_milli, str(DIRECT))


@admin.register(CbamPrice)
class CbamPriceAdmin(AnyModelAdmin):
    list_display = ("__str__", "eur", *SOURCED)
    list_filter = ("is_verified",)
    ordering = ("-year", "-quarter")
    fields = ("year", "quarter", "eur", *SOURCED)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        warn_of_missing_price(request)
        return super().changelist_view(request, extra_context)


def warn_of_missing_price(request: HttpRequest) -> None:
    """Until it is entered, offers of this quarter are shown at the price of an earlier one."""
    missing = cbam.stale(timezone.now().date())
    if missing is not None:
        text = gettext("There is no CBAM certificate price of %(quarter)s yet. Enter it.")
        messages.warning(request, text % {"quarter": missing})


@admin.register(CarbonBaseline)
class CarbonBaselineAdmin(AnyModelAdmin):
    list_display = ("name", "carbon", "valid_from", *SOURCED)
    list_filter = ("boundary", "is_verified")
    ordering = ("boundary", "-valid_from")
    fields = ("name", "boundary", "ci_milli", "valid_from", *SOURCED)

    @admin.display(description=_("carbon intensity"), ordering="ci_milli")
    def carbon(self, row: CarbonBaseline) -> str:
        return intensity(row.ci_milli, row.get_boundary_display())

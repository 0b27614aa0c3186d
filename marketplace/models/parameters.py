"""Dated numbers of CBAM and of the comparison, that an admin keeps, each with its source."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.domain.cbam import Quarter
from marketplace.models.base import audited
from marketplace.models.choices import BOUNDARIES, CBAM_PROCESSES


class Sourced(models.Model):
    """Where a number comes from, as of which day, and whether it was read there."""

    source = models.CharField(_("source"), max_length=300)
    as_of = models.DateField(_("as of"))
    is_verified = models.BooleanField(
        _("verified at source"),
        default=False,
        help_text=_("Somebody read this number on the publisher's own page."),
    )

    class Meta:
        abstract = True


class OfYear(Sourced):
    """Holds for its year; for later ones too, where ``and_later``, until a row of a later year."""

    year = models.PositiveSmallIntegerField(_("delivery year"))
    and_later = models.BooleanField(
        _("and later years"),
        default=False,
        help_text=_("Until the next year that has a row of its own."),
    )

    class Meta:
        abstract = True


@audited
class CbamYear(OfYear):
    """How much of the benchmark is still free in a year."""

    factor_centi_pct = models.PositiveIntegerField(
        _("factor, 1/100 %"), help_text=_("Of the benchmark. 9750 is 97.5 %.")
    )
    cscf = models.DecimalField(
        _("cross-sectoral correction factor"), max_digits=7, decimal_places=6
    )

    class Meta:
        verbose_name = _("CBAM factor")
        verbose_name_plural = _("CBAM factors")
        constraints = [
            models.UniqueConstraint(fields=["year"], name="cbam_year_once"),
            models.CheckConstraint(
                condition=Q(year__gte=2026, year__lte=2100), name="cbam_year_in_range"
            ),
            models.CheckConstraint(
                condition=Q(factor_centi_pct__lte=10_000), name="cbam_year_factor_within_whole"
            ),
            models.CheckConstraint(
                condition=Q(cscf__gt=0, cscf__lte=1), name="cbam_year_cscf_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"CBAM {self.year}"


@audited
class CbamBenchmark(OfYear):
    """Direct emissions that the free allocation is counted by, for metal of CN 7601."""

    process = models.CharField(
        pgettext_lazy("of making metal", "process"), max_length=10, choices=CBAM_PROCESSES
    )
    emissions_milli = models.PositiveIntegerField(_("benchmark, kg CO2e/t"))

    class Meta:
        verbose_name = _("CBAM benchmark")
        verbose_name_plural = _("CBAM benchmarks")
        constraints = [
            models.UniqueConstraint(fields=["process", "year"], name="cbam_benchmark_once"),
            models.CheckConstraint(
                condition=Q(process__in=[code for code, _label in CBAM_PROCESSES]),
                name="cbam_benchmark_process_known",
            ),
            models.CheckConstraint(
                condition=Q(year__gte=2026, year__lte=2100), name="cbam_benchmark_year_in_range"
            ),
            models.CheckConstraint(
                condition=Q(emissions_milli__gt=0, emissions_milli__lte=25_000),
                name="cbam_benchmark_in_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.process} {self.year}"


@audited
class CbamDefault(OfYear):
    """What counts for a country's metal without verified data, and what it paid for carbon."""

    country = models.CharField(_("country of origin"), max_length=2)
    emissions_milli = models.PositiveIntegerField(_("default value with mark-up, kg CO2e/t"))
    paid_at_origin_eur = models.DecimalField(
        _("carbon price paid at origin, EUR per t of metal"),
        max_digits=8,
        decimal_places=2,
        default=0,
        help_text=_("0 where nothing is known to be paid."),
    )

    class Meta:
        verbose_name = _("CBAM default value")
        verbose_name_plural = _("CBAM default values")
        constraints = [
            models.UniqueConstraint(fields=["country", "year"], name="cbam_default_once"),
            models.CheckConstraint(
                condition=Q(country__regex="^[A-Z]{2}$"), name="cbam_default_country_code"
            ),
            models.CheckConstraint(
                condition=Q(year__gte=2026, year__lte=2100), name="cbam_default_year_in_range"
            ),
            models.CheckConstraint(
                condition=Q(emissions_milli__gt=0, emissions_milli__lte=25_000),
                name="cbam_default_in_range",
            ),
            models.CheckConstraint(
                condition=Q(paid_at_origin_eur__gte=0), name="cbam_default_paid_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.country} {self.year}"


@audited
class CbamPrice(Sourced):
    """Of one certificate, which is one t CO2e, in a quarter of imports."""

    year = models.PositiveSmallIntegerField(_("year"))
    quarter = models.PositiveSmallIntegerField(_("quarter"))
    eur = models.DecimalField(_("EUR per certificate"), max_digits=8, decimal_places=2)

    class Meta:
        verbose_name = _("CBAM certificate price")
        verbose_name_plural = _("CBAM certificate prices")
        constraints = [
            models.UniqueConstraint(fields=["year", "quarter"], name="cbam_price_once"),
            models.CheckConstraint(
                condition=Q(year__gte=2026, year__lte=2100), name="cbam_price_year_in_range"
            ),
            models.CheckConstraint(
                condition=Q(quarter__gte=1, quarter__lte=4), name="cbam_price_quarter_of_four"
            ),
            models.CheckConstraint(condition=Q(eur__gt=0), name="cbam_price_positive"),
        ]

    def __str__(self) -> str:
        return str(self.of)

    @property
    def of(self) -> Quarter:
        return Quarter(self.year, self.quarter)


@audited
class CarbonBaseline(Sourced):
    """What bought metal is compared with: the newest of its boundary that is in force."""

    name = models.CharField(_("name"), max_length=100)
    boundary = models.CharField(_("boundary"), max_length=20, choices=BOUNDARIES)
    ci_milli = models.PositiveIntegerField(_("carbon intensity, kg CO2e/t"))
    valid_from = models.DateField(
        _("counts from"),
        help_text=_("For deals concluded from this day on. Add a row for a new value."),
    )

    class Meta:
        verbose_name = _("carbon baseline")
        verbose_name_plural = _("carbon baselines")
        constraints = [
            models.UniqueConstraint(
                fields=["boundary", "valid_from"], name="carbon_baseline_one_per_day"
            ),
            models.CheckConstraint(
                condition=Q(boundary__in=[code for code, _label in BOUNDARIES]),
                name="carbon_baseline_boundary_known",
            ),
            models.CheckConstraint(
                condition=Q(ci_milli__gte=10, ci_milli__lte=25_000),
                name="carbon_baseline_in_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.valid_from}"

"""A requirement: what a buyer needs, up to which carbon intensity and which premium."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.domain.vocabulary import CarbonBasis, ListingState, SchemesRule
from marketplace.models.base import PublicModel, audited
from marketplace.models.choices import (
    BOUNDARIES,
    CARBON_BASES,
    DUTY_STATUSES,
    ENERGY_SOURCES,
    INCOTERMS,
    LISTING_STATES,
    PREMIUM_UNITS,
    PRODUCT_FORMS,
    REGIONS,
    SCHEMES,
    SCHEMES_RULES,
)
from marketplace.models.organisations import Organisation


@audited
class Requirement(PublicModel):
    """Empty lists mean "no rule". ``max_premium`` is the buyer's secret."""

    organisation = models.ForeignKey(
        Organisation, verbose_name=_("buyer"), on_delete=models.PROTECT, related_name="requirements"
    )
    reference = models.CharField(_("own reference"), max_length=64, blank=True)
    # What two references are compared by; empty without one.
    reference_key = models.CharField(max_length=64, blank=True, editable=False)
    product_forms = ArrayField(
        models.CharField(max_length=15, choices=PRODUCT_FORMS), verbose_name=_("product forms")
    )
    grades = ArrayField(
        models.CharField(max_length=50), verbose_name=_("grades"), default=list, blank=True
    )
    volume_kg = models.BigIntegerField(_("volume, kg"))
    reserved_kg = models.BigIntegerField(_("reserved, kg"), default=0, editable=False)
    bought_kg = models.BigIntegerField(_("bought, kg"), default=0, editable=False)
    min_lot_kg = models.BigIntegerField(_("smallest lot, kg"), default=0)
    partial_ok = models.BooleanField(_("partial fill accepted"), default=True)
    tolerance_centi_pct = models.IntegerField(_("tolerance, 1/100 %"), default=0)
    max_ci_milli = models.IntegerField(_("carbon limit, kg CO2e/t"))
    boundary = models.CharField(_("boundary"), max_length=20, choices=BOUNDARIES)
    ci_basis = models.CharField(
        _("carbon limit applies to"),
        max_length=20,
        choices=CARBON_BASES,
        default=CarbonBasis.PER_LOT.value,
    )
    per_lot_cap_milli = models.IntegerField(_("cap per lot, kg CO2e/t"), null=True, blank=True)
    max_premium = models.DecimalField(_("highest premium"), max_digits=10, decimal_places=2)
    premium_unit = models.CharField(_("premium unit"), max_length=6, choices=PREMIUM_UNITS)
    internal_carbon_price = models.DecimalField(
        _("internal carbon price, USD/t CO2e"), max_digits=4, decimal_places=1, default=0
    )
    required_schemes = ArrayField(
        models.CharField(max_length=30, choices=SCHEMES),
        verbose_name=_("required schemes"),
        default=list,
        blank=True,
    )
    schemes_rule = models.CharField(
        _("of the schemes"), max_length=3, choices=SCHEMES_RULES, default=SchemesRule.ALL.value
    )
    energy_sources = ArrayField(
        models.CharField(max_length=12, choices=ENERGY_SOURCES),
        verbose_name=_("energy sources"),
        default=list,
        blank=True,
    )
    min_renewable_centi_pct = models.IntegerField(_("renewable at least, 1/100 %"), default=0)
    min_recycled_post_centi_pct = models.IntegerField(
        _("post-consumer at least, 1/100 %"), default=0
    )
    verified_ci_only = models.BooleanField(_("verified carbon only"), default=False)
    accept_offsets = models.BooleanField(_("offsets accepted"), default=False)
    allowed_origins = ArrayField(
        models.CharField(max_length=2), verbose_name=_("allowed origins"), default=list, blank=True
    )
    excluded_origins = ArrayField(
        models.CharField(max_length=2), verbose_name=_("excluded origins"), default=list, blank=True
    )
    allowed_producers = models.ManyToManyField(
        Organisation, verbose_name=_("approved producers"), blank=True, related_name="+"
    )
    excluded_producers = models.ManyToManyField(
        Organisation, verbose_name=_("barred producers"), blank=True, related_name="+"
    )
    delivery_region = models.CharField(_("delivery region"), max_length=10, choices=REGIONS)
    accepted_incoterms = ArrayField(
        models.CharField(max_length=3, choices=INCOTERMS),
        verbose_name=_("accepted Incoterms"),
        default=list,
        blank=True,
    )
    accepted_duty_statuses = ArrayField(
        models.CharField(max_length=12, choices=DUTY_STATUSES),
        verbose_name=_("accepted duty status"),
        default=list,
        blank=True,
    )
    window_start = models.DateField(_("delivery from"))
    window_end = models.DateField(_("delivery until"))
    state = models.CharField(
        _("state"), max_length=10, choices=LISTING_STATES, default=ListingState.OPEN.value
    )
    expiries_in_a_row = models.PositiveSmallIntegerField(default=0, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    posted_at = models.DateTimeField(pgettext_lazy("of a requirement", "posted"))

    class Meta:
        verbose_name = _("requirement")
        verbose_name_plural = _("requirements")
        permissions = [("reveal_limit", _("Can read a buyer's limit, with a reason"))]
        constraints = [
            models.UniqueConstraint(
                "organisation",
                "reference_key",
                condition=~Q(reference_key=""),
                name="requirement_reference_unique",
            ),
            models.CheckConstraint(
                condition=Q(volume_kg__gt=0, volume_kg__lte=500_000_000),
                name="requirement_volume_in_range",
            ),
            models.CheckConstraint(
                condition=Q(reserved_kg__gte=0, bought_kg__gte=0)
                & Q(volume_kg__gte=F("reserved_kg") + F("bought_kg")),
                name="requirement_not_overfilled",
            ),
            models.CheckConstraint(
                condition=Q(min_lot_kg__gte=0, min_lot_kg__lte=F("volume_kg")),
                name="requirement_min_lot_within_volume",
            ),
            models.CheckConstraint(
                condition=Q(tolerance_centi_pct__gte=0, tolerance_centi_pct__lte=1_000),
                name="requirement_tolerance_in_range",
            ),
            models.CheckConstraint(
                condition=Q(max_ci_milli__gte=10, max_ci_milli__lte=25_000),
                name="requirement_carbon_limit_in_range",
            ),
            models.CheckConstraint(
                condition=Q(boundary__in=["SMELTER_S1S2", "CRADLE_TO_GATE"]),
                name="requirement_boundary_known",
            ),
            models.CheckConstraint(
                condition=Q(per_lot_cap_milli__isnull=True)
                | Q(
                    ci_basis=CarbonBasis.PORTFOLIO_AVERAGE.value,
                    per_lot_cap_milli__gte=F("max_ci_milli"),
                ),
                name="requirement_cap_only_with_average",
            ),
            models.CheckConstraint(
                condition=Q(internal_carbon_price__gte=0, internal_carbon_price__lte=500),
                name="requirement_carbon_price_in_range",
            ),
            models.CheckConstraint(
                condition=Q(window_end__gte=F("window_start")), name="requirement_window_ordered"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[code for code, _label in LISTING_STATES]),
                name="requirement_state_known",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-posted_at"], name="requirement_open_list"),
        ]

    def __str__(self) -> str:
        return f"<= {self.max_ci_milli} {self.boundary} {self.public_id}"

    @property
    def open_kg(self) -> int:
        return self.volume_kg - self.reserved_kg - self.bought_kg

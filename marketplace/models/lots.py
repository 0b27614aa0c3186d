"""A lot: certified metal that a producer offers at a green premium."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.domain.vocabulary import ListingState
from marketplace.models.base import PublicModel, audited
from marketplace.models.certificates import Certificate
from marketplace.models.choices import (
    BOUNDARIES,
    DUTY_STATUSES,
    ENERGY_SOURCES,
    INCOTERMS,
    LISTING_STATES,
    PREMIUM_UNITS,
    PRODUCT_FORMS,
    REGIONS,
)
from marketplace.models.organisations import Organisation, Site


@audited
class Lot(PublicModel):
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("producer"), on_delete=models.PROTECT, related_name="lots"
    )
    site = models.ForeignKey(
        Site,
        verbose_name=_("site"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="lots",
    )
    reference = models.CharField(_("own reference"), max_length=64, blank=True)
    # What two references are compared by; empty without one.
    reference_key = models.CharField(max_length=64, blank=True, editable=False)
    product_form = models.CharField(_("product form"), max_length=15, choices=PRODUCT_FORMS)
    grade = models.CharField(_("grade"), max_length=50)
    grade_key = models.CharField(max_length=50, editable=False)
    brand = models.CharField(_("brand"), max_length=100, blank=True)
    al_centi_pct = models.IntegerField(_("aluminium, 1/100 %"), null=True, blank=True)
    cn_code = models.CharField(_("CN code"), max_length=10, blank=True)
    quantity_kg = models.BigIntegerField(_("quantity, kg"))
    reserved_kg = models.BigIntegerField(_("reserved, kg"), default=0, editable=False)
    sold_kg = models.BigIntegerField(_("sold, kg"), default=0, editable=False)
    delivered_kg = models.BigIntegerField(_("of these delivered, kg"), default=0, editable=False)
    # Gone back to the certificates for good: withdrawn, or sold and not shipped.
    returned_kg = models.BigIntegerField(_("returned, kg"), default=0, editable=False)
    min_take_kg = models.BigIntegerField(_("minimum take, kg"), default=0)
    offsets_used = models.BooleanField(_("offsets used"), default=False)
    energy_source = models.CharField(
        _("energy source"), max_length=12, choices=ENERGY_SOURCES, blank=True
    )
    renewable_centi_pct = models.IntegerField(_("renewable, 1/100 %"), default=0)
    recycled_pre_centi_pct = models.IntegerField(_("pre-consumer, 1/100 %"), default=0)
    recycled_post_centi_pct = models.IntegerField(_("post-consumer, 1/100 %"), default=0)
    origin_country = models.CharField(_("origin"), max_length=2)
    delivery_regions = ArrayField(
        models.CharField(max_length=10, choices=REGIONS), verbose_name=_("delivery regions")
    )
    produced_from = models.DateField(_("produced from"))
    produced_to = models.DateField(_("produced until"))
    window_start = models.DateField(_("delivery from"))
    window_end = models.DateField(_("delivery until"))
    incoterm = models.CharField(_("Incoterm"), max_length=3, choices=INCOTERMS, blank=True)
    place = models.CharField(_("place"), max_length=100, blank=True)
    duty_status = models.CharField(_("duty"), max_length=12, choices=DUTY_STATUSES, blank=True)
    ask_premium = models.DecimalField(_("asked premium"), max_digits=10, decimal_places=2)
    premium_unit = models.CharField(_("premium unit"), max_length=6, choices=PREMIUM_UNITS)
    excluded_buyers = models.ManyToManyField(
        Organisation, verbose_name=_("excluded buyers"), blank=True, related_name="+"
    )
    state = models.CharField(
        _("state"), max_length=10, choices=LISTING_STATES, default=ListingState.OPEN.value
    )
    expiries_in_a_row = models.PositiveSmallIntegerField(default=0, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    listed_at = models.DateTimeField(_("listed"))

    class Meta:
        verbose_name = _("lot")
        verbose_name_plural = _("lots")
        constraints = [
            models.UniqueConstraint(
                "organisation",
                "reference_key",
                condition=~Q(reference_key=""),
                name="lot_reference_unique",
            ),
            models.CheckConstraint(
                condition=Q(quantity_kg__gt=0, quantity_kg__lte=500_000_000),
                name="lot_quantity_in_range",
            ),
            models.CheckConstraint(
                condition=Q(reserved_kg__gte=0, sold_kg__gte=0, returned_kg__gte=0)
                & Q(quantity_kg__gte=F("reserved_kg") + F("sold_kg") + F("returned_kg")),
                name="lot_not_oversold",
            ),
            models.CheckConstraint(
                condition=Q(delivered_kg__gte=0, delivered_kg__lte=F("sold_kg")),
                name="lot_delivers_what_is_sold",
            ),
            models.CheckConstraint(
                condition=Q(min_take_kg__gte=0, min_take_kg__lte=F("quantity_kg")),
                name="lot_min_take_within_quantity",
            ),
            models.CheckConstraint(
                condition=Q(window_end__gte=F("window_start")), name="lot_window_ordered"
            ),
            models.CheckConstraint(
                condition=Q(produced_to__gte=F("produced_from")), name="lot_production_ordered"
            ),
            models.CheckConstraint(
                condition=Q(recycled_pre_centi_pct__gte=0, recycled_post_centi_pct__gte=0)
                & Q(recycled_pre_centi_pct__lte=10_000 - F("recycled_post_centi_pct")),
                name="lot_recycled_within_whole",
            ),
            models.CheckConstraint(
                condition=Q(renewable_centi_pct__gte=0, renewable_centi_pct__lte=10_000),
                name="lot_renewable_within_whole",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[code for code, _label in LISTING_STATES]),
                name="lot_state_known",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "product_form", "-listed_at"], name="lot_open_list"),
        ]

    def __str__(self) -> str:
        return f"{self.get_product_form_display()} {self.grade} {self.public_id}"

    @property
    def available_kg(self) -> int:
        return self.quantity_kg - self.reserved_kg - self.sold_kg - self.returned_kg


@audited
class CarbonStatement(models.Model):
    """A lot's carbon intensity for one boundary; verified when a verified certificate backs it."""

    lot = models.ForeignKey(Lot, on_delete=models.CASCADE, related_name="carbon_statements")
    boundary = models.CharField(_("boundary"), max_length=20, choices=BOUNDARIES)
    ci_milli = models.IntegerField(_("carbon intensity, kg CO2e/t"))
    reporting_year = models.PositiveSmallIntegerField(_("reporting year"), null=True, blank=True)
    evidence = models.ForeignKey(
        Certificate,
        verbose_name=_("evidence"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="carbon_statements",
    )

    class Meta:
        verbose_name = _("carbon statement")
        verbose_name_plural = _("carbon statements")
        constraints = [
            models.UniqueConstraint("lot", "boundary", name="carbon_statement_one_per_boundary"),
            models.CheckConstraint(
                condition=Q(ci_milli__gte=10, ci_milli__lte=25_000),
                name="carbon_statement_in_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.boundary} {self.ci_milli}"


@audited
class LotCertificate(models.Model):
    """A certificate that a lot shows; a tonnage certificate gives kilograms to it as well."""

    lot = models.ForeignKey(Lot, on_delete=models.CASCADE, related_name="certificate_links")
    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="lot_links")
    scheme = models.CharField(max_length=30, editable=False)
    draws_tonnes = models.BooleanField(editable=False)

    class Meta:
        verbose_name = _("certificate of a lot")
        verbose_name_plural = _("certificates of a lot")
        constraints = [
            models.UniqueConstraint("lot", "certificate", name="lot_certificate_unique"),
            models.UniqueConstraint(
                "lot",
                "scheme",
                condition=Q(draws_tonnes=True),
                name="lot_draws_once_per_claim_type",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lot_id} {self.certificate_id}"

"""The form of a requirement, and a stored requirement as that form shows it."""

from django.utils.translation import gettext_lazy as _

from marketplace.domain.fields import TYPED_SEPARATORS
from marketplace.domain.vocabulary import Boundary, CarbonBasis, PremiumUnit, Region
from marketplace.models import Requirement
from marketplace.models.actors import Actor
from marketplace.models.choices import (
    BOUNDARIES,
    CARBON_BASES,
    DUTY_STATUSES,
    ENERGY_SOURCES,
    INCOTERMS,
    PREMIUM_UNITS,
    PRODUCT_FORMS,
    REGIONS,
    SCHEMES,
    SCHEMES_RULES,
)
from marketplace.selectors import organisations
from marketplace.web.forms import base
from marketplace.web.forms.lots import CARBON

COMMA_LISTS = ("grades", "allowed_origins", "excluded_origins")
COUNTRIES = _("Two letters each, separated by commas: CN, NO.")


class RequirementForm(base.RawForm):
    reference = base.text(base.REFERENCE, base.REFERENCE_HINT)
    product_forms = base.some_of(_("Product forms"), PRODUCT_FORMS, needed=True)
    grades = base.text(_("Grades"), _("Separated by commas. Empty: any grade."))
    volume_t = base.number(_("Volume"), "t", _("Up to three decimals."), needed=True)
    min_lot_t = base.number(_("Smallest portion"), "t", _("Least tonnes from one lot."))
    partial_ok = base.one_of(
        _("Partial fill"),
        (("yes", _("Any part of the volume")), ("no", _("The whole volume or nothing"))),
        needed=True,
    )
    tolerance_pct = base.number(
        _("Tolerance"), "%", _("So much less still counts as the whole volume. Up to 10.")
    )
    max_ci = base.number(_("Carbon limit"), CARBON, needed=True)
    ci_basis = base.one_of(
        _("The limit holds for"),
        CARBON_BASES,
        _("An average is weighted by tonnes, over all that you buy for this requirement."),
        needed=True,
    )
    per_lot_cap_ci = base.number(
        _("Cap for each lot"), CARBON, _("With an average only. Empty: none.")
    )
    boundary = base.one_of(
        _("Boundary"),
        BOUNDARIES[:2],
        _("Values of other boundaries are not compared."),
        needed=True,
    )
    verified_ci_only = base.flag(_("Verified carbon values only"))
    accept_offsets = base.flag(_("Values that use offsets are accepted"))
    required_schemes = base.some_of(_("Certificates"), SCHEMES)
    schemes_rule = base.one_of(_("Of these"), SCHEMES_RULES, needed=True)
    energy_sources = base.some_of(_("Energy sources"), ENERGY_SOURCES, _("None chosen: any."))
    min_renewable_pct = base.number(_("Renewable electricity, at least"), "%")
    min_recycled_post_pct = base.number(_("Post-consumer scrap, at least"), "%")
    allowed_origins = base.text(_("Allowed origins"), COUNTRIES)
    excluded_origins = base.text(_("Excluded origins"), COUNTRIES)
    allowed_producers = base.some_of(_("Only from"), (), _("None chosen: any verified producer."))
    excluded_producers = base.some_of(_("Never from"), ())
    delivery_region = base.one_of(_("Delivery region"), REGIONS, needed=True)
    window_start = base.day(_("Delivery from"))
    window_end = base.day(_("Delivery until"))
    accepted_incoterms = base.some_of(_("Incoterms"), INCOTERMS, _("None chosen: any."))
    accepted_duty_statuses = base.some_of(_("Duty"), DUTY_STATUSES, _("None chosen: any."))
    max_premium = base.number(
        _("Highest green premium"),
        "",
        _("Only you see it. Deals are made at the producer's ask, never above this."),
        needed=True,
    )
    premium_unit = base.one_of(_("Unit of the premium"), PREMIUM_UNITS, needed=True)
    internal_carbon_price = base.number(
        _("Internal carbon price"),
        _("USD/t CO2e"),
        _("Prefers cleaner metal among what fits. Only you see it."),
    )

    sections = (
        (
            _("Metal"),
            (
                "product_forms", "grades", "volume_t", "partial_ok", "tolerance_pct", "min_lot_t",
                "reference",
            ),
        ),
        (
            _("Carbon"),
            (
                "max_ci", "boundary", "ci_basis", "per_lot_cap_ci", "verified_ci_only",
                "accept_offsets",
            ),
        ),
        (_("Premium"), ("max_premium", "premium_unit", "internal_carbon_price")),
        (
            _("Delivery"),
            (
                "delivery_region", "window_start", "window_end", "accepted_incoterms",
                "accepted_duty_statuses",
            ),
        ),
        (
            _("Certificates and energy"),
            (
                "required_schemes", "schemes_rule", "energy_sources", "min_renewable_pct",
                "min_recycled_post_pct",
            ),
        ),
        (
            _("Origin and producers"),
            ("allowed_origins", "excluded_origins", "allowed_producers", "excluded_producers"),
        ),
    )  # fmt: skip

    def raw(self) -> dict[str, object]:
        found = super().raw()
        return found | {name: TYPED_SEPARATORS.sub("|", str(found[name])) for name in COMMA_LISTS}

    def offer(self, actor: Actor) -> None:
        """Fill in whom this organisation may approve or bar."""
        known = base.parties(organisations.producers_for(actor))
        for name in ("allowed_producers", "excluded_producers"):
            self.fields[name].choices = known  # type: ignore[attr-defined]


def columns_of(found: Requirement) -> dict[str, object]:
    """A stored requirement as raw columns: a round trip through the form keeps all of it."""
    return {
        "reference": found.reference,
        "product_forms": found.product_forms,
        "grades": ", ".join(found.grades),
        "volume_t": base.scaled(found.volume_kg, 3),
        "min_lot_t": base.scaled(found.min_lot_kg or None, 3),
        "partial_ok": "yes" if found.partial_ok else "no",
        "tolerance_pct": base.scaled(found.tolerance_centi_pct or None, 2),
        "max_ci": base.scaled(found.max_ci_milli, 3),
        "ci_basis": found.ci_basis,
        "per_lot_cap_ci": base.scaled(found.per_lot_cap_milli, 3),
        "boundary": found.boundary,
        "verified_ci_only": found.verified_ci_only,
        "accept_offsets": found.accept_offsets,
        "required_schemes": found.required_schemes,
        "schemes_rule": found.schemes_rule,
        "energy_sources": found.energy_sources,
        "min_renewable_pct": base.scaled(found.min_renewable_centi_pct, 2),
        "min_recycled_post_pct": base.scaled(found.min_recycled_post_centi_pct, 2),
        "allowed_origins": ", ".join(found.allowed_origins),
        "excluded_origins": ", ".join(found.excluded_origins),
        "allowed_producers": base.public_ids(found.allowed_producers.all()),
        "excluded_producers": base.public_ids(found.excluded_producers.all()),
        "delivery_region": found.delivery_region,
        "window_start": found.window_start,
        "window_end": found.window_end,
        "accepted_incoterms": found.accepted_incoterms,
        "accepted_duty_statuses": found.accepted_duty_statuses,
        "max_premium": str(found.max_premium),
        "premium_unit": found.premium_unit,
        "internal_carbon_price": str(found.internal_carbon_price),
    }


FIRST: dict[str, object] = {
    "partial_ok": "yes",
    "boundary": Boundary.SMELTER_S1S2.value,
    "ci_basis": CarbonBasis.PER_LOT.value,
    "premium_unit": PremiumUnit.USD_T.value,
    "delivery_region": Region.EU.value,
}

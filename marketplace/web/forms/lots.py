"""The form of a lot, and a stored lot as that form shows it."""

from collections.abc import Iterable
from datetime import date

from django.utils.translation import gettext_lazy as _

from marketplace.domain.vocabulary import PremiumUnit
from marketplace.models import Certificate, Lot, Site
from marketplace.models.actors import Actor
from marketplace.models.choices import (
    DUTY_STATUSES,
    ENERGY_SOURCES,
    INCOTERMS,
    PREMIUM_UNITS,
    PRODUCT_FORMS,
    REGIONS,
)
from marketplace.selectors import certificates, organisations, sites
from marketplace.templatetags.trade import tonnes
from marketplace.web.forms import base

CARBON = _("t CO2e/t")


class LotForm(base.RawForm):
    reference = base.text(base.REFERENCE, base.REFERENCE_HINT)
    product_form = base.one_of(_("Product form"), PRODUCT_FORMS, needed=True)
    grade = base.text(_("Grade"), _("For example P1020A or AA6063."), needed=True)
    brand = base.text(_("Brand"))
    al_pct = base.number(_("Aluminium"), "%", _("Only for unalloyed metal."))
    cn_code = base.text(_("CN code"), _("Customs code, for example 76011090."))
    quantity_t = base.number(_("Quantity"), "t", _("Up to three decimals."), needed=True)
    min_take_t = base.number(
        _("Smallest portion"),
        "t",
        _("Least tonnes of one sale; the quantity itself: all at once."),
    )
    ci_smelter_s1s2 = base.number(
        _("Smelter scope 1+2"), CARBON, _("Electrolysis and casthouse with their electricity.")
    )
    ci_cradle_to_gate = base.number(
        _("Cradle-to-gate"), CARBON, _("From the mine to the casthouse gate.")
    )
    ci_cbam_direct = base.number(_("CBAM direct"), CARBON, _("Direct emissions by EU rules."))
    ci_year = base.text(_("Reporting year"))
    offsets_used = base.flag(_("These values use offsets"))
    energy_source = base.one_of(_("Energy source"), ENERGY_SOURCES)
    renewable_pct = base.number(_("Renewable electricity"), "%")
    recycled_pre_pct = base.number(_("Pre-consumer scrap"), "%")
    recycled_post_pct = base.number(_("Post-consumer scrap"), "%")
    certificates = base.some_of(
        _("Certificates"),
        (),
        _("Verified ones only. A certificate over tonnes gives its tonnes to this lot."),
        needed=True,
    )
    site = base.one_of(_("Site"), ())
    origin_country = base.text(_("Country of origin"), _("Two letters, such as CN."), needed=True)
    produced_from = base.day(_("Produced from"))
    produced_to = base.day(_("Produced until"))
    window_start = base.day(_("Delivery from"))
    window_end = base.day(_("Delivery until"))
    delivery_regions = base.some_of(_("Delivered to"), REGIONS, _("None chosen: worldwide."))
    incoterm = base.one_of(_("Incoterm"), INCOTERMS)
    place = base.text(_("Place"), _("The named place of the Incoterm."))
    duty_status = base.one_of(_("Duty"), DUTY_STATUSES)
    ask_premium = base.number(
        _("Green premium asked"),
        "",
        _("On top of the metal price and the regional premium. Deals are made at this premium."),
        needed=True,
    )
    premium_unit = base.one_of(_("Unit of the premium"), PREMIUM_UNITS, needed=True)
    excluded_buyers = base.some_of(_("Never to"), (), _("Buyers that this lot is not for."))

    sections = (
        (
            _("Metal"),
            (
                "product_form", "grade", "quantity_t", "min_take_t", "brand", "al_pct", "cn_code",
                "reference",
            ),
        ),
        (
            _("Carbon intensity, at least one boundary"),
            ("ci_smelter_s1s2", "ci_cradle_to_gate", "ci_cbam_direct", "ci_year", "offsets_used"),
        ),
        (
            _("Energy and recycled content"),
            ("energy_source", "renewable_pct", "recycled_pre_pct", "recycled_post_pct"),
        ),
        (
            _("Certificates and production"),
            ("certificates", "site", "origin_country", "produced_from", "produced_to"),
        ),
        (
            _("Delivery"),
            (
                "window_start", "window_end", "delivery_regions", "incoterm", "place",
                "duty_status",
            ),
        ),
        (_("Premium"), ("ask_premium", "premium_unit")),
        (_("Buyers"), ("excluded_buyers",)),
    )  # fmt: skip

    def offer(self, actor: Actor, today: date) -> None:
        """Fill in what this organisation may choose from."""
        usable = certificates.usable(actor, today)
        self.fields["certificates"].choices = [  # type: ignore[attr-defined]
            (str(one.public_id), certificate_label(one)) for one in usable
        ]
        self.fields["excluded_buyers"].choices = base.parties(  # type: ignore[attr-defined]
            organisations.buyers_for(actor)
        )
        self.fields["site"].widget.choices += _site_choices(sites.own(actor))


def certificate_label(one: Certificate) -> str:
    """Scheme, number, and how many tonnes it still has to give."""
    name = f"{one.get_scheme_display()} {one.number}"
    if one.free_kg is None:
        return name
    return _("%(name)s, %(free)s t free") % {"name": name, "free": tonnes(one.free_kg)}


def columns_of(lot: Lot) -> dict[str, object]:
    """A stored lot as raw columns: what its edit form begins with, and a round trip keeps."""
    stated = {one.boundary: one for one in lot.carbon_statements.all()}
    years = [one.reporting_year for one in stated.values() if one.reporting_year]
    carbon = {f"ci_{code.lower()}": base.scaled(one.ci_milli, 3) for code, one in stated.items()}
    return {
        "reference": lot.reference,
        "product_form": lot.product_form,
        "grade": lot.grade,
        "brand": lot.brand,
        "al_pct": base.scaled(lot.al_centi_pct, 2),
        "cn_code": lot.cn_code,
        "quantity_t": base.scaled(lot.quantity_kg, 3),
        "min_take_t": base.scaled(lot.min_take_kg or None, 3),
        **carbon,
        "ci_year": str(years[0]) if years else "",
        "offsets_used": lot.offsets_used,
        "energy_source": lot.energy_source,
        "renewable_pct": base.scaled(lot.renewable_centi_pct, 2),
        "recycled_pre_pct": base.scaled(lot.recycled_pre_centi_pct, 2),
        "recycled_post_pct": base.scaled(lot.recycled_post_centi_pct, 2),
        "certificates": [
            str(link.certificate.public_id)
            for link in lot.certificate_links.select_related("certificate")
        ],
        "site": str(lot.site.public_id) if lot.site else "",
        "origin_country": lot.origin_country,
        "produced_from": lot.produced_from,
        "produced_to": lot.produced_to,
        "window_start": lot.window_start,
        "window_end": lot.window_end,
        "delivery_regions": lot.delivery_regions,
        "incoterm": lot.incoterm,
        "place": lot.place,
        "duty_status": lot.duty_status,
        "ask_premium": str(lot.ask_premium),
        "premium_unit": lot.premium_unit,
        "excluded_buyers": base.public_ids(lot.excluded_buyers.all()),
    }


FIRST: dict[str, object] = {"premium_unit": PremiumUnit.USD_T.value, "origin_country": "CN"}


def _site_choices(own: Iterable[Site]) -> list[tuple[str, str]]:
    return [(str(site.public_id), site.name) for site in own]

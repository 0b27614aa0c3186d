"""Lots side by side: attributes as rows, lots as columns, and a word where they differ."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from marketplace.domain.fx import FxRates
from marketplace.domain.vocabulary import Boundary, PremiumUnit
from marketplace.models import CarbonStatement, Lot
from marketplace.models.actors import Actor
from marketplace.models.choices import BOUNDARIES
from marketplace.selectors import lots, rates
from marketplace.services.reading import uuids
from marketplace.templatetags import trade
from marketplace.web.acting import for_members

MOST = 4


@dataclass(frozen=True)
class Row:
    """One attribute. ``incomparable``: some of the lots say nothing that could be compared."""

    label: str
    values: tuple[str, ...]
    incomparable: bool = False
    numbers: bool = False

    @property
    def differs(self) -> bool:
        return len(set(self.values)) > 1


@require_GET
@for_members
def compare(request: HttpRequest, actor: Actor) -> HttpResponse:
    """``lot=...`` up to four times, of lots open to the reader; what is not is left out."""
    named = list(dict.fromkeys(request.GET.getlist("lot")))
    refusal = ""
    if len(named) > MOST:
        refusal = _("Choose up to %(most)d lots: these are %(count)d.") % {
            "most": MOST, "count": len(named),
        }  # fmt: skip
    elif len(named) < 2:
        refusal = _("Choose two to %(most)d lots in the list.") % {"most": MOST}
    found = [] if refusal else _found(actor, named)
    context = {
        "refusal": refusal,
        "lots": found,
        "gone": 0 if refusal else len(named) - len(found),
        "rows": _rows(found, shows_asks=lots.may_see_asks(actor)) if found else (),
    }
    return render(request, "marketplace/compare.html", context, status=400 if refusal else 200)


def _found(actor: Actor, named: Sequence[str]) -> list[Lot]:
    """In the order in which they were named."""
    ids = [one for one in uuids(named) if one]
    rows = lots.open_for_buyers(actor).filter(public_id__in=ids)
    by_id = {one.public_id: one for one in rows.prefetch_related(
        "carbon_statements__evidence", "certificate_links"
    )}  # fmt: skip
    return [by_id[one] for one in ids if one in by_id]


def _rows(found: Sequence[Lot], *, shows_asks: bool) -> list[Row]:
    def of(label: str, value: Callable[[Lot], str], *, numbers: bool = False) -> Row:
        return Row(label, tuple(value(lot) or "–" for lot in found), numbers=numbers)

    def share(name: str) -> Callable[[Lot], str]:
        return lambda lot: f"{trade.percent(getattr(lot, name))} %"

    rows = [
        of(_("Product"), lambda lot: str(lot.get_product_form_display())),
        of(_("Grade"), lambda lot: lot.grade),
        *_carbon(found),
        of(_("Open, t"), lambda lot: trade.tonnes(lot.available_kg), numbers=True),
        of(_("Smallest portion, t"), _portion, numbers=True),
        *(_premiums(found) if shows_asks else ()),
        of(_("Delivery"), lambda lot: f"{lot.window_start} – {lot.window_end}"),
        of(_("Delivered to"), lambda lot: trade.named(lot.delivery_regions, "region")),
        of(pgettext("of delivery", "Terms"), _terms),
        of(_("Origin"), lambda lot: lot.origin_country),
        of(_("Certificates"), _certificates),
        of(_("Energy"), lambda lot: trade.named(lot.energy_source, "energy")),
        of(_("Renewable electricity"), share("renewable_centi_pct"), numbers=True),
        of(_("Pre-consumer scrap"), share("recycled_pre_centi_pct"), numbers=True),
        of(_("Post-consumer scrap"), share("recycled_post_centi_pct"), numbers=True),
        of(_("Offsets"), lambda lot: _("used") if lot.offsets_used else _("none")),
    ]
    return [row for row in rows if set(row.values) != {"–"}]


def _carbon(found: Sequence[Lot]) -> Iterable[Row]:
    """A row for each boundary that any of them states; they are never compared across."""
    for boundary, label in BOUNDARIES:
        values = [_statement(lot, boundary) for lot in found]
        if any(values):
            known = tuple(_intensity(one) if one else _("not comparable") for one in values)
            title = _("Carbon, t CO2e/t · %(boundary)s") % {"boundary": label}
            yield Row(title, known, incomparable=not all(values), numbers=True)
            if boundary != Boundary.CBAM_DIRECT:
                proofs = tuple(_evidence(one) for one in values)
                yield Row(_("Its evidence · %(boundary)s") % {"boundary": label}, proofs)


def _statement(lot: Lot, boundary: str) -> CarbonStatement | None:
    return next((one for one in lot.carbon_statements.all() if one.boundary == boundary), None)


def _intensity(one: CarbonStatement) -> str:
    return trade.intensity(one.ci_milli)


def _evidence(one: CarbonStatement | None) -> str:
    if one is None:
        return "–"
    if one.evidence is None:
        return _("stated by the producer")
    return _("verified, %(scheme)s") % {"scheme": one.evidence.get_scheme_display()}


def _portion(lot: Lot) -> str:
    """What is left of a partly sold lot may be taken whole, below its smallest portion."""
    return trade.tonnes(min(lot.min_take_kg, lot.available_kg)) if lot.min_take_kg else _("any")


def _premiums(found: Sequence[Lot]) -> Iterable[Row]:
    fx = rates.snapshot(timezone.now().date())
    asked = tuple(f"{lot.ask_premium} {lot.get_premium_unit_display()}" for lot in found)
    yield Row(_("Premium asked"), asked, numbers=True)
    if any(lot.premium_unit != PremiumUnit.USD_T for lot in found):
        yield Row(_("In USD/t"), tuple(_in_usd(lot, fx) for lot in found), numbers=True)


def _in_usd(lot: Lot, fx: FxRates) -> str:
    e4 = fx.usd_e4(lot.ask_premium, lot.premium_unit)
    return _("not comparable: no exchange rate") if e4 is None else trade.usd(e4)


def _terms(lot: Lot) -> str:
    return " ".join(
        part for part in (lot.incoterm, lot.place, trade.named(lot.duty_status, "duty")) if part
    )


def _certificates(lot: Lot) -> str:
    schemes = sorted({link.scheme for link in lot.certificate_links.all()})
    return trade.named(schemes, "scheme")

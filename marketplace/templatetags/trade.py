"""How numbers and codes of the trade read on pages: exact, with their unit beside them."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from django import template
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketplace.domain import fields, instants
from marketplace.domain.comparison import co2e_tonnes
from marketplace.models import ProposalStep, choices
from marketplace.selectors.capacities import Capacity

register = template.Library()

STEPS = {
    ("", "proposed"): _("proposed by the matching"),
    ("PRODUCER", "accepted"): _("accepted by the producer"),
    ("BUYER", "accepted"): _("accepted by the buyer"),
    ("PRODUCER", "declined"): _("declined by the producer"),
    ("BUYER", "declined"): _("declined by the buyer"),
    ("", "expired"): _("expired: no answer in time"),
    ("", "cancelled"): _("cancelled by the market's admins"),
    ("PRODUCER", "withdrawn"): _("withdrawn: the producer changed or withdrew the lot"),
    ("BUYER", "withdrawn"): _("withdrawn: the buyer changed or withdrew the requirement"),
    ("", "withdrawn"): _("withdrawn"),
    ("", "went_on"): _("another lot of the bundle fell away; the rest goes on"),
    ("", "concluded"): _("accepted by both sides: a deal"),
}

SCALE_TOP_MILLI = 20_000
LABELS: dict[str, dict[str, Any]] = {
    "product_form": dict(choices.PRODUCT_FORMS),
    "scheme": dict(choices.SCHEMES),
    "schemes_rule": dict(choices.SCHEMES_RULES),
    "energy": dict(choices.ENERGY_SOURCES),
    "region": dict(choices.REGIONS),
    "unit": dict(choices.PREMIUM_UNITS),
    "boundary": dict(choices.BOUNDARIES),
    "duty": dict(choices.DUTY_STATUSES),
    "difference": dict(choices.DIFFERENCES),
    "side": {"PRODUCER": _("producer"), "BUYER": _("buyer")},
}


@register.filter
def tonnes(kilograms: int | None) -> str:
    """Kilograms as tonnes, as ``fields.tonnes`` writes them."""
    return "–" if kilograms is None else fields.tonnes(int(kilograms))


@register.filter
def intensity(milli: Decimal | int | None) -> str:
    """1/1000 t CO2e/t with 3 decimals; an average is rounded half to even."""
    if milli is None:
        return "–"
    return str((Decimal(milli) / 1000).quantize(Decimal("0.001"), ROUND_HALF_EVEN))


@register.filter
def co2e(kilograms: int | None) -> str:
    """Kilograms of CO2e as tonnes with 3 decimals and their sign."""
    return "–" if kilograms is None else co2e_tonnes(kilograms)


@register.filter(expects_localtime=True)
def instant(moment: datetime | None) -> str:
    """A moment in the reader's zone, with its offset: "2026-11-27 20:00 UTC+08:00"."""
    return "–" if moment is None else instants.written(moment)


@register.filter
def day_before(day: date) -> date:
    """The last day of a period that ends before ``day``."""
    return day - timedelta(days=1)


@register.filter
def percent(hundredths: int | None) -> str:
    """1/100 % as percent: 7500 -> "75", 7550 -> "75.50"."""
    if hundredths is None:
        return "–"
    whole, rest = divmod(hundredths, 100)
    return f"{whole}.{rest:02d}" if rest else str(whole)


@register.filter
def usd(e4: int | None) -> str:
    """1/10000 USD/t with 2 decimals, rounded half to even."""
    if e4 is None:
        return "–"
    return str((Decimal(e4) / 10_000).quantize(Decimal("0.01"), ROUND_HALF_EVEN))


@register.filter
def money(amount: Decimal) -> str:
    """An amount to the cent: "49,125.00"; its currency stands beside it."""
    return f"{amount:,.2f}"


@register.filter
def named(codes: str | Iterable[str] | None, kind: str) -> str:
    """Codes as people read them: ["INGOT", "SOW"] -> "Ingot, Sow"."""
    given = [codes] if isinstance(codes, str) else list(codes or ())
    return series(LABELS[kind].get(code, code) for code in given if code)


@register.filter
def series(parts: Iterable[object]) -> str:
    """Parts as the reader's language lists them: "CN, NO"."""
    return gettext(", ").join(str(part) for part in parts)


@register.filter
def happened(step: ProposalStep) -> str:
    """One step of a proposal in words; people's names stay on their own side."""
    told = STEPS.get((step.side, step.verb)) or STEPS.get(("", step.verb))
    return str(told or step.verb)


@register.inclusion_tag("marketplace/parts/carbon_scale.html")
def carbon_scale(milli: Decimal | int, cap_milli: int | None = None) -> dict[str, Any]:
    """A tick on the scale from 0 to 20 t CO2e/t, and the buyer's cap on it."""
    return {
        "at": _on_scale(milli),
        "cap": None if cap_milli is None else _on_scale(cap_milli),
        "ci": intensity(milli),
        "limit": intensity(cap_milli),
    }


@register.inclusion_tag("marketplace/parts/meter.html")
def capacity(total_kg: int, done_kg: int, reserved_kg: int, done_word: str) -> dict[str, Any]:
    """A bar: sold or bought, reserved, and what is left of ``total_kg``."""
    parts = [_share(done_kg, total_kg), _share(reserved_kg, total_kg)]
    return {
        "total_kg": total_kg,
        "done_kg": done_kg,
        "reserved_kg": reserved_kg,
        "left_kg": total_kg - done_kg - reserved_kg,
        "done_word": done_word,
        "done": parts[0],
        "reserved": parts[1],
    }


@register.inclusion_tag("marketplace/parts/certified.html")
def certified(one: Capacity) -> dict[str, Any]:
    """One bar of a certificate: sold, reserved, listed, and the rest that is free."""
    bars, at = [], 0
    parts = (
        ("done", one.gone_kg),
        ("held", one.balance.reserved_kg),
        ("listed", one.balance.listed_kg),
    )
    for kind, kg in parts:
        x, width = _share(at, one.certified_kg), _share(kg, one.certified_kg)
        bars.append({"kind": kind, "x": x, "width": width})
        at += kg
    return {"one": one, "bars": bars}


@register.filter
def on_scale(milli: Decimal | int) -> str:
    """Where a tick stands on the scale of ``carbon_scale``, which is 100 wide."""
    return _on_scale(milli)


def _on_scale(milli: Decimal | int) -> str:
    """Percent of the scale's width, as SVG takes it."""
    return f"{min(milli, SCALE_TOP_MILLI) * 100 / SCALE_TOP_MILLI:.2f}"


def _share(part_kg: int, whole_kg: int) -> str:
    return f"{part_kg * 100 / whole_kg:.2f}" if whole_kg else "0"

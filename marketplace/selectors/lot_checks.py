"""What a producer wants to know of a lot while typing it: its certificates, premium and carbon.

Refusals come from the parser that publishing asks; what is only empty is not refused here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from marketplace.domain import carbon, premium
from marketplace.domain.errors import FieldError, InvalidInput, gettext_noop
from marketplace.domain.fields import Reader, as_list, thousandths
from marketplace.domain.fx import FxRates
from marketplace.domain.lots import COLUMNS, parse_lot
from marketplace.domain.vocabulary import Boundary
from marketplace.models import Certificate, Lot
from marketplace.models.actors import Actor
from marketplace.selectors import certificates, rates

BELOW = gettext_noop("Certificate {number} says {ci}: a lot's value is never below it.")
ONLY_EMPTY = frozenset({"required", "carbon_needed"})


@dataclass(frozen=True)
class Drawn:
    """A certificate over tonnes that the lot would draw on; below 0 it has too few."""

    certificate: Certificate
    left_kg: int | None

    @property
    def short_kg(self) -> int:
        return max(0, -(self.left_kg or 0))


@dataclass(frozen=True)
class Asked:
    """``usd_e4`` None: no rate counts today, and the lot would not be ranked."""

    amount: Decimal
    unit: str
    usd_e4: int | None
    rate_of: date | None


@dataclass(frozen=True)
class Checks:
    """``warnings``: marked messages. Intensities in milli t CO2e/t, None where not stated."""

    drawn: tuple[Drawn, ...]
    asked: Asked | None
    smelter: int | None
    gate: int | None
    warnings: tuple[str, ...]
    refused: tuple[FieldError, ...]


def checks(
    actor: Actor, raw: Mapping[str, object], *, today: date, lot: Lot | None = None
) -> Checks:
    """``lot``: the own one that would be changed; what it draws already counts for it."""
    row, warnings = Reader(raw), list[str]()
    fx = rates.snapshot(today)
    quantity = row.kilograms("quantity_t", required=True)
    stated = carbon.statements(row)
    recycled = row.percent("recycled_pre_pct") + row.percent("recycled_post_pct")
    read = premium.read(row, "ask_premium", fx=fx, warnings=warnings)
    asked = None
    if read is not None:
        amount, unit = read
        asked = Asked(amount, unit.value, fx.usd_e4(amount, unit), fx.dated(unit))
    named = _named(actor, raw, today)
    with_tonnes = [one for one in named if one.certified_kg is not None]
    return Checks(
        drawn=tuple(Drawn(one, _left(one, with_tonnes, quantity, lot)) for one in with_tonnes),
        asked=asked,
        smelter=stated.get(Boundary.SMELTER_S1S2),
        gate=stated.get(Boundary.CRADLE_TO_GATE),
        warnings=(*warnings, *carbon.unusual(stated, recycled)),
        refused=(*_refused(raw, today, fx), *below_certificates(named, stated)),
    )


def below_certificates(
    backing: Iterable[Certificate], stated: Mapping[Boundary, int]
) -> list[FieldError]:
    """A lot's stated intensity is never below its certificate's."""
    errors = []
    for one in backing:
        if one.ci_milli is None or not one.boundary:
            continue
        ci = stated.get(Boundary(one.boundary))
        if ci is not None and ci < one.ci_milli:
            says = {"number": one.number, "ci": thousandths(one.ci_milli)}
            field = f"ci_{one.boundary.lower()}"
            errors.append(FieldError(field, thousandths(ci), "below_certificate", BELOW, says))
    return errors


def _refused(raw: Mapping[str, object], today: date, fx: FxRates) -> list[FieldError]:
    known = {name: value for name, value in raw.items() if name in COLUMNS}
    try:
        parse_lot(known, as_of=today, fx=fx)
    except InvalidInput as error:
        return [one for one in error.errors if one.code not in ONLY_EMPTY]
    return []


def _named(actor: Actor, raw: Mapping[str, object], today: date) -> list[Certificate]:
    chosen = set(as_list(raw.get("certificates")))
    own = certificates.usable(actor, today).order_by("pk")
    return [one for one in own if str(one.public_id) in chosen]


def _left(
    one: Certificate, named: Sequence[Certificate], quantity: int | None, lot: Lot | None
) -> int | None:
    """Free kilograms after the lot is saved, as ``services.lots`` would draw and give back."""
    free = one.free_kg or 0
    if quantity is None:
        return None
    if lot is None:
        return free - quantity
    links = lot.certificate_links.filter(draws_tonnes=True)
    before = set(links.values_list("certificate_id", flat=True))
    if before == {other.pk for other in named}:
        return free - (quantity - lot.quantity_kg)
    # Open proposals are withdrawn by the change, and their kilograms come back first.
    given_back = lot.quantity_kg - lot.sold_kg - lot.returned_kg if one.pk in before else 0
    return free + given_back - (quantity - lot.returned_kg)

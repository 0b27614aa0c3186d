"""What a producer states of a shipment, and a buyer of a claim: raw columns -> exact terms."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from marketplace.domain.errors import gettext_noop
from marketplace.domain.fields import (
    CONTROL,
    REQUIRED,
    TOO_LONG,
    TYPED_SEPARATORS,
    Reader,
    as_text,
    has_control,
    thousandths,
)

COLUMNS = ("shipped_t", "shipped_on", "cast_numbers", "transport_document")
RETIREMENT_COLUMNS = ("beneficiary", "reporting_year")
# The weight tolerance of an LME warrant.
TOLERANCE_PCT = 2
MOST_CASTS, LONGEST_CAST = 500, 60
TOO_MUCH = gettext_noop(
    "Up to {high} t: the {contracted} t of the deal and {tolerance} % above them."
)
NOTHING_SHIPPED = gettext_noop("Give what was shipped: more than 0 t.")
IN_FUTURE = gettext_noop("Record a shipment once it has left: this day is still to come.")
BEFORE_DEAL = gettext_noop("Nothing is shipped on a deal before it is concluded: {concluded}.")
CAST_TWICE = gettext_noop("Each cast or bundle once: {number} is named twice.")
TOO_MANY_CASTS = gettext_noop("Give at most {limit} cast or bundle numbers.")
YEAR = gettext_noop("Give a year from {low} to {high}.")


@dataclass(frozen=True)
class Contracted:
    """What a delivery is held against: kilograms of the deal, and the day it was concluded."""

    kg: int
    concluded_on: date

    @property
    def most_kg(self) -> int:
        return self.kg * (100 + TOLERANCE_PCT) // 100


@dataclass(frozen=True)
class DeliveryTerms:
    shipped_kg: int
    shipped_on: date
    cast_numbers: tuple[str, ...]
    transport_document: str


@dataclass(frozen=True)
class Split:
    """Shipped kilograms against a deal: the claim covers ``delivered_kg`` and never more."""

    delivered_kg: int
    short_kg: int
    above_kg: int


@dataclass(frozen=True)
class Retirement:
    """``beneficiary`` empty: the buyer itself."""

    beneficiary: str
    reporting_year: int


def parse_delivery(
    raw: Mapping[str, object], *, contracted: Contracted, today: date
) -> DeliveryTerms:
    """Raises InvalidInput with every broken rule."""
    row = Reader(raw)
    row.only(COLUMNS)
    shipped = _shipped(row, contracted)
    day = row.day("shipped_on")
    if day and day > today:
        row.refuse("shipped_on", "in_future", IN_FUTURE)
    if day and day < contracted.concluded_on:
        concluded = contracted.concluded_on.isoformat()
        row.refuse("shipped_on", "before_deal", BEFORE_DEAL, concluded=concluded)
    casts = _casts(row)
    document = row.text("transport_document", limit=100, required=True)
    row.finish()
    # Refused above otherwise.
    assert shipped and day
    return DeliveryTerms(shipped, day, casts, document)


def split(*, shipped_kg: int, contracted_kg: int) -> Split:
    """What of a shipment fulfils the deal, what is missing, and what goes beyond it."""
    delivered = min(shipped_kg, contracted_kg)
    return Split(delivered, contracted_kg - delivered, shipped_kg - delivered)


def parse_retirement(raw: Mapping[str, object], *, shipped_on: date, today: date) -> Retirement:
    """The reporting year may be a fiscal one: from a year before the shipment to the next year."""
    row = Reader(raw)
    row.only(RETIREMENT_COLUMNS)
    beneficiary = row.text("beneficiary", limit=200)
    given = row.decimal("reporting_year", decimals=0, required=True)
    low, high = shipped_on.year - 1, today.year + 1
    if given is not None and not low <= given <= high:
        row.refuse("reporting_year", "out_of_range", YEAR, low=str(low), high=str(high))
    row.finish()
    # Refused above otherwise.
    assert given is not None
    return Retirement(beneficiary, int(given))


def _shipped(row: Reader, contracted: Contracted) -> int | None:
    value = row.decimal("shipped_t", decimals=3, required=True)
    if value is None:
        return None
    if value <= 0:
        row.refuse("shipped_t", "nothing_shipped", NOTHING_SHIPPED)
        return None
    kilograms = int(value * 1000)
    if kilograms > contracted.most_kg:
        row.refuse(
            "shipped_t",
            "above_tolerance",
            TOO_MUCH,
            high=thousandths(contracted.most_kg),
            contracted=thousandths(contracted.kg),
            tolerance=str(TOLERANCE_PCT),
        )
    return kilograms


def _casts(row: Reader) -> tuple[str, ...]:
    """Numbers from a list, or from text with one on each line or with commas between them."""
    given = row.raw.get("cast_numbers")
    listed = given if isinstance(given, list | tuple) else TYPED_SEPARATORS.split(as_text(given))
    found = [text for text in (as_text(one) for one in listed) if text]
    repeated = [one for one, times in Counter(found).items() if times > 1]
    if not found:
        row.refuse("cast_numbers", "required", REQUIRED)
    elif len(found) > MOST_CASTS:
        row.refuse("cast_numbers", "too_many", TOO_MANY_CASTS, limit=str(MOST_CASTS))
    elif any(len(one) > LONGEST_CAST for one in found):
        row.refuse("cast_numbers", "too_long", TOO_LONG, limit=str(LONGEST_CAST))
    elif any(has_control(one) for one in found):
        row.refuse("cast_numbers", "control_character", CONTROL)
    elif repeated:
        row.refuse("cast_numbers", "named_twice", CAST_TWICE, number=repeated[0])
    return tuple(found)

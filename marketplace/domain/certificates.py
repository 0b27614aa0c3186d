"""A certificate's raw columns -> CertificateTerms, and what makes two entries one certificate."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial

from marketplace.domain import carbon
from marketplace.domain.errors import gettext_noop
from marketplace.domain.fields import ABOVE_ZERO, TOO_LONG, Reader, as_text
from marketplace.domain.names import certificate_issuer, certificate_number
from marketplace.domain.vocabulary import Boundary, Scheme

COLUMNS = (
    "scheme", "issuer", "number", "certified_t", "boundary", "ci", "valid_from", "valid_to", "site",
)  # fmt: skip
OVER_TONNES = frozenset({Scheme.CGMC_GREEN_POWER, Scheme.CGMC_GREEN_LOW_CARBON, Scheme.ASI_COC})
OVER_CARBON = frozenset({Scheme.EPD, Scheme.ISO_14067, Scheme.OTHER})
UNORDERED = gettext_noop("The certificate ends before it starts.")
TONNES_NEEDED = gettext_noop("This scheme certifies a tonnage: give it.")
NO_TONNES = gettext_noop("This scheme certifies no tonnes; leave it empty.")
NO_CARBON = gettext_noop("This scheme says nothing about carbon intensity; leave it empty.")
BOUNDARY_NEEDED = gettext_noop("Name the boundary of the carbon intensity.")
CARBON_NEEDED = gettext_noop("Give the carbon intensity for this boundary.")
MOST_KG = 10_000_000_000
# What a holder may note that a certification cost.
COST_CURRENCIES = ("CNY", "EUR", "USD")
ISSUER_LENGTH, NUMBER_LENGTH = 200, 100


@dataclass(frozen=True)
class CertificateTerms:
    """``certified_kg`` None: evidence only. ``ci_milli``: milli t CO2e/t, with its boundary."""

    scheme: Scheme
    issuer: str
    number: str
    issuer_key: str
    number_key: str
    certified_kg: int | None
    boundary: Boundary | None
    ci_milli: int | None
    valid_from: date
    valid_to: date


def parse_certificate(raw: Mapping[str, object]) -> CertificateTerms:
    """Raises InvalidInput with every broken rule."""
    row = Reader(raw)
    row.only(COLUMNS)
    scheme = row.code("scheme", Scheme, required=True)
    issuer, issuer_key = _named(row, "issuer", ISSUER_LENGTH, certificate_issuer)
    of_scheme = partial(certificate_number, scheme=scheme or Scheme.OTHER)
    number, number_key = _named(row, "number", NUMBER_LENGTH, of_scheme)
    certified = _tonnes(row, scheme)
    boundary = row.code("boundary", Boundary)
    intensity = carbon.read(row, "ci")
    stated = intensity is not None and boundary is not None
    if stated and scheme is not None and scheme not in OVER_CARBON:
        row.refuse("ci", "no_carbon", NO_CARBON)
    if intensity is not None and boundary is None:
        row.refuse("boundary", "boundary_needed", BOUNDARY_NEEDED)
    if boundary is not None and not as_text(raw.get("ci")):
        row.refuse("ci", "carbon_needed", CARBON_NEEDED)
    begin, end = row.day("valid_from"), row.day("valid_to")
    if begin and end and end < begin:
        row.refuse("valid_to", "period_unordered", UNORDERED)
    row.finish()
    # Refused above otherwise.
    assert scheme and begin and end
    return CertificateTerms(
        scheme=scheme,
        issuer=issuer,
        number=number,
        issuer_key=issuer_key,
        number_key=number_key,
        certified_kg=certified,
        boundary=boundary,
        ci_milli=intensity,
        valid_from=begin,
        valid_to=end,
    )


def _named(row: Reader, name: str, limit: int, key_of: Callable[[str], str]) -> tuple[str, str]:
    """The text and its comparable key, which may be longer: one sign can become eighteen."""
    text = row.text(name, limit=limit, required=True)
    key = key_of(text)
    if len(key) > limit:
        row.refuse(name, "too_long", TOO_LONG, limit=str(limit))
    return text, key


def _tonnes(row: Reader, scheme: Scheme | None) -> int | None:
    value = row.decimal("certified_t", decimals=3)
    if value is None:
        if scheme in OVER_TONNES and not row.raw.get("certified_t"):
            row.refuse("certified_t", "tonnes_needed", TONNES_NEEDED)
        return None
    kilograms = int(value * 1000)
    if not 0 < kilograms <= MOST_KG:
        row.refuse("certified_t", "out_of_range", ABOVE_ZERO, high="10000000")
    elif scheme is not None and scheme not in OVER_TONNES:
        row.refuse("certified_t", "no_tonnes", NO_TONNES)
    return kilograms

"""From the raw columns of a lot to what is stored: own certificates, own site, known buyers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from marketplace.domain.errors import FieldError, InvalidInput, gettext_noop
from marketplace.domain.fields import as_list
from marketplace.domain.imports import Reference, reference
from marketplace.domain.lots import parse_lot
from marketplace.domain.terms import LotTerms
from marketplace.domain.vocabulary import Boundary, CertificateState
from marketplace.models import Certificate, Organisation, Site
from marketplace.models.actors import Actor
from marketplace.selectors import rates
from marketplace.selectors.lot_checks import below_certificates
from marketplace.services import reading, sites

NOT_OWN = gettext_noop("Name verified certificates of your own organisation.")
EXPIRED = gettext_noop("Certificate {number} was valid until {day}.")
NEEDS_TONNES = gettext_noop("Name at least one verified certificate over tonnes.")
OUTSIDE = gettext_noop("The metal is produced within the period of {number} only.")
BAD_DATE = gettext_noop("Give an ISO date, such as 2026-11-24.")
UNORDERED = gettext_noop("It ends before it begins.")
OWN_COLUMNS = (
    "certificates",
    "site",
    "excluded_buyers",
    "produced_from",
    "produced_to",
    "reference",
)


@dataclass(frozen=True)
class Offer:
    """Everything a lot consists of, checked."""

    terms: LotTerms
    certificates: tuple[Certificate, ...]
    site: Site | None
    excluded: tuple[Organisation, ...]
    produced_from: date
    produced_to: date
    reference: Reference

    @property
    def drawn(self) -> tuple[Certificate, ...]:
        return tuple(one for one in self.certificates if one.certified_kg is not None)

    def evidence(self, boundary: Boundary, ci_milli: int) -> Certificate | None:
        """The certificate that proves the stated intensity: same boundary, not above it."""
        proofs = [
            one
            for one in self.certificates
            if one.boundary == boundary.value and one.ci_milli is not None
        ]
        fitting = [one for one in proofs if (one.ci_milli or 0) <= ci_milli]
        return max(fitting, key=lambda one: one.ci_milli or 0, default=None)


def read(by: Actor, raw: Mapping[str, object], now: datetime) -> Offer:
    """Raises InvalidInput with every broken rule of the columns."""
    errors: list[FieldError] = []
    found: LotTerms | None = None
    try:
        found = parse_lot(
            {name: value for name, value in raw.items() if name not in OWN_COLUMNS},
            as_of=now.date(),
            fx=rates.snapshot(now.date()),
        )
    except InvalidInput as refused:
        errors += refused.errors
    site = None
    try:
        site = sites.named(by, raw.get("site"))
    except InvalidInput as refused:
        errors += refused.errors
    backing = _certificates(by, raw.get("certificates"), now.date(), errors)
    excluded = reading.organisations(raw, "excluded_buyers", errors)
    begin, end = (_day(raw, name, errors) for name in ("produced_from", "produced_to"))
    called = reference(raw, errors)
    if begin and end:
        errors += _period_errors(backing, begin, end)
    if found:
        errors += below_certificates(backing, found.carbon_milli)
    if errors or found is None or begin is None or end is None:
        raise InvalidInput(errors)
    return Offer(found, tuple(backing), site, tuple(excluded), begin, end, called)


def _certificates(
    by: Actor, value: object, today: date, errors: list[FieldError]
) -> Sequence[Certificate]:
    texts = as_list(value)
    ids = reading.uuids(texts)
    found = list(
        Certificate.objects.filter(
            organisation=by.organisation,
            public_id__in=[one for one in ids if one],
            state=CertificateState.VERIFIED.value,
        ).order_by("pk")
    )
    if len(found) != len(set(texts)):
        known = {str(one.public_id) for one in found}
        errors += [
            FieldError("certificates", text[:100], "not_own", NOT_OWN)
            for text, one in zip(texts, ids, strict=True)
            if str(one) not in known
        ]
    for one in found:
        if one.valid_to < today:
            until = {"number": one.number, "day": one.valid_to.isoformat()}
            errors.append(FieldError("certificates", one.number, "expired", EXPIRED, until))
    if len(found) == len(set(texts)) and not any(one.certified_kg is not None for one in found):
        errors.append(FieldError("certificates", "", "no_tonnes", NEEDS_TONNES))
    return found


def _period_errors(backing: Iterable[Certificate], begin: date, end: date) -> list[FieldError]:
    if end < begin:
        return [FieldError("produced_to", end.isoformat(), "unordered", UNORDERED)]
    return [
        FieldError(field, value.isoformat(), "outside_period", OUTSIDE, {"number": one.number})
        for one in backing
        if one.certified_kg is not None
        for field, value in (("produced_from", begin), ("produced_to", end))
        if not one.valid_from <= value <= one.valid_to
    ]


def _day(raw: Mapping[str, object], name: str, errors: list[FieldError]) -> date | None:
    text = str(raw.get(name, "")).strip()
    try:
        return date.fromisoformat(text)
    except ValueError:
        errors.append(FieldError(name, text[:40], "invalid_date", BAD_DATE))
        return None

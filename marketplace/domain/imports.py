"""Rows of market files as an organisation's own: its reference, its papers, what is the same."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from marketplace.domain.errors import FieldError, InvalidInput, gettext_noop
from marketplace.domain.fields import as_list, as_text, has_control, shown
from marketplace.domain.fx import FxRates
from marketplace.domain.lots import COLUMNS as LOT_TERMS
from marketplace.domain.lots import parse_lot
from marketplace.domain.names import comparable
from marketplace.domain.requirements import COLUMNS as REQUIREMENT_TERMS
from marketplace.domain.requirements import parse_requirement
from marketplace.domain.terms import CertificateRef, LotTerms, RequirementTerms
from marketplace.domain.vocabulary import Scheme

Terms = TypeVar("Terms", LotTerms, RequirementTerms)
LONGEST_REFERENCE = 64
LENGTH = gettext_noop("Give 1 to {limit} characters.")
NO_REFERENCE = gettext_noop("Give up to {limit} characters, none of them a control character.")
NO_SCHEME = gettext_noop("Give SCHEME:NUMBER with a known scheme.")
NO_PAPER = gettext_noop("Name at least one certificate as SCHEME:NUMBER.")
NOT_YOURS = gettext_noop("Leave it empty or give your own organisation's name, {name}.")


@dataclass(frozen=True)
class Reference:
    """An organisation's own name for a row, and what it is compared by; both empty for none."""

    text: str = ""
    key: str = ""


def reference(raw: Mapping[str, object], errors: list[FieldError]) -> Reference:
    """The column ``reference``; what is wrong with it is added to ``errors``.

    What it is compared by is as long at most: a few signs normalise to several.
    """
    text = as_text(raw.get("reference"))
    key = comparable(text)
    if not text or (
        key and max(len(text), len(key)) <= LONGEST_REFERENCE and not has_control(text)
    ):
        return Reference(text, key)
    params = {"limit": str(LONGEST_REFERENCE)}
    errors.append(FieldError("reference", shown(text), "not_a_reference", NO_REFERENCE, params))
    return Reference()


def named(cells: Mapping[str, str], column: str, limit: int) -> list[FieldError]:
    """What is wrong with a name that a row needs."""
    text = cells.get(column, "").strip()
    if 0 < len(text) <= limit and comparable(text):
        return []
    return [FieldError(column, text[:limit], "required", LENGTH, {"limit": str(limit)})]


def certificate_refs(text: str) -> tuple[list[CertificateRef], list[FieldError]]:
    """The papers of ``SCHEME:NUMBER|SCHEME:NUMBER``, at least one, and what is wrong with them."""
    found, wrong = [], []
    for part in as_list(text):
        scheme, colon, number = part.partition(":")
        if colon and number.strip() and scheme.strip().upper() in Scheme.__members__:
            found.append(CertificateRef(Scheme(scheme.strip().upper()), number.strip()))
        else:
            wrong.append(FieldError("certificates", part[:100], "unknown_scheme", NO_SCHEME))
    if not found and not wrong:
        wrong.append(FieldError("certificates", "", "required", NO_PAPER))
    return found, wrong


def own_party(cells: Mapping[str, str], column: str, name: str) -> list[FieldError]:
    """On the site everybody writes for the own organisation only."""
    text = cells.get(column, "").strip()
    if not text or comparable(text) == comparable(name):
        return []
    return [FieldError(column, shown(text), "not_your_organisation", NOT_YOURS, {"name": name})]


def claims_verified(cells: Mapping[str, str]) -> bool:
    """Whether a row says of its carbon values that a third party verified them."""
    return cells.get("ci_verified", "").strip().casefold() in ("yes", "true")


def lot_terms(cells: Mapping[str, str], as_of: date, fx: FxRates) -> LotTerms:
    """What the row offers, without what the site finds out by itself: proof and time of listing."""
    own = {name: text for name, text in cells.items() if name in LOT_TERMS}
    terms = parse_lot(own, as_of=as_of, fx=fx)
    return replace(terms, ci_verified=False, listed_at=None, warnings=())


def requirement_terms(cells: Mapping[str, str], as_of: date, fx: FxRates) -> RequirementTerms:
    own = {name: text for name, text in cells.items() if name in REQUIREMENT_TERMS}
    return replace(parse_requirement(own, as_of=as_of, fx=fx), posted_at=None, warnings=())


def is_same(
    cells: Mapping[str, str],
    stored: Mapping[str, str],
    terms_of: Callable[[Mapping[str, str]], Terms],
) -> bool:
    """Whether both rows say the same; InvalidInput when ``cells`` break a rule.

    What was stored under rules or rates of another day may break one today: that is not the same.
    """
    said = terms_of(cells)
    try:
        return said == terms_of(stored)
    except InvalidInput:
        return False

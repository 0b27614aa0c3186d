"""A certification body's list of what it certified, and where it differs from what was entered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from marketplace.domain.certificates import MOST_KG
from marketplace.domain.errors import gettext_noop
from marketplace.domain.fields import ABOVE_ZERO, Reader
from marketplace.domain.names import certificate_number
from marketplace.domain.vocabulary import Scheme

COLUMNS = ("number", "holder", "certified_t", "valid_from", "valid_to")
UNORDERED = gettext_noop("The certificate ends before it starts.")


class Differs(StrEnum):
    """In what a certificate is not as the body's list has it."""

    ABSENT = "ABSENT"
    HOLDER = "HOLDER"
    TONNES = "TONNES"
    VALIDITY = "VALIDITY"


@dataclass(frozen=True)
class Certified:
    """One certificate, as the body or as its holder states it. ``holder``: any of its names."""

    number_key: str
    holders: frozenset[str]
    certified_kg: int | None
    valid_from: date
    valid_to: date


@dataclass(frozen=True)
class Entry:
    """A line of the list as it was written, with the key that its number is found by."""

    number: str
    number_key: str
    holder: str
    certified_kg: int | None
    valid_from: date
    valid_to: date


def parse_entry(cells: Mapping[str, str], scheme: Scheme) -> Entry:
    """Raises InvalidInput with every broken rule."""
    row = Reader(cells)
    row.only(COLUMNS)
    number = row.text("number", limit=100, required=True)
    holder = row.text("holder", limit=200, required=True)
    tonnes = row.decimal("certified_t", decimals=3)
    kg = None if tonnes is None else int(tonnes * 1000)
    if kg is not None and not 0 < kg <= MOST_KG:
        row.refuse("certified_t", "out_of_range", ABOVE_ZERO, high="10000000")
    begin, end = row.day("valid_from"), row.day("valid_to")
    if begin is not None and end is not None and begin > end:
        row.refuse("valid_to", "unordered", UNORDERED)
    row.finish()
    assert begin is not None
    assert end is not None
    return Entry(number, certificate_number(number, scheme), holder, kg, begin, end)


def differences(entered: Certified, listed: Certified | None) -> tuple[Differs, ...]:
    """In the order of their weight; nothing where the two agree.

    Tonnes are compared where the list states them: some bodies publish names and dates only.
    """
    if listed is None:
        return (Differs.ABSENT,)
    found = []
    if not entered.holders & listed.holders:
        found.append(Differs.HOLDER)
    if listed.certified_kg is not None and entered.certified_kg != listed.certified_kg:
        found.append(Differs.TONNES)
    if (entered.valid_from, entered.valid_to) != (listed.valid_from, listed.valid_to):
        found.append(Differs.VALIDITY)
    return tuple(found)


def repeated(entries: Iterable[tuple[int, Entry]]) -> dict[int, int]:
    """Line -> the earlier line with the same number."""
    first: dict[str, int] = {}
    found = {}
    for line, entry in entries:
        if first.setdefault(entry.number_key, line) != line:
            found[line] = first[entry.number_key]
    return found

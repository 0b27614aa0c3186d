"""Reading raw columns: text from a form, a file or JSON becomes exact values, or a FieldError.

Raw values are text, numbers or lists. Every broken rule is collected; nothing is rounded.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from marketplace.domain.countries import COUNTRIES
from marketplace.domain.errors import FieldError, InvalidInput, gettext_noop
from marketplace.domain.names import comparable

Code = TypeVar("Code", bound=StrEnum)
SHOWN = 100
# Of numbers that arithmetic with 28 digits still holds exactly, decimals included.
LARGEST_EXPONENT = 22

REQUIRED = gettext_noop("This value is needed.")
UNKNOWN_COLUMN = gettext_noop("There is no such column.")
NO_NUMBER = gettext_noop("Give a plain number with a decimal point, such as 3.200.")
NOT_FINITE = gettext_noop("Give a finite number.")
DECIMALS = gettext_noop("Too many decimals: {decimals} at most; values are never rounded.")
RANGE = gettext_noop("Give a value from {low} to {high}.")
ABOVE_ZERO = gettext_noop("Give a value above 0 and up to {high}.")
UNKNOWN_CODE = gettext_noop("Known values: {known}.")
YES_NO = gettext_noop("Give yes or no.")
NO_DATE = gettext_noop("Give an ISO date, such as 2026-11-24.")
NO_TIME = gettext_noop("Give an ISO date and time, such as 2026-11-24T08:00:00Z.")
IN_FUTURE = gettext_noop("This lies after the as-of date.")
TOO_LONG = gettext_noop("Give at most {limit} characters.")
CONTROL = gettext_noop("Control characters are not accepted.")
COUNTRY = gettext_noop("Give ISO 3166 country codes of two letters, such as CN.")
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
SCIENTIFIC = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)[eE][+-]?\d{1,3}", re.ASCII)
# What people type between the parts of a list, Chinese keyboards included. Files know | only.
TYPED_SEPARATORS = re.compile(r"[|,;，；、\r\n]")


@dataclass
class Reader:
    """Typed access to one raw row; ``errors`` collects what was wrong with it."""

    raw: Mapping[str, object]
    errors: list[FieldError] = field(default_factory=list)

    def refuse(self, name: str, code: str, message: str, **params: str) -> None:
        self.errors.append(FieldError(name, shown(self.raw.get(name)), code, message, params))

    def finish(self) -> None:
        """Raise InvalidInput when anything was refused."""
        if self.errors:
            raise InvalidInput(self.errors)

    def only(self, known: Iterable[str]) -> None:
        for name in sorted(set(self.raw) - set(known)):
            self.refuse(name, "unknown_column", UNKNOWN_COLUMN)

    def text(self, name: str, *, limit: int = 200, required: bool = False) -> str:
        value = as_text(self.raw.get(name))
        if required and not comparable(value):
            self.refuse(name, "required", REQUIRED)
        elif len(value) > limit:
            self.refuse(name, "too_long", TOO_LONG, limit=str(limit))
        elif has_control(value):
            self.refuse(name, "control_character", CONTROL)
        else:
            return value
        return ""

    def decimal(self, name: str, *, decimals: int, required: bool = False) -> Decimal | None:
        """The exact number; None when absent or refused."""
        given = self.raw.get(name)
        text = as_text(given)
        if not text:
            if required:
                self.refuse(name, "required", REQUIRED)
            return None
        if isinstance(given, bool) or not (NUMBER.fullmatch(text) or SCIENTIFIC.fullmatch(text)):
            self.refuse(name, "not_a_number", NO_NUMBER)
            return None
        value = Decimal(text)
        if abs(value.adjusted()) > LARGEST_EXPONENT:
            self.refuse(name, "out_of_range", NOT_FINITE)
            return None
        if value != round(value, decimals):
            self.refuse(name, "too_many_decimals", DECIMALS, decimals=str(decimals))
            return None
        return value + 0  # -0 becomes 0

    def scaled(
        self, name: str, low: str, high: str, *, decimals: int, required: bool
    ) -> int | None:
        """A number within [low, high] as an integer in units of its last decimal."""
        value = self.decimal(name, decimals=decimals, required=required)
        if value is None:
            return None
        if not Decimal(low) <= value <= Decimal(high):
            self.refuse(name, "out_of_range", RANGE, low=low, high=high)
            return None
        return int(value.scaleb(decimals))

    def kilograms(self, name: str, *, required: bool = False) -> int | None:
        """Tonnes with 3 decimals -> kg; 0 only where the column is optional."""
        value = self.decimal(name, decimals=3, required=required)
        if value is None:
            return None
        if value < 0 or value > 500_000 or (required and value == 0):
            self.refuse(name, "out_of_range", ABOVE_ZERO, high="500000")
            return None
        return int(value * 1000)

    def percent(self, name: str, high: str = "100") -> int:
        """Percent with 2 decimals -> 1/100 %; absent is 0."""
        return self.scaled(name, "0", high, decimals=2, required=False) or 0

    def yes_no(self, name: str, *, default: bool) -> bool:
        given = self.raw.get(name)
        text = as_text(given).casefold()
        if not text:
            return default
        if text not in ("yes", "no", "true", "false"):
            self.refuse(name, "not_yes_or_no", YES_NO)
        return text in ("yes", "true")

    def code(
        self, name: str, codes: type[Code], *, default: Code | None = None, required: bool = False
    ) -> Code | None:
        text = as_text(self.raw.get(name)).upper()
        if not text:
            if required:
                self.refuse(name, "required", REQUIRED)
            return default
        return self._known(name, codes, text)

    def codes(self, name: str, codes: type[Code], *, required: bool = False) -> frozenset[Code]:
        given = as_list(self.raw.get(name))
        if not given and required:
            self.refuse(name, "required", REQUIRED)
        found = (self._known(name, codes, text.upper()) for text in given)
        return frozenset(one for one in found if one is not None)

    def _known(self, name: str, codes: type[Code], text: str) -> Code | None:
        try:
            return codes(text)
        except ValueError:
            self.refuse(name, "unknown_code", UNKNOWN_CODE, known=", ".join(codes))
            return None

    def countries(self, name: str) -> frozenset[str]:
        given = frozenset(text.upper() for text in as_list(self.raw.get(name)))
        if given - COUNTRIES:
            self.refuse(name, "unknown_country", COUNTRY)
        return given & COUNTRIES

    def day(self, name: str) -> date | None:
        text = as_text(self.raw.get(name))
        if not text:
            self.refuse(name, "required", REQUIRED)
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.refuse(name, "not_a_date", NO_DATE)
            return None

    def moment(self, name: str, *, as_of: date) -> datetime | None:
        """An ISO date-time; without a zone it is UTC. Not after the as-of date."""
        text = as_text(self.raw.get(name))
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text)
            found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        except (ValueError, OverflowError):
            self.refuse(name, "not_a_time", NO_TIME)
            return None
        if found.date() > as_of:
            self.refuse(name, "in_future", IN_FUTURE)
        return found


def as_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value).strip()


def has_control(text: str) -> bool:
    """Whether it holds what no name needs and no database stores: controls, half surrogates."""
    return any(unicodedata.category(char) in ("Cc", "Cs") for char in text)


def as_list(value: object) -> list[str]:
    """Parts of ``A|B`` or of a sequence, trimmed, empty ones left out."""
    if isinstance(value, list | tuple | set | frozenset):
        parts = [as_text(part) for part in value]
    else:
        parts = as_text(value).split("|")
    return [part.strip() for part in parts if part.strip()]


def shown(value: object) -> str:
    """The refused value as it may be repeated to its sender: short."""
    if isinstance(value, list | tuple):
        return "|".join(as_text(part)[:SHOWN] for part in value[:10])[:SHOWN]
    return as_text(value)[:SHOWN]


def tonnes(kilograms: int) -> str:
    """As people read them: 1450000 -> "1,450", 1450125 -> "1,450.125". Nothing is rounded."""
    whole, rest = divmod(kilograms, 1000)
    return f"{whole:,}.{rest:03d}" if rest else f"{whole:,}"


def thousandths(value: int) -> str:
    """Kilograms as tonnes, milli t/t as t/t: 400125 -> "400.125", exactly."""
    return f"{value // 1000}.{value % 1000:03d}"


def hundredths(value: int) -> str:
    """Hundredths of a percent as percent: 7550 -> "75.50", exactly."""
    return f"{value // 100}.{value % 100:02d}"

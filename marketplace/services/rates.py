"""Exchange rates that an admin enters or imports; a new one may change the matching."""

import csv
import datetime as dt
import io
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import IO

from marketplace.domain import fx
from marketplace.domain.errors import FieldError, InvalidInput, gettext_noop
from marketplace.models import FxRate, User
from marketplace.services import authority, outbox
from marketplace.services.constraints import one_transaction

COLUMNS = {"currency", "usd_per_unit", "date"}
LARGEST_FILE = 1024 * 1024
UNKNOWN_CURRENCY = gettext_noop("Known currencies: CNY and EUR.")
NO_NUMBER = gettext_noop("Give a decimal number above 0, with a point and up to 8 decimals.")
NO_DATE = gettext_noop("Give an ISO date that is not in the future.")
TOO_LARGE = gettext_noop("The file is larger than 1 MiB.")
NO_TABLE = gettext_noop("Give a CSV file (UTF-8) with the columns currency, usd_per_unit, date.")


@one_transaction
def enter(
    *,
    currency: str,
    usd_per_unit: Decimal,
    date: dt.date,
    source: str,
    by: User,
    now: datetime,
) -> FxRate:
    """The rate of a day; entering it again corrects it."""
    authority.admin(by)
    row = {
        "currency": currency,
        "usd_per_unit": str(usd_per_unit),
        "date": date.isoformat(),
    }
    rate = _store(_checked(row, now, line=None), source)
    outbox.request_round(now=now)
    return rate


@one_transaction
def import_csv(*, file: IO[bytes], by: User, now: datetime) -> int:
    """All rows or none; errors name ``line: column``. How many rows were stored."""
    authority.admin(by)
    try:
        content = file.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise InvalidInput([FieldError("file", "", "too_large", TOO_LARGE)])
        text = content.decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""))
        rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput([FieldError("file", "", "not_a_table", NO_TABLE)]) from error
    if not set(reader.fieldnames or ()) >= COLUMNS:
        raise InvalidInput([FieldError("file", "", "not_a_table", NO_TABLE)])
    errors: list[FieldError] = []
    checked: list[tuple[str, Decimal, dt.date]] = []
    for line, row in enumerate(rows, start=2):
        try:
            checked.append(_checked(row, now, line=line))
        except InvalidInput as refused:
            errors += refused.errors
    if errors:
        raise InvalidInput(errors)
    for one in checked:
        _store(one, "CSV")
    if checked:
        outbox.request_round(now=now)
    return len(checked)


def _store(rate: tuple[str, Decimal, dt.date], source: str) -> FxRate:
    currency, usd_per_unit, day = rate
    row, _created = FxRate.objects.update_or_create(
        currency=currency,
        date=day,
        defaults={"usd_per_unit": usd_per_unit, "source": source.strip()[:200]},
    )
    return row


def _checked(
    row: Mapping[str, str | None], now: datetime, line: int | None
) -> tuple[str, Decimal, dt.date]:
    before = "" if line is None else f"{line}: "
    errors: list[FieldError] = []
    currency = (row["currency"] or "").strip().upper()
    if currency not in fx.CURRENCIES.values():
        errors.append(FieldError(f"{before}currency", currency[:10], "unknown", UNKNOWN_CURRENCY))
    number, day = (row["usd_per_unit"] or "").strip(), (row["date"] or "").strip()
    value = _number(number)
    if value is None:
        errors.append(FieldError(f"{before}usd_per_unit", number[:40], "invalid", NO_NUMBER))
    when = _day(day)
    if when is None or when > now.date():
        errors.append(FieldError(f"{before}date", day[:40], "invalid", NO_DATE))
    if errors or value is None or when is None:
        raise InvalidInput(errors)
    return currency, value, when


def _number(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    exact = value.is_finite() and 0 < value < 1_000_000
    return value if exact and value == round(value, 8) else None


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None

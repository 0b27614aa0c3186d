"""Delivery windows: both days included."""

from datetime import date

from marketplace.domain.errors import gettext_noop
from marketplace.domain.fields import Reader

UNORDERED = gettext_noop("The window ends before it starts.")
TOO_LONG = gettext_noop("A delivery window is at most 60 months long.")
MONTHS = 60


def read(row: Reader) -> tuple[date, date] | None:
    start, end = row.day("window_start"), row.day("window_end")
    if start is None or end is None:
        return None
    if end < start:
        row.refuse("window_end", "window_unordered", UNORDERED)
    elif (end.year - start.year) * 12 + end.month - start.month > MONTHS:
        row.refuse("window_end", "window_too_long", TOO_LONG)
    return start, end

"""An instant is written with its offset, never with an abbreviation."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain import instants

NOON = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("UTC", "2026-11-27 12:00 UTC"),
        ("Europe/London", "2026-11-27 12:00 UTC"),
        ("Asia/Shanghai", "2026-11-27 20:00 UTC+08:00"),
        ("Asia/Kolkata", "2026-11-27 17:30 UTC+05:30"),
        ("America/St_Johns", "2026-11-27 08:30 UTC-03:30"),
    ],
)
def test_written(zone: str, words: str) -> None:
    assert instants.written(NOON.astimezone(ZoneInfo(zone))) == words


def test_summer_time_is_that_of_the_moment() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert instants.offset(datetime(2026, 7, 1, tzinfo=berlin)) == "UTC+02:00"
    assert instants.offset(datetime(2026, 12, 1, tzinfo=berlin)) == "UTC+01:00"


@given(st.datetimes(), st.integers(min_value=-14 * 60, max_value=14 * 60))
def test_what_is_written_is_the_same_instant(naive: datetime, minutes: int) -> None:
    moment = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)), second=0, microsecond=0)
    day, clock, offset = instants.written(moment).split()
    read = datetime.fromisoformat(f"{day.zfill(10)}T{clock}{offset[3:] or '+00:00'}")
    assert read == moment

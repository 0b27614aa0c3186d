"""Set times are wall-clock times of the market's zone, across the change to summer time."""

from datetime import UTC, datetime

import pytest

from matching.schedule import next_time


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (datetime(2026, 11, 24, 12, 0, tzinfo=UTC), datetime(2026, 11, 24, 13, 0, tzinfo=UTC)),
        (datetime(2026, 11, 24, 13, 0, tzinfo=UTC), datetime(2026, 11, 25, 13, 0, tzinfo=UTC)),
        (datetime(2027, 3, 27, 14, 0, tzinfo=UTC), datetime(2027, 3, 28, 12, 0, tzinfo=UTC)),
    ],
)
def test_next_set_time(after: datetime, expected: datetime) -> None:
    assert next_time("0 14 * * *", "Europe/Berlin", after) == expected

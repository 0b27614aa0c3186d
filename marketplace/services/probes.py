"""Looks are counted in the database and limited: nobody finds out more by asking all the time.

A group counts together, whichever of its organisations asks, from any number of processes.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection

from marketplace.domain.errors import DomainError, gettext_noop
from marketplace.models import Organisation, User
from marketplace.models.actors import Actor
from marketplace.services.constraints import one_transaction

HOURLY, DAILY, API = "PREVIEW", "PREVIEW_DAY", "API_MINUTE"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
IN_THE_HOUR = gettext_noop("Your organisation has looked {limit} times within this hour.")
IN_THE_MINUTE = gettext_noop("More than {limit} requests within this minute.")
IN_THE_DAY = gettext_noop("Your organisation has looked {limit} times within this day (UTC).")
# One statement, which either counts or does not: no two of them pass the last place.
COUNT = """
INSERT INTO marketplace_probe AS probe (party, kind, hour, count) VALUES (%s, %s, %s, 1)
ON CONFLICT (party, kind, hour) DO UPDATE SET count = probe.count + 1 WHERE probe.count < %s
RETURNING count
"""


@dataclass(frozen=True)
class Window:
    """``most`` looks of one kind from ``since`` on, for ``length``; and what is said after them."""

    kind: str
    since: datetime
    length: timedelta
    most: int
    message: str


class TooOften(DomainError):
    """The limit of this minute, hour or day is reached; ``until`` the next one begins."""

    code = "too_often"

    def __init__(self, message: str, *, limit: int, until: datetime) -> None:
        super().__init__(message, limit=str(limit))
        self.until = until


@one_transaction
def preview(*, by: Actor, now: datetime) -> None:
    """Count one preview. Raises TooOften when this hour or this day has no more."""
    organisation = by.organisation
    group = organisation.group_id
    party = f"organisation {organisation.pk}" if group is None else f"group {group}"
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    day = hour.replace(hour=0)
    _count(party, Window(HOURLY, hour, HOUR, settings.PREVIEWS_PER_HOUR, IN_THE_HOUR))
    _count(party, Window(DAILY, day, DAY, settings.PREVIEWS_PER_DAY, IN_THE_DAY))


def api_request(*, by: User, organisation: Organisation | None, now: datetime) -> None:
    """Count one request of the API. Raises TooOften when this minute has no more.

    One statement, outside of any transaction: each request would have two commits else.
    """
    party = f"user {by.pk} {organisation.pk if organisation else ''}"
    minute = now.astimezone(UTC).replace(second=0, microsecond=0)
    _count(party, Window(API, minute, MINUTE, settings.API_REQUESTS_PER_MINUTE, IN_THE_MINUTE))


def _count(party: str, window: Window) -> None:
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [party, window.kind, window.since, window.most])
        if window.most < 1 or cursor.fetchone() is None:
            until = window.since + window.length
            raise TooOften(window.message, limit=window.most, until=until)

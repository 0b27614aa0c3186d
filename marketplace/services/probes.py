"""Looks are counted in the database and limited: nobody finds out more by asking all the time.

A group counts together, whichever of its organisations asks, from any number of processes.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from marketplace.domain.errors import DomainError, gettext_noop
from marketplace.models.actors import Actor
from marketplace.services.constraints import one_transaction

PREVIEW = "PREVIEW"
HOUR = timedelta(hours=1)
# One statement, which either counts or does not: no two of them pass the last place.
COUNT = """
INSERT INTO marketplace_probe AS probe (party, kind, hour, count) VALUES (%s, %s, %s, 1)
ON CONFLICT (party, kind, hour) DO UPDATE SET count = probe.count + 1 WHERE probe.count < %s
RETURNING count
"""


class TooOften(DomainError):
    """The limit of this hour is reached; ``until`` the next one begins."""

    code = "too_often"
    message = gettext_noop("Your organisation has looked {limit} times within this hour.")

    def __init__(self, *, limit: int, until: datetime) -> None:
        super().__init__(limit=str(limit))
        self.until = until


@one_transaction
def preview(*, by: Actor, now: datetime) -> None:
    """Count one preview. Raises TooOften when this hour has no more."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    limit, organisation = settings.PREVIEWS_PER_HOUR, by.organisation
    group = organisation.group_id
    party = f"organisation {organisation.pk}" if group is None else f"group {group}"
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [party, PREVIEW, hour, limit])
        if limit < 1 or cursor.fetchone() is None:
            raise TooOften(limit=limit, until=hour + HOUR)

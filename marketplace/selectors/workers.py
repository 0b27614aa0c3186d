"""Which workers live, and which of them hear nothing: for the alarm and the admin's page."""

from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings

from marketplace.models import Heartbeat


class Hearing(StrEnum):
    """How it stands with one worker, or with all of them."""

    OK = "ok"
    SILENT = "silent"
    DEAF = "deaf"


def hearing(worker: Heartbeat, *, now: datetime) -> Hearing:
    """Silent: no beat lately. Deaf: it beats, and neither hears nor does anything.

    Beat sends messages every few seconds: who hears none is cut off, or beat is gone.
    """
    if now - worker.beat_at > settings.HEARTBEAT_STALE_AFTER:
        return Hearing.SILENT
    heard_at = worker.heard_at or worker.started_at
    patience = timedelta(seconds=settings.DEAF_AFTER_SECONDS)
    return Hearing.DEAF if now - heard_at > patience else Hearing.OK


def together(*, now: datetime) -> Hearing:
    """One that hears is enough; deaf when every one that lives is."""
    lately = now - settings.HEARTBEAT_STALE_AFTER
    found = {hearing(worker, now=now) for worker in Heartbeat.objects.filter(beat_at__gte=lately)}
    if Hearing.OK in found:
        return Hearing.OK
    return Hearing.DEAF if Hearing.DEAF in found else Hearing.SILENT

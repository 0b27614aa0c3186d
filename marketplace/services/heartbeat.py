"""A sign of life per worker process, kept where a deaf worker cannot fake it."""

from datetime import datetime

from marketplace.models import Heartbeat


def beat(*, name: str, started_at: datetime, heard_at: datetime | None, now: datetime) -> None:
    """``heard_at``: when a message reached this process last, None if none did yet."""
    Heartbeat.objects.update_or_create(
        name=name[:100],
        defaults={"started_at": started_at, "beat_at": now, "heard_at": heard_at},
    )


def gone(*, name: str) -> None:
    """A worker that ends in good order is not missed."""
    Heartbeat.objects.filter(name=name[:100]).delete()

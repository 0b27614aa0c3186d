"""In which language and time zone somebody reads."""

from collections.abc import Sequence
from datetime import UTC, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings

from marketplace.models import User

# Where most of this trade sits; the form names them before all others.
TRADE_ZONES = (
    "Asia/Shanghai",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Oslo",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Australia/Sydney",
    "America/New_York",
    "America/Chicago",
    "America/Sao_Paulo",
)
AREAS = (
    "Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific",
)  # fmt: skip


def languages() -> set[str]:
    return {code for code, _name in settings.LANGUAGES}


@cache
def zones() -> frozenset[str]:
    """Every name that this server's time zone data knows."""
    return frozenset(available_timezones())


@cache
def other_zones() -> Sequence[str]:
    """Zones of places, apart from ``TRADE_ZONES``, in alphabetical order."""
    places = {name for name in zones() if name.partition("/")[0] in AREAS}
    return tuple(sorted(places - set(TRADE_ZONES)))


def language_of(user: User) -> str:
    """The chosen one, else the market's."""
    return user.language or settings.LANGUAGE_CODE


def zone_of(user: User) -> tzinfo:
    """The chosen one, else UTC; also when newer data no longer knows the chosen one."""
    return ZoneInfo(user.time_zone) if user.time_zone in zones() else UTC

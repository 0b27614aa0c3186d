"""Exchange rates of a day, and those that an admin has to renew."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Max

from marketplace.domain.fx import CURRENCIES, LONGEST_USE, FxRates
from marketplace.models import FxRate

# Rates count for 5 days; an admin hears of an old one in good time.
IS_OLD = timedelta(days=2)


@dataclass(frozen=True)
class OldRate:
    """``newest``: None where there never was one."""

    currency: str
    newest: date | None


def snapshot(on: date) -> FxRates:
    """The rates that may count on a day: dated on it or up to 5 days before."""
    rows = FxRate.objects.filter(date__lte=on, date__gte=on - LONGEST_USE)
    return FxRates.latest(rows.values_list("currency", "usd_per_unit", "date"), on)


def old(today: date) -> list[OldRate]:
    """Currencies of the market whose newest rate is missing or two days old, by name."""
    rows = FxRate.objects.filter(date__lte=today).values("currency").annotate(newest=Max("date"))
    newest = {row["currency"]: row["newest"] for row in rows}
    known = [OldRate(currency, newest.get(currency)) for currency in sorted(CURRENCIES.values())]
    return [one for one in known if one.newest is None or today - one.newest >= IS_OLD]

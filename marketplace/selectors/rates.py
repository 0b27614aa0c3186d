"""Exchange rates of a day."""

from datetime import date, timedelta

from marketplace.domain.fx import FxRates
from marketplace.models import FxRate

LONGEST_USE = timedelta(days=5)


def snapshot(on: date) -> FxRates:
    """The rates that may count on a day: dated on it or up to 5 days before."""
    rows = FxRate.objects.filter(date__lte=on, date__gte=on - LONGEST_USE)
    return FxRates.latest(rows.values_list("currency", "usd_per_unit", "date"), on)

"""Exchange rates of a day."""

from datetime import date

from marketplace.domain.fx import LONGEST_USE, FxRates
from marketplace.models import FxRate


def snapshot(on: date) -> FxRates:
    """The rates that may count on a day: dated on it or up to 5 days before."""
    rows = FxRate.objects.filter(date__lte=on, date__gte=on - LONGEST_USE)
    return FxRates.latest(rows.values_list("currency", "usd_per_unit", "date"), on)

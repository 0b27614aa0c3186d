"""The market's own settings: one row."""

from marketplace.models import MarketSettings


def settings() -> MarketSettings:
    """The row, made with its defaults when nobody changed anything yet."""
    row, _created = MarketSettings.objects.get_or_create(pk=1)
    return row

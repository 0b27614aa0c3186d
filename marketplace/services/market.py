"""The market's own settings: one row."""

from marketplace.models import MarketSettings


def settings() -> MarketSettings:
    """The row, made with its defaults when nobody changed anything yet."""
    row, _created = MarketSettings.objects.get_or_create(pk=1)
    return row


def rounds_paused(row: MarketSettings) -> bool:
    """No round starts while matching is paused, nor while nobody could answer a proposal."""
    return row.matching_paused_at is not None or row.trading_paused_at is not None

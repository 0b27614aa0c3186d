"""Writes the figures of the public market page, once each; domain/signals.py says which."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import connection

from marketplace.domain import signals
from marketplace.domain.signals import Signal
from marketplace.models import LadderDay, MarketFigure
from marketplace.selectors import signals as selectors
from marketplace.selectors.signals import Level, Offer
from marketplace.services.constraints import one_transaction

LOCK = "market figures"


@one_transaction
def write_due(*, now: datetime) -> int:
    """Everything that may be told by today and is not written yet; how many figures.

    To be repeated at will: each figure goes on where the newest one of its kind ended.
    """
    _one_at_a_time()
    today = now.date()
    made = [*_over_deals(today), *_ladders(today)]
    MarketFigure.objects.bulk_create(made)
    return len(made)


def _over_deals(today: date) -> Iterable[MarketFigure]:
    end = signals.newest_week_end(today)
    opened = selectors.opened() or today
    earliest = max(end - signals.LONGEST, signals.monday(opened))
    ended = selectors.newest_ends()
    for level, trades in selectors.trades(since=earliest, before=end).items():
        kind = Signal.PREMIUM if level is not None else Signal.TONNES
        begin = max(ended.get((kind, level), earliest), earliest)
        rest = [one for one in trades if one.week >= begin]
        for block in signals.blocks(rest, begin=begin, end=end):
            value = block.band_usd if kind is Signal.PREMIUM else signals.rounded_kg(block.kg)
            yield _figure(kind, level, (block.begin, block.end), value, today)


def _ladders(today: date) -> Iterable[MarketFigure]:
    """What is open now, as of this week's Monday; told a week later. Once a week."""
    day = signals.monday(today)
    _written, is_new = LadderDay.objects.get_or_create(day=day)
    if not is_new:
        return
    for kind, offers in (
        (Signal.SUPPLY, selectors.supply(today)),
        (Signal.DEMAND, selectors.demand()),
        (Signal.MISSED, selectors.missed(today)),
    ):
        for level, parts in _by_level(offers).items():
            if signals.dominated(parts):
                continue
            kg = signals.rounded_kg(sum(one for _party, one in parts))
            yield _figure(kind, level, (day, day), kg, day + signals.WEEK)


def _by_level(offers: Iterable[Offer]) -> dict[Level, list[tuple[int, int]]]:
    found: dict[Level, list[tuple[int, int]]] = {}
    for one in offers:
        key = Level(one.boundary, signals.level(one.ci_milli), one.band_usd)
        found.setdefault(key, []).append((one.party, one.kg))
    return found


def _figure(
    kind: Signal, level: Level | None, weeks: tuple[date, date], value: int, shown_from: date
) -> MarketFigure:
    return MarketFigure(
        signal=kind.value,
        boundary=level.boundary if level else "",
        level_milli=level.milli if level else None,
        band_usd=level.band_usd if level else None,
        begin=weeks[0],
        end=weeks[1],
        value=value,
        shown_from=shown_from,
    )


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [LOCK])

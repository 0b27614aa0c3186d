"""What the public market page may say, and what it keeps to itself. Rules: docs/market.md.

A figure is shown only where at least three producers and three buyers stand behind it and none has
more than 60 % of its tonnes; organisations of one group are one party. Figures over deals are made
of blocks: whole weeks in a row, closed as soon as they satisfy the rule by themselves. Blocks never
overlap, so no two published figures can be subtracted from each other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

MIN_PARTIES = 3
MOST_PERCENT = 60
LEVEL_MILLI = 1_000
BAND_USD = 5
MISSED_BAND_USD = 10
USD_E4 = 10_000
# Published tonnes are multiples of it.
STEP_KG = 50_000
# What did not become a block within half a year is left out: nobody would call it the market.
LONGEST = timedelta(weeks=26)
WEEK = timedelta(weeks=1)


class Signal(StrEnum):
    """What a published figure says."""

    PREMIUM = "PREMIUM"
    TONNES = "TONNES"
    SUPPLY = "SUPPLY"
    DEMAND = "DEMAND"
    MISSED = "MISSED"


@dataclass(frozen=True)
class Trade:
    """Kilograms of concluded deals of one week between two parties, at one carbon level.

    ``usd_e4_kg``: the sum over its deals of ask (1/10000 USD/t) times kilograms.
    """

    week: date
    producer: int
    buyer: int
    kg: int
    usd_e4_kg: int = 0


@dataclass(frozen=True)
class Block:
    """Consecutive weeks, from the Monday ``begin`` to before the Monday ``end``."""

    begin: date
    end: date
    trades: tuple[Trade, ...]

    @property
    def kg(self) -> int:
        return sum(trade.kg for trade in self.trades)

    @property
    def band_usd(self) -> int:
        """Lower end of the band of 5 USD/t that holds the tonnage-weighted ask."""
        total = sum(trade.usd_e4_kg for trade in self.trades)
        # Floor division of exact integers: -0.01 lies in the band from -5, 5.00 in that from 5.
        return total // (self.kg * USD_E4 * BAND_USD) * BAND_USD


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def level(ci_milli: int) -> int:
    """Lower end of the carbon level, milli t CO2e/t: 3999 -> 3000, 4000 -> 4000."""
    return ci_milli // LEVEL_MILLI * LEVEL_MILLI


def newest_week_end(today: date) -> date:
    """The Monday before which weeks may be told of: a week that ended is a week late."""
    return monday(today) - WEEK


def dominated(shares: Iterable[tuple[int, int]]) -> bool:
    """Whether fewer than three parties stand behind it, or one has more than 60 % of it.

    ``shares``: (party, kilograms), a party any number of times.
    """
    held: dict[int, int] = {}
    for party, kg in shares:
        held[party] = held.get(party, 0) + kg
    held = {party: kg for party, kg in held.items() if kg > 0}
    total = sum(held.values())
    return len(held) < MIN_PARTIES or max(held.values()) * 100 > total * MOST_PERCENT


def may_be_told(trades: Sequence[Trade]) -> bool:
    producers = ((trade.producer, trade.kg) for trade in trades)
    buyers = ((trade.buyer, trade.kg) for trade in trades)
    return not (dominated(producers) or dominated(buyers))


def blocks(trades: Iterable[Trade], *, begin: date, end: date) -> list[Block]:
    """Whole blocks out of the trades of one carbon level, from the Monday ``begin`` to ``end``.

    What is left at the end waits for later weeks; what waits longer than half a year is dropped.
    """
    found: list[Block] = []
    waiting: list[Trade] = []
    of_week: dict[date, list[Trade]] = {}
    for trade in trades:
        of_week.setdefault(trade.week, []).append(trade)
    week, since = begin, begin
    while week < end:
        waiting += of_week.get(week, [])
        week += WEEK
        if week - since > LONGEST:
            since += WEEK
            waiting = [trade for trade in waiting if trade.week >= since]
        if waiting and may_be_told(waiting):
            found.append(Block(since, week, tuple(waiting)))
            waiting, since = [], week
    return found


def missed_band_usd(limit_e4: int) -> int:
    """Lower end of the band of 10 USD/t that holds a limit in 1/10000 USD/t."""
    return limit_e4 // (MISSED_BAND_USD * USD_E4) * MISSED_BAND_USD


def rounded_kg(kg: int) -> int:
    """To the nearest 50 t, half of it up."""
    return (kg + STEP_KG // 2) // STEP_KG * STEP_KG

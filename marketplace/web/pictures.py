"""Charts as numbers: where each bar stands in the viewBox of its SVG. Templates draw them.

Coordinates are texts with a decimal point, whatever the reader's language.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from marketplace.domain.signals import BAND_USD, LEVEL_MILLI
from marketplace.models import MarketFigure

WIDTH, HEIGHT = 400, 120
CARBON_TOP_MILLI = 20_000
# A bar without a height is still to be seen.
LEAST = 1.0


@dataclass(frozen=True)
class Bar:
    x: str
    y: str
    width: str
    height: str
    kind: str = ""


@dataclass(frozen=True)
class Picture:
    """``low`` and ``high``: what the bottom and the top of the picture stand for."""

    bars: list[Bar]
    low: int
    high: int
    zero: str


def premiums(figures: Sequence[MarketFigure]) -> Picture:
    """A bar from the lower to the upper end of each band, over its carbon level. USD/t."""
    low = min([0, *(one.value for one in figures)])
    high = max([BAND_USD, *(one.value + BAND_USD for one in figures)])

    def height(usd: int) -> float:
        return (usd - low) * HEIGHT / (high - low)

    bars = [
        _bar(_place(one.level_milli), height(one.value), height(one.value + BAND_USD))
        for one in figures
    ]
    return Picture(bars, low, high, _text(HEIGHT - height(0)))


def intervals(parts: Sequence[tuple[int, float, float]], step_milli: int) -> Picture:
    """(carbon level, lowest, highest): a bar between the two, over the step up to its level."""
    low = int(min([0, *(lowest for _level, lowest, _highest in parts)]))
    high = int(max([BAND_USD, *(highest for _level, _lowest, highest in parts)])) + 1
    width = step_milli * WIDTH / CARBON_TOP_MILLI

    def height(usd: float) -> float:
        return (usd - low) * HEIGHT / (high - low)

    bars = [
        _bar(
            (min(level * WIDTH / CARBON_TOP_MILLI, WIDTH) - width, width),
            height(lowest),
            height(highest),
        )
        for level, lowest, highest in parts
    ]
    return Picture(bars, low, high, _text(HEIGHT - height(0)))


def ladder(supply: Sequence[MarketFigure], demand: Sequence[MarketFigure]) -> Picture:
    """Supply and demand beside each other over their carbon level. Kilograms."""
    top = max([1, *(one.value for one in (*supply, *demand))])
    bars = []
    for kind, figures in (("supply", supply), ("demand", demand)):
        for one in figures:
            left, width = _place(one.level_milli)
            half = width / 2
            begin = left if kind == "supply" else left + half
            bars.append(_bar((begin, half), 0, one.value * HEIGHT / top, kind))
    return Picture(bars, 0, top, _text(HEIGHT))


def tonnes(figures: Sequence[MarketFigure]) -> Picture:
    """One bar for each block of weeks, as wide as it is long, as high as its tonnes a week."""
    if not figures:
        return Picture([], 0, 0, _text(HEIGHT))
    first, days = figures[0].begin, (figures[-1].end - figures[0].begin).days
    weekly = [one.value * 7 // (one.end - one.begin).days for one in figures]
    top = max([1, *weekly])
    bars = []
    for one, kg in zip(figures, weekly, strict=True):
        left = (one.begin - first).days * WIDTH / days
        width = (one.end - one.begin).days * WIDTH / days
        bars.append(_bar((left, width), 0, kg * HEIGHT / top))
    return Picture(bars, 0, top, _text(HEIGHT))


def _place(level_milli: int | None) -> tuple[float, float]:
    """Left end and width of a carbon level; all above the scale stand at its end."""
    width = LEVEL_MILLI * WIDTH / CARBON_TOP_MILLI
    return min((level_milli or 0) * WIDTH / CARBON_TOP_MILLI, WIDTH - width), width


def _bar(place: tuple[float, float], low: float, high: float, kind: str = "") -> Bar:
    """With a gap of one unit to the next bar."""
    left, width = place
    tall = max(high - low, LEAST)
    return Bar(
        x=_text(left + 0.5),
        y=_text(HEIGHT - low - tall),
        width=_text(max(width - 1, LEAST)),
        height=_text(tall),
        kind=kind,
    )


def _text(value: float) -> str:
    return f"{value:.2f}"

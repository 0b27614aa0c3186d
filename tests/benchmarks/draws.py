"""Columns of a synthetic market, drawn at once; equal values are one object in all rows."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import compress
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Draw = np.random.Generator
Value = TypeVar("Value")

NONE: frozenset[str] = frozenset()
DAY = date(2026, 11, 24)
DAYS_AHEAD, DAYS_LISTED = 300, 30


def pick(table: Sequence[Value], places: Ints) -> list[Value]:
    return [table[place] for place in places.tolist()]


def shared(numbers: Ints) -> list[int]:
    """Python's integers, each value one object."""
    table, places = np.unique(numbers, return_inverse=True)
    return pick(table.tolist(), places)


def sometimes(draw: Draw, share: float, yes: Sequence[Value], no: Sequence[Value]) -> list[Value]:
    """Row by row the one or the other."""
    chosen = (draw.random(len(yes)) < share).tolist()
    return [a if taken else b for taken, a, b in zip(chosen, yes, no, strict=True)]


def subsets(draw: Draw, size: int, names: Sequence[str], share: float) -> list[frozenset[str]]:
    """Sets of at least one name; each further one is in with probability ``share``."""
    bits = 1 << np.arange(len(names), dtype=np.int64)
    masks = (draw.random((size, len(names))) < share) @ bits
    masks |= bits[draw.integers(0, len(names), size)]
    found = {mask: frozenset(compress(names, mask & bits)) for mask in np.unique(masks).tolist()}
    return [found[mask] for mask in masks.tolist()]


def name_lists(
    draw: Draw, names: Sequence[str], weights: Floats, share: float, most: int
) -> list[frozenset[str]]:
    """For each firm, with probability ``share``, up to ``most`` names, large firms more often."""
    found = [NONE] * len(names)
    for place in np.flatnonzero(draw.random(len(names)) < share).tolist():
        listed = draw.choice(len(names), draw.integers(most // 6 + 1, most + 1), p=weights)
        found[place] = frozenset(pick(names, listed))
    return found


def usual_premium(carbon: Floats) -> Floats:
    """USD/t for metal of so many t CO2e/t: the cleaner, the dearer."""
    premium: Floats = 4.0 + 46.0 * np.exp(-carbon / 3.5)
    return premium


def premiums(draw: Draw, usd: Floats) -> list[int]:
    """0.0001 USD/t in the steps in which people quote."""
    steps = draw.choice((100, 500, 1_000, 2_500), len(usd), p=(0.15, 0.15, 0.2, 0.5))
    return shared((np.clip(usd, 0.0, 60.0) * 10_000 / steps).round().astype(np.int64) * steps)


def milli(tonnes: Floats) -> Ints:
    return (tonnes * 1000).round().astype(np.int64)


def kilograms(draw: Draw, size: int) -> list[int]:
    """25 to 6,000 t, most of them round."""
    round_ones = np.clip(draw.lognormal(np.log(450), 0.9, size) / 5, 5, 1_200).round() * 5_000
    odd = np.where(draw.random(size) < 0.25, draw.integers(1, 1_000, size), 0)
    return shared(round_ones.astype(np.int64) - odd)


def windows(draw: Draw, size: int) -> tuple[list[date], list[date]]:
    """First and last days, from the day of the round on."""
    days = [DAY + timedelta(days=n) for n in range(DAYS_AHEAD)]
    start = draw.integers(0, 150, size)
    return pick(days, start), pick(days, start + draw.integers(15, 120, size))


def moments(draw: Draw, size: int) -> list[datetime]:
    """Minutes of the month before the round."""
    places = draw.integers(0, DAYS_LISTED * 24 * 60, size)
    first = datetime.combine(DAY - timedelta(days=DAYS_LISTED), time(0), UTC)
    table = {n: first + timedelta(minutes=n) for n in np.unique(places).tolist()}
    return [table[place] for place in places.tolist()]

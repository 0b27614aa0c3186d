"""The lots' attributes as arrays of length n, so that one requirement meets all lots at once."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.engine.market import LotRow, Market

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
ABSENT = -1


@dataclass(frozen=True)
class LotColumns:
    """Texts are numbered by ``codes`` (field -> text -> number), sets are bit masks of them."""

    codes: dict[str, dict[str, int]]
    text: dict[str, Ints]
    mask: dict[str, Ints]
    carbon: dict[str, Ints]
    verified: dict[str, Flags]
    offsets: Flags
    renewable: Ints
    recycled: Ints
    start: Ints
    end: Ints
    ask: Ints
    available: Ints
    min_take: Ints
    sound: Flags
    excluding: dict[str, Ints]
    blocked: dict[str, Ints]

    def number(self, field: str, values: Iterable[str]) -> list[int]:
        """The numbers of those values that occur at all."""
        known = self.codes[field]
        return [known[value] for value in values if value in known]

    def bits(self, field: str, values: Iterable[str]) -> int:
        return sum(1 << number for number in self.number(field, set(values)))


TEXTS: dict[str, Callable[[LotRow], str]] = {
    "form": lambda row: row.product_form,
    "grade": lambda row: row.grade,
    "producer": lambda row: row.producer,
    "group": lambda row: row.group,
    "origin": lambda row: row.origin_country,
    "energy": lambda row: row.energy_source or "",
    "incoterm": lambda row: row.incoterm,
    "duty": lambda row: row.duty_status,
}
SETS: dict[str, Callable[[LotRow], frozenset[str]]] = {
    "schemes": lambda row: row.schemes,
    "regions": lambda row: row.delivery_regions,
}


def of_lots(market: Market) -> LotColumns:
    lots = market.lots
    codes = {name: _numbered(map(read, lots)) for name, read in TEXTS.items()}
    codes |= {name: _numbered(v for row in lots for v in read(row)) for name, read in SETS.items()}
    boundaries = sorted({boundary for row in lots for boundary in row.carbon_milli})
    return LotColumns(
        codes=codes,
        text={name: _ints(codes[name][read(row)] for row in lots) for name, read in TEXTS.items()},
        mask={
            name: _ints(sum(1 << codes[name][value] for value in read(row)) for row in lots)
            for name, read in SETS.items()
        },
        carbon={b: _ints(row.carbon_milli.get(b, ABSENT) for row in lots) for b in boundaries},
        verified={b: _flags(b in row.ci_verified for row in lots) for b in boundaries},
        offsets=_flags(row.offsets_used for row in lots),
        renewable=_ints(row.renewable_centi_pct for row in lots),
        recycled=_ints(row.recycled_post_centi_pct for row in lots),
        start=_ints(row.window_start.toordinal() for row in lots),
        end=_ints(row.window_end.toordinal() for row in lots),
        ask=_ints(row.ask_e4 or 0 for row in lots),
        available=_ints(row.available_kg for row in lots),
        min_take=_ints(row.min_take_kg for row in lots),
        sound=_flags(row.ask_e4 is not None and row.window_end >= market.as_of for row in lots),
        excluding=_grouped(
            (buyer, i) for i, row in enumerate(lots) for buyer in row.excluded_buyers
        ),
        blocked=_blocked(market),
    )


def _blocked(market: Market) -> dict[str, Ints]:
    place = {row.key: i for i, row in enumerate(market.lots)}
    return _grouped((wanted, place[lot]) for lot, wanted in market.blocked_pairs if lot in place)


def _numbered(values: Iterable[str]) -> dict[str, int]:
    return {value: number for number, value in enumerate(sorted(set(values)))}


def _grouped(pairs: Iterable[tuple[str, int]]) -> dict[str, Ints]:
    found: dict[str, list[int]] = {}
    for name, number in pairs:
        found.setdefault(name, []).append(number)
    return {name: _ints(numbers) for name, numbers in found.items()}


def _ints(values: Iterable[int] | Sequence[int]) -> Ints:
    return np.fromiter(values, dtype=np.int64)


def _flags(values: Iterable[bool]) -> Flags:
    return np.fromiter(values, dtype=np.bool_)

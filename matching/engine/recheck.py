"""All compatible pairs once more, for the checker: from the lots' side, by code of its own.

``pairs.compatible`` goes requirement by requirement over the lots' numbered columns. This goes lot
by lot: numbers are compared with the requirements' columns, and for each value that lots have, the
requirements that accept it are asked once and kept. A rule lost on one side shows as a difference.
"""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass

import numpy as np

from matching.engine.columns import Flags, Ints
from matching.engine.market import LotRow, Market, RequirementRow

Accepts = Callable[[RequirementRow], bool]
NEVER = 0


@dataclass(frozen=True)
class Offer:
    """What one lot is to all requirements: arrays over them, meaningful where ``fits``."""

    fits: Flags
    profit: Ints
    excess: Ints


class Demand:
    """The requirements as columns, with what each of them accepts."""

    def __init__(self, market: Market) -> None:
        rows = market.requirements
        self._rows, self._as_of = rows, market.as_of
        self._boundaries = sorted({row.boundary for row in rows})
        place = {name: number for number, name in enumerate(self._boundaries)}
        self._boundary = _ints(place[row.boundary] for row in rows)
        self._open = _flags(
            row.max_premium_e4 is not None and row.window_end >= market.as_of for row in rows
        )
        self._limit = _ints(row.max_ci_milli for row in rows)
        self._cap = _ints(row.cap_milli for row in rows)
        self._averages = _flags(row.averages for row in rows)
        self.highest = _ints(row.max_premium_e4 or 0 for row in rows)
        self._price = _ints(row.carbon_price_e1 for row in rows)
        self._renewable = _ints(row.min_renewable_centi_pct for row in rows)
        self._recycled = _ints(row.min_recycled_post_centi_pct for row in rows)
        self._start = _ints(row.window_start.toordinal() for row in rows)
        self._end = _ints(row.window_end.toordinal() for row in rows)
        self._volume = _ints(row.volume_kg for row in rows)
        self._min_lot = _ints(row.min_lot_kg for row in rows)
        self._asked: dict[Hashable, Flags] = {}
        self._blocked: dict[str, set[str]] = {}
        for lot, wanted in market.blocked_pairs:
            self._blocked.setdefault(lot, set()).add(wanted)

    def meets(self, lot: LotRow) -> Offer:
        ask = lot.ask_e4 or 0
        ci = np.array([lot.carbon_milli.get(name, NEVER) for name in self._boundaries])
        ci = ci[self._boundary] if len(self._rows) else np.zeros(0, dtype=np.int64)
        value = self.highest - ask + self._price * (self._limit - ci)
        fits = self._numbers(lot, ask, ci) & (value >= 0)
        for key, accepts in self._texts(lot):
            fits &= self._accepting(key, accepts)
        return Offer(fits, 2 * value + 1, np.where(self._averages, ci - self._limit, 0))

    def _numbers(self, lot: LotRow, ask: int, ci: Ints) -> Flags:
        least = np.maximum(self._min_lot, lot.min_take_kg)
        there = lot.ask_e4 is not None and lot.window_end >= self._as_of
        fits: Flags = (
            (self._open & there)
            & ((ci != NEVER) & (ci <= self._cap) & (self.highest >= ask))
            & (
                (self._start <= lot.window_end.toordinal())
                & (self._end >= lot.window_start.toordinal())
            )
            & (self._renewable <= lot.renewable_centi_pct)
            & (self._recycled <= lot.recycled_post_centi_pct)
            & ((least <= self._volume) & (least <= lot.available_kg))
        )
        return fits

    def _accepting(self, key: Hashable, accepts: Accepts) -> Flags:
        known = self._asked.get(key)
        if known is None:
            known = self._asked[key] = _flags(map(accepts, self._rows))
        return known

    def _texts(self, lot: LotRow) -> Iterator[tuple[Hashable, Accepts]]:
        """Each rule with the lot's value as its key: lots that share it share the answer."""
        yield ("form", lot.product_form), lambda row: lot.product_form in row.product_forms
        yield ("grade", lot.grade), lambda row: _in(lot.grade, row.grades)
        yield ("group", lot.group), lambda row: row.group != lot.group
        yield ("producer", lot.producer), lambda row: _welcome(lot, row)
        yield (
            ("verified", lot.ci_verified),
            lambda row: not row.verified_ci_only or row.boundary in lot.ci_verified,
        )
        yield ("schemes", lot.schemes), lambda row: _certified(lot, row)
        yield ("offsets", lot.offsets_used), lambda row: row.accept_offsets or not lot.offsets_used
        yield (
            ("origin", lot.origin_country),
            lambda row: (
                lot.origin_country not in row.excluded_origins
                and _in(lot.origin_country, row.allowed_origins)
            ),
        )
        yield ("buyers", lot.excluded_buyers), lambda row: row.buyer not in lot.excluded_buyers
        yield ("energy", lot.energy_source), lambda row: _in(lot.energy_source, row.energy_sources)
        yield (
            ("region", lot.delivery_regions),
            lambda row: (
                "GLOBAL" in lot.delivery_regions or row.delivery_region in lot.delivery_regions
            ),
        )
        yield ("incoterm", lot.incoterm), lambda row: _in(lot.incoterm, row.accepted_incoterms)
        yield (
            ("duty", lot.duty_status),
            lambda row: _in(lot.duty_status, row.accepted_duty_statuses),
        )
        if barred := self._blocked.get(lot.key):
            yield ("blocked", lot.key), lambda row: row.key not in barred


def _in(value: str | None, accepted: frozenset[str]) -> bool:
    return not accepted or value in accepted


def _welcome(lot: LotRow, row: RequirementRow) -> bool:
    strange = row.buyer != lot.producer and lot.producer not in row.excluded_producers
    return strange and _in(lot.producer, row.allowed_producers)


def _certified(lot: LotRow, row: RequirementRow) -> bool:
    held = [scheme in lot.schemes for scheme in row.required_schemes]
    return not held or (any(held) if row.schemes_rule == "ANY" else all(held))


def _ints(values: Iterator[int]) -> Ints:
    return np.fromiter(values, dtype=np.int64)


def _flags(values: Iterator[bool]) -> Flags:
    return np.fromiter(values, dtype=np.bool_)

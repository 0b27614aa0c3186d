"""The explicit pairs that the baselines work on, by NumPy and with no code of the engine's.

Lots stand by product, then ask, so that the price rule is a prefix; of what is left each further
rule of a requirement looks only at the survivors of the one before. Narrow integers throughout.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from matching.engine import LotRow, Market, RequirementRow

Narrow = NDArray[np.int32]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
NOT_STATED = np.iinfo(np.int32).max

CODED: dict[str, Callable[[LotRow], str]] = {
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
    "verified": lambda row: row.ci_verified,
}


@dataclass(frozen=True)
class Offers:
    """The lots that take part, by product and ask; ``place`` is their place in the market.

    Texts are numbers (``codes``), sets are bits of those; ``buckets``: product -> first and last.
    """

    place: Narrow
    buckets: dict[tuple[str, str], tuple[int, int]]
    codes: dict[str, dict[str, int]]
    coded: dict[str, Narrow]
    masks: dict[str, Narrow]
    carbon: dict[str, Narrow]
    ask: Narrow
    start: Narrow
    end: Narrow
    renewable: Narrow
    recycled: Narrow
    offsets: Flags
    available: Narrow
    least: Narrow
    barred: dict[str, Narrow]
    declined: dict[str, Narrow]

    def bits(self, field: str, values: Iterable[str]) -> int:
        return sum(1 << number for number in self.numbers(field, values))

    def numbers(self, field: str, values: Iterable[str]) -> list[int]:
        codes = self.codes[field]
        return [codes[value] for value in values if value in codes]

    def among(self, field: str, numbers: list[int], at: Narrow) -> Flags:
        known = np.zeros(len(self.codes[field]), dtype=np.bool_)
        known[numbers] = True
        passing: Flags = known[self.coded[field][at]]
        return passing

    def not_among(self, field: str, numbers: list[int], at: Narrow) -> Flags:
        found = self.coded[field][at]
        passing: Flags = found != numbers[0]
        for number in numbers[1:]:
            passing &= found != number
        return passing


def offers(market: Market) -> Offers:
    ranks = [
        (row.product_form, row.grade, row.ask_e4, place)
        for place, row in enumerate(market.lots)
        if row.ask_e4 is not None and row.window_end >= market.as_of
    ]
    ranks.sort()
    rows = [market.lots[rank[3]] for rank in ranks]
    codes = {name: _codes(map(read, rows)) for name, read in CODED.items()}
    codes |= {name: _codes(one for row in rows for one in read(row)) for name, read in SETS.items()}
    own = {row.key: place for place, row in enumerate(rows)}
    boundaries = {boundary for row in rows for boundary in row.carbon_milli}
    return Offers(
        place=_narrow(rank[3] for rank in ranks),
        buckets=_buckets(rows),
        codes=codes,
        coded={
            name: _narrow(codes[name][read(row)] for row in rows) for name, read in CODED.items()
        },
        masks={
            name: _narrow(sum(1 << codes[name][one] for one in read(row)) for row in rows)
            for name, read in SETS.items()
        },
        carbon={
            b: _narrow(row.carbon_milli.get(b, NOT_STATED) for row in rows) for b in boundaries
        },
        ask=_narrow(row.ask_e4 or 0 for row in rows),
        start=_narrow(row.window_start.toordinal() for row in rows),
        end=_narrow(row.window_end.toordinal() for row in rows),
        renewable=_narrow(row.renewable_centi_pct for row in rows),
        recycled=_narrow(row.recycled_post_centi_pct for row in rows),
        offsets=np.fromiter((row.offsets_used for row in rows), dtype=np.bool_),
        available=_narrow(row.available_kg for row in rows),
        least=_narrow(row.min_take_kg for row in rows),
        barred=_grouped((buyer, n) for n, row in enumerate(rows) for buyer in row.excluded_buyers),
        declined=_grouped((key, own[lot]) for lot, key in market.blocked_pairs if lot in own),
    )


def fitting(offered: Offers, row: RequirementRow) -> Narrow:
    """Places in ``offered`` of all lots that a requirement may buy, the cheapest first."""
    parts = [
        _of_bucket(offered, row, first, last)
        for (form, grade), (first, last) in offered.buckets.items()
        if form in row.product_forms and (not row.grades or grade in row.grades)
    ]
    if len(parts) == 1:
        return parts[0]
    found = np.concatenate([np.zeros(0, dtype=np.int32), *parts])
    return found[np.argsort(offered.ask[found], kind="stable")]


def worth(offered: Offers, row: RequirementRow, places: Narrow) -> Ints:
    """w of docs/matching.md in 0.0001 USD/t."""
    found: Ints = (row.max_premium_e4 or 0) - offered.ask[places].astype(np.int64)
    price = int(row.internal_carbon_price * 10)
    if price:
        found += price * (row.max_ci_milli - offered.carbon[row.boundary][places].astype(np.int64))
    return found


def _of_bucket(offered: Offers, row: RequirementRow, first: int, last: int) -> Narrow:
    carbon = offered.carbon.get(row.boundary)
    if carbon is None or row.max_premium_e4 is None:
        return np.zeros(0, dtype=np.int32)
    averages, cap = row.ci_basis == "PORTFOLIO_AVERAGE", row.max_ci_milli
    if averages:
        cap = NOT_STATED - 1 if row.per_lot_cap_milli is None else row.per_lot_cap_milli
    last = first + int(offered.ask[first:last].searchsorted(row.max_premium_e4, side="right"))
    found = np.flatnonzero(carbon[first:last] <= cap).astype(np.int32) + np.int32(first)
    for passing in _rules(offered, row):
        found = found[passing(found)]
    # Below its limit a lot is never worth less than nothing; above it, at a carbon price, it may.
    return found[worth(offered, row, found) >= 0] if averages else found


def _rules(offered: Offers, row: RequirementRow) -> Iterator[Callable[[Narrow], Flags]]:
    """The rules that this requirement has, roughly those first that leave the least."""
    masks = offered.masks
    regions = offered.bits("regions", {row.delivery_region, "GLOBAL"})
    yield lambda at: (masks["regions"][at] & regions) != 0
    yield lambda at: offered.end[at] >= row.window_start.toordinal()
    yield lambda at: offered.start[at] <= row.window_end.toordinal()
    if row.verified_ci_only:
        verified = offered.bits("verified", {row.boundary})
        yield lambda at: (masks["verified"][at] & verified) != 0
    if row.required_schemes:
        yield _schemes(offered, row)
    if not row.accept_offsets:
        yield lambda at: ~offered.offsets[at]
    if row.min_renewable_centi_pct:
        yield lambda at: offered.renewable[at] >= row.min_renewable_centi_pct
    if row.min_recycled_post_centi_pct:
        yield lambda at: offered.recycled[at] >= row.min_recycled_post_centi_pct
    yield from _lists(offered, row)
    if offered.least.any() or row.min_lot_kg:
        yield lambda at: offered.least[at] <= row.volume_kg
        yield lambda at: offered.available[at].clip(max=row.volume_kg) >= row.min_lot_kg


def _schemes(offered: Offers, row: RequirementRow) -> Callable[[Narrow], Flags]:
    held, wanted = offered.masks["schemes"], offered.bits("schemes", row.required_schemes)
    if row.schemes_rule == "ANY":
        return lambda at: (held[at] & wanted) != 0
    if wanted.bit_count() < len(row.required_schemes):
        return lambda at: np.zeros(len(at), dtype=np.bool_)
    return lambda at: (held[at] & wanted) == wanted


def _lists(offered: Offers, row: RequirementRow) -> Iterator[Callable[[Narrow], Flags]]:
    """Names and codes that one side accepts or bars; its own group and firm are always barred."""
    allowed = (
        ("energy", row.energy_sources),
        ("origin", row.allowed_origins),
        ("producer", row.allowed_producers),
        ("incoterm", row.accepted_incoterms),
        ("duty", row.accepted_duty_statuses),
    )
    barred: tuple[tuple[str, Collection[str]], ...] = (
        ("origin", row.excluded_origins),
        ("producer", row.excluded_producers | {row.buyer}),
        ("group", (row.group,)),
    )
    for field, accepted in allowed:
        if accepted:
            yield partial(offered.among, field, offered.numbers(field, accepted))
    for field, names in barred:
        numbers = offered.numbers(field, names)
        if numbers:
            yield partial(offered.not_among, field, numbers)
    for places in (offered.barred.get(row.buyer), offered.declined.get(row.key)):
        if places is not None:
            yield partial(_absent, places)


def _absent(places: Narrow, at: Narrow) -> Flags:
    return np.isin(at, places, invert=True)


def _buckets(rows: Sequence[LotRow]) -> dict[tuple[str, str], tuple[int, int]]:
    """Product -> first place and the one after the last; ``rows`` stand by product."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for place, row in enumerate(rows):
        key = row.product_form, row.grade
        found[key] = found.get(key, (place, place))[0], place + 1
    return found


def _codes(values: Iterable[str]) -> dict[str, int]:
    return {value: number for number, value in enumerate(sorted(set(values)))}


def _grouped(pairs: Iterable[tuple[str, int]]) -> dict[str, Narrow]:
    found: dict[str, list[int]] = {}
    for name, number in pairs:
        found.setdefault(name, []).append(number)
    return {name: _narrow(numbers) for name, numbers in found.items()}


def _narrow(values: Iterable[int]) -> Narrow:
    return np.fromiter(values, dtype=np.int32)

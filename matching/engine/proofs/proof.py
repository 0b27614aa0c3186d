"""The proof: by weak duality over all compatible pairs, how good any result could be at most.

For any u, v, a >= 0 with 2w + 1 <= u + v + a . excess on every compatible pair, no allocation is
worth more than sum u . available + sum v . volume + sum a . allowance (docs/matching.md).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import compress

import numpy as np

from matching.engine.arrays import Flags, Ints
from matching.engine.market import Market
from matching.engine.proofs import recheck
from matching.engine.proofs.components import ABSENT, Components, same
from matching.engine.results import SCALE, Match, Result

# Sums over a pair stay below it, so that one of them more or less still fits into 64 bits.
ROOM = 2**62


@dataclass(frozen=True)
class Parts:
    """Labels of what compatible pairs connect, ABSENT without any; who says to be searched."""

    lots: Ints
    requirements: Ints
    searched: Flags

    @property
    def exact(self) -> tuple[Flags, Flags]:
        """Lots and requirements that no search decided."""
        return ~np.isin(self.lots, self.requirements[self.searched]), ~self.searched


def problems(market: Market, result: Result) -> Iterator[str]:
    """What keeps the result from being proven; nothing further where its numbers mean nothing."""
    wrong = list(_of_numbers(market, result))
    yield from wrong
    if wrong:
        return
    searched = np.array([row.key in result.searched for row in market.requirements], dtype=np.bool_)
    found = Components(len(market.lots), len(market.requirements))
    yield from _of_pairs(market, result, searched, found)
    parts = Parts(*found.labels(), searched)
    yield from _of_parts(result, parts)
    yield from _of_search(market, result, parts)
    yield from _of_exact_parts(market, result, parts)
    yield from _of_gap(market, result)


def _of_numbers(market: Market, result: Result) -> Iterator[str]:
    """Sizes, signs, and room in 64 bits: after this nothing wraps and nothing fails."""
    u = *result.lot_duals, *result.lowest_lot_duals
    v = *result.requirement_duals, *result.highest_requirement_duals
    a, parts = result.average_duals, (*result.lot_parts, *result.requirement_parts)
    n, m = len(market.lots), len(market.requirements)
    sides = result.requirement_duals, result.highest_requirement_duals, result.requirement_parts
    of_lots = [*map(len, (result.lot_duals, result.lowest_lot_duals, result.lot_parts))]
    if of_lots != [n] * 3 or [*map(len, sides), len(a)] != [m] * 4:
        yield "the duals or parts do not fit the market"
    elif not all(type(number) is int for number in (*u, *v, *a, *parts)):
        yield "a dual or a part is no whole number"
    elif min((*u, *v, *a), default=0) < 0:
        yield "a dual is negative"
    elif not _fit(market, max(u, default=0) + max(v, default=0), max(a, default=0)):
        yield "the duals are too large to be checked"
    elif _most(parts) > n + m:
        yield "a part has an impossible number"
    if not all(type(gap) is Decimal and gap.is_finite() for gap in (result.gap, result.gap_solver)):
        yield "a gap is no number"


def _fit(market: Market, duals: int, average: int) -> bool:
    """Whether sums over any pair have room, with duals and multipliers up to these."""
    lots, rows = market.lots, market.requirements
    money = _most(row.max_premium_e4 or 0 for row in rows) + _most(lot.ask_e4 or 0 for lot in lots)
    carbon = _most(row.max_ci_milli for row in rows)
    carbon += _most(ci for lot in lots for ci in lot.carbon_milli.values())
    profit = 2 * (money + carbon * _most(row.carbon_price_e1 for row in rows)) + 1
    return SCALE * (profit + duals) + average * carbon < ROOM


def _most(numbers: Iterable[int]) -> int:
    return max(map(abs, numbers), default=0)


def _of_pairs(market: Market, result: Result, searched: Flags, found: Components) -> Iterator[str]:
    """Every compatible pair once: none may be worth more than its duals, of either solution.

    Searched parts have one solution only: there the second is not asked for.
    """
    u, lowest_u = _ints(result.lot_duals), _ints(result.lowest_lot_duals)
    v, a = SCALE * _ints(result.requirement_duals), _ints(result.average_duals)
    highest_v = np.where(searched, ROOM, _ints(result.highest_requirement_duals))
    count = 0
    for offer in recheck.offers(market):
        lot, wanted = offer.lot, offer.wanted
        count += len(wanted)
        found.join(lot, wanted)
        worth = SCALE * (offer.profit - u[lot]) - v[wanted] - a[wanted] * offer.excess
        if worth.max() > 0:
            yield f"{market.lots[lot].key}: a pair is worth more than its duals"
        if (offer.profit - highest_v[wanted]).max() > lowest_u[lot]:
            yield f"{market.lots[lot].key}: a pair is worth more than its second duals"
    if count != result.compatible_pairs:
        yield f"{count} compatible pairs, not {result.compatible_pairs}"


def _of_parts(result: Result, parts: Parts) -> Iterator[str]:
    told = _ints((*result.lot_parts, *result.requirement_parts))
    if not same(np.concatenate([parts.lots, parts.requirements]), told):
        yield "the parts are not what compatible pairs connect"
    count = len(np.unique(parts.requirements[parts.requirements != ABSENT]))
    if count != result.segments:
        yield f"{count} parts, not {result.segments}"


def _of_search(market: Market, result: Result, parts: Parts) -> Iterator[str]:
    """Only whole parts are searched, and only those that a flow may not decide."""
    own = parts.requirements[parts.searched]
    if len(own) != len(result.searched) or (own == ABSENT).any():
        yield "searched is what is not in the market, or has no compatible pair"
    if (np.isin(parts.requirements, own) & ~parts.searched).any():
        yield "some of a part was searched, and some was not"
    takes = np.array([row.min_take_kg > 0 for row in market.lots], dtype=np.bool_)
    special = np.array([row.special for row in market.requirements], dtype=np.bool_)
    labels = np.concatenate([parts.lots[takes], parts.requirements[special]])
    if not np.isin(own, labels).all():
        yield "a part was searched that has no portions and no averages"
    if _ints(result.average_duals)[~parts.searched].any():
        yield "an average has a multiplier, and was not searched"
    if result.gap_solver and not result.searched:
        yield "no search was made, and it left something open"


def _of_exact_parts(market: Market, result: Result, parts: Parts) -> Iterator[str]:
    """Parts that were not searched must be optimal to the last unit, whatever the others leave."""
    exact = parts.exact
    first = _bound(market, result.lot_duals, result.requirement_duals, exact)
    second = _bound(market, result.lowest_lot_duals, result.highest_requirement_duals, exact)
    reached = _reached(one for one in result.matches if one.requirement not in result.searched)
    if first != reached:
        yield f"an exact part is not optimal: {reached} reached, {first} possible"
    if second != first:
        yield f"the second duals are not optimal: {second} possible, not {first}"
    lower = _ints(result.lowest_lot_duals) <= _ints(result.lot_duals)
    if not lower[exact[0]].all():
        yield "a lot's lowest dual is above its highest"


def _of_gap(market: Market, result: Result) -> Iterator[str]:
    bound = _bound(market, result.lot_duals, result.requirement_duals)
    bound += _of_allowances(market, result.average_duals)
    reached = _reached(result.matches)
    if result.gap != (Decimal(bound - reached) / max(bound, 1) if bound != reached else 0):
        yield "the gap is not what the duals leave open"
    if bound == reached and not result.optimal:
        yield "it is optimal, and says that it is not"


def _bound(
    market: Market, u: Sequence[int], v: Sequence[int], only: tuple[Flags, Flags] | None = None
) -> int:
    """``only``: which lots and requirements count. Python's integers: NumPy's sums would wrap."""
    lots = (dual * row.available_kg for dual, row in zip(u, market.lots, strict=True))
    rows = (dual * row.volume_kg for dual, row in zip(v, market.requirements, strict=True))
    if only is None:
        return sum(lots) + sum(rows)
    return sum(compress(lots, only[0])) + sum(compress(rows, only[1]))


def _of_allowances(market: Market, a: Sequence[int]) -> int:
    """What averages may be worth by what is contracted below their limit, rounded up."""
    parts = zip(a, market.requirements, strict=True)
    return -(-sum(dual * row.allowance for dual, row in parts if row.averages) // SCALE)


def _reached(matches: Iterable[Match]) -> int:
    return sum(2 * match.surplus_e7 + match.quantity_kg for match in matches)


def _ints(numbers: Iterable[int]) -> Ints:
    return np.fromiter(numbers, dtype=np.int64)

"""What the engine is measured against: a strong peer, a plain LP, greed, and an order book.

All know the pair rules and ignore portions and averages: where a market has such, they solve its
relaxation, and ``checks`` counts the rules that they break.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow
from scipy.optimize import linprog
from scipy.sparse import coo_matrix

from matching.engine import Market
from tests.benchmarks.edges import Ints, Narrow, Offers, fitting, offers, worth

# Arcs given to the solver, or asked from it, at a time: the only whole copy is its own.
PORTION = 1 << 19
Product = tuple[str, str]


@dataclass(frozen=True)
class Answer:
    """Matches as arrays of places in the market; ``reached``: sum of (2w + 1) x kg, exactly."""

    reached: int
    surplus_e7: int
    pairs: int
    lot: Ints
    requirement: Ints
    kg: Ints


@dataclass(frozen=True)
class Pairs:
    """All pairs, requirement by requirement; ``lot`` are places in ``offered``."""

    offered: Offers
    volume: Ints
    lot: Narrow
    requirement: Narrow
    value: Narrow

    def answer(self, chosen: Ints, kg: Ints) -> Answer:
        """Sums in Python's integers: 64 bits do not hold them."""
        kilograms, values = kg.tolist(), self.value[chosen].tolist()
        surplus = sum(w * amount for w, amount in zip(values, kilograms, strict=True))
        return Answer(
            reached=2 * surplus + sum(kilograms),
            surplus_e7=surplus,
            pairs=len(self.lot),
            lot=self.offered.place[self.lot[chosen]].astype(np.int64),
            requirement=self.requirement[chosen].astype(np.int64),
            kg=kg,
        )


def explicit(market: Market) -> Answer:
    """The strong peer: every pair an arc of one OR-tools min-cost flow, costs -(2w + 1)."""
    pairs = _all_pairs(market)
    offered, wanted, count = pairs.offered, len(pairs.volume), len(pairs.offered.ask)
    network, sink = SimpleMinCostFlow(), wanted + count
    for part in _portions(len(pairs.lot)):
        lot, requirement = pairs.lot[part], pairs.requirement[part]
        most = np.minimum(offered.available[lot], pairs.volume[requirement])
        cost = -2 * pairs.value[part].astype(np.int64) - 1
        network.add_arcs_with_capacity_and_unit_cost(
            lot + np.int32(wanted), requirement, most, cost
        )
    available = offered.available.astype(np.int64)
    _free_arcs(network, np.arange(wanted), sink, pairs.volume)
    _free_arcs(network, np.arange(wanted, sink), sink, available)
    supplies = np.concatenate([np.zeros_like(pairs.volume), available, [-available.sum()]])
    network.set_nodes_supplies(np.arange(sink + 1), supplies)
    status = network.solve()
    if status != network.OPTIMAL:
        raise RuntimeError(f"Min-cost flow ended with {status.name}.")
    return pairs.answer(*_flows(network, len(pairs.lot)))


def by_product(market: Market) -> Answer:
    """The same peer told that products are markets of their own: one flow after the other."""
    lots, wanted = dict[Product, list[int]](), dict[Product, list[int]]()
    for place, lot in enumerate(market.lots):
        lots.setdefault((lot.product_form, lot.grade), []).append(place)
    for place, row in enumerate(market.requirements):
        (form,), (grade,) = row.product_forms, row.grades
        wanted.setdefault((form, grade), []).append(place)
    found = []
    for product in lots.keys() & wanted.keys():
        own = Market.build(
            [market.lots[place] for place in lots[product]],
            [market.requirements[place] for place in wanted[product]],
            market.as_of,
            market.blocked_pairs,
        )
        found.append(_placed(explicit(own), np.array(lots[product]), np.array(wanted[product])))
    return Answer(
        reached=sum(one.reached for one in found),
        surplus_e7=sum(one.surplus_e7 for one in found),
        pairs=sum(one.pairs for one in found),
        lot=np.concatenate([one.lot for one in found]),
        requirement=np.concatenate([one.requirement for one in found]),
        kg=np.concatenate([one.kg for one in found]),
    )


def _placed(answer: Answer, lots: Ints, wanted: Ints) -> Answer:
    return replace(answer, lot=lots[answer.lot], requirement=wanted[answer.requirement])


def pairwise_lp(market: Market) -> Answer:
    """HiGHS over all pairs in floats; the vertices of this polytope are whole kilograms."""
    pairs = _all_pairs(market)
    count, lots = len(pairs.lot), len(pairs.offered.ask)
    rows = np.concatenate([pairs.lot, pairs.requirement + lots])
    shape = (lots + len(pairs.volume), count)
    matrix = coo_matrix((np.ones(2 * count), (rows, np.tile(np.arange(count), 2))), shape=shape)
    limits = np.concatenate([pairs.offered.available, pairs.volume])
    profit = 2.0 * pairs.value + 1.0
    solved = linprog(-profit, A_ub=matrix.tocsr(), b_ub=limits, method="highs")
    if solved.status:
        raise RuntimeError(f"HiGHS: {solved.message}")
    kg = np.rint(solved.x).astype(np.int64)
    chosen = np.flatnonzero(kg)
    return pairs.answer(chosen, kg[chosen])


def greedy(market: Market) -> Answer:
    """Requirements with the most valuable pair first take the lots that are worth most to them."""
    pairs = _all_pairs(market)
    best = np.full(len(pairs.volume), -1, dtype=np.int64)
    np.maximum.at(best, pairs.requirement, pairs.value)
    return _served(pairs, np.argsort(-best, kind="stable"), -pairs.value)


def price_first(market: Market) -> Answer:
    """As an order book would: the highest limit first takes the cheapest lots that it may."""
    pairs = _all_pairs(market)
    limits = np.array([row.max_premium_e4 or 0 for row in market.requirements])
    return _served(pairs, np.argsort(-limits, kind="stable"), pairs.offered.ask[pairs.lot])


def _served(pairs: Pairs, order: Ints, rank: Narrow) -> Answer:
    """Each requirement in its turn takes what is left of its pairs, the lowest rank first."""
    left = pairs.offered.available.astype(np.int64)
    first = np.searchsorted(pairs.requirement, np.arange(len(pairs.volume) + 1))
    chosen, kilograms = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for place in order.tolist():
        own = np.arange(first[place], first[place + 1])
        own = own[left[pairs.lot[own]] > 0]
        own = own[np.argsort(rank[own], kind="stable")]
        there = left[pairs.lot[own]]
        kg = np.minimum(there, pairs.volume[place] - (np.cumsum(there) - there)).clip(min=0)
        left[pairs.lot[own]] -= kg
        chosen.append(own[kg > 0])
        kilograms.append(kg[kg > 0])
    return pairs.answer(np.concatenate(chosen), np.concatenate(kilograms))


def _all_pairs(market: Market) -> Pairs:
    offered = offers(market)
    parts = [fitting(offered, row) for row in market.requirements]
    lot = np.concatenate([np.zeros(0, dtype=np.int32), *parts])
    counts = np.array([len(part) for part in parts], dtype=np.int32)
    values = np.empty(len(lot), dtype=np.int32)
    first = 0
    for row, part in zip(market.requirements, parts, strict=True):
        values[first : first + len(part)] = worth(offered, row, part)
        first += len(part)
    volume = np.array([row.volume_kg for row in market.requirements], dtype=np.int64)
    requirement = np.repeat(np.arange(len(parts), dtype=np.int32), counts)
    return Pairs(offered, volume, lot, requirement, values)


def _portions(count: int) -> Iterator[slice]:
    return (slice(first, min(first + PORTION, count)) for first in range(0, count, PORTION))


def _free_arcs(network: Any, tails: Ints, sink: int, most: Ints) -> None:
    """What is not traded goes to the sink for nothing."""
    network.add_arcs_with_capacity_and_unit_cost(
        tails, np.full(len(tails), sink), most, np.zeros(len(tails), dtype=np.int64)
    )


def _flows(network: Any, count: int) -> tuple[Ints, Ints]:
    """Arcs with a flow, and their kilograms."""
    places, amounts = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for part in _portions(count):
        kg = network.flows(np.arange(part.start, part.stop, dtype=np.int32))
        used = np.flatnonzero(kg)
        places.append(used + part.start)
        amounts.append(kg[used])
    return np.concatenate(places), np.concatenate(amounts)

"""The optimum as a min-cost flow: OR-tools' cost scaling on integer costs.

Costs -(2w + 1) per kilogram make the flow with the most surplus, and among those the one with the
most tonnes: rerouting one kilogram changes the matched kilograms by at most one (docs/matching.md).
"""

import hashlib
import json
from collections.abc import Iterable
from decimal import Decimal

import numpy as np
from ortools.graph.python import min_cost_flow

from matching.engine import columns, compatibility, duals, pairs
from matching.engine.columns import Flags, Ints, LotColumns
from matching.engine.errors import EngineError
from matching.engine.market import Market
from matching.engine.pairs import Pairs
from matching.engine.results import Match, Result
from matching.engine.version import ENGINE_VERSION


def solve(market: Market) -> Result:
    """The allocation with most surplus, then most tonnes. EngineError if none was proven."""
    lots = columns.of_lots(market)
    found = pairs.compatible(market, lots)
    volume = np.array([row.volume_kg for row in market.requirements], dtype=np.int64)
    profit = 2 * found.value + 1
    flow = _flow(found, profit, lots.available, volume)
    by_lot, by_requirement = _sides(found, profit, flow, lots.available, volume)
    lot_duals, requirement_duals = duals.highest(by_lot)
    highest_of_requirements, _lowest_of_lots = duals.highest(by_requirement)
    matches = tuple(_matches(market, lots, found, flow))
    surplus = sum(match.surplus_e7 for match in matches)
    doubled = total(profit, flow)
    bound = total(lot_duals, lots.available) + total(requirement_duals, volume)
    return Result(
        matches=matches,
        lot_duals=tuple(lot_duals.tolist()),
        requirement_duals=tuple(requirement_duals.tolist()),
        highest_requirement_duals=tuple(highest_of_requirements.tolist()),
        compatible_pairs=len(found.lot),
        segments=pairs.segments(market, found),
        total_surplus_e7=surplus,
        inputs_sha256=market.inputs_sha256,
        result_sha256=_hash(matches),
        optimal=doubled == bound,
        gap=Decimal(0) if doubled == bound else Decimal(bound - doubled) / Decimal(max(bound, 1)),
    )


def total(each: Ints, count: Ints) -> int:
    """Exact sum of products: NumPy's own would wrap silently beyond 64 bits."""
    return sum(map(int.__mul__, each.tolist(), count.tolist()))


def _flow(found: Pairs, profit: Ints, available: Ints, volume: Ints) -> Ints:
    """Kilograms per pair. What is not worth moving takes the free arc from source to sink."""
    n, m = len(available), len(volume)
    if not len(found.lot):
        return np.zeros(0, dtype=np.int64)
    source, sink = n + m, n + m + 1
    everything = sum(available.tolist())
    network = min_cost_flow.SimpleMinCostFlow()
    arcs = network.add_arcs_with_capacity_and_unit_cost(
        found.lot,
        found.requirement + n,
        np.minimum(available[found.lot], volume[found.requirement]),
        -profit,
    )
    network.add_arcs_with_capacity_and_unit_cost(
        np.full(n, source), np.arange(n), available, np.zeros(n, dtype=np.int64)
    )
    network.add_arcs_with_capacity_and_unit_cost(
        np.arange(n, n + m), np.full(m, sink), volume, np.zeros(m, dtype=np.int64)
    )
    network.add_arc_with_capacity_and_unit_cost(source, sink, everything, 0)
    network.set_nodes_supplies(np.array([source, sink]), np.array([everything, -everything]))
    status = network.solve()
    if status != network.OPTIMAL:
        raise EngineError(f"Min-cost flow ended with {status.name}, not OPTIMAL.")
    return np.asarray(network.flows(arcs), dtype=np.int64)


def _sides(
    found: Pairs, profit: Ints, flow: Ints, available: Ints, volume: Ints
) -> tuple[duals.Sides, duals.Sides]:
    """The flow as the lots see it, and as the requirements do."""
    lot, wanted = found.lot, found.requirement
    lots = duals.Sides(lot, wanted, profit, flow, _full(lot, flow, available), len(volume))
    requirements = duals.Sides(
        wanted, lot, profit, flow, _full(wanted, flow, volume), len(available)
    )
    return lots, requirements


def _full(places: Ints, flow: Ints, capacity: Ints) -> Flags:
    used = np.zeros(len(capacity), dtype=np.int64)
    np.add.at(used, places, flow)
    full: Flags = used == capacity
    return full


def _matches(market: Market, lots: LotColumns, found: Pairs, flow: Ints) -> Iterable[Match]:
    for place in np.flatnonzero(flow).tolist():
        lot = market.lots[int(found.lot[place])]
        wanted = market.requirements[int(found.requirement[place])]
        yield Match(
            lot=lot.key,
            requirement=wanted.key,
            quantity_kg=int(flow[place]),
            ci_milli=int(compatibility.intensity(lots, wanted)[found.lot[place]]),
            ask_e4=int(lots.ask[found.lot[place]]),
            surplus_e7=int(found.value[place]) * int(flow[place]),
        )


def _hash(matches: tuple[Match, ...]) -> str:
    rows = [ENGINE_VERSION, *(list(vars(match).values()) for match in matches)]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()

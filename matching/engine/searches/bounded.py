"""Whole kilograms over the listed pairs of one part, with what must be traded at least.

OR-tools' cost scaling on integer costs (Goldberg 1997), single-threaded. Costs -(2w + 1) per
kilogram give the most surplus, and among those the most tonnes (docs/matching.md).
"""

from dataclasses import dataclass

import numpy as np
from ortools.graph.python import min_cost_flow

from matching.engine.arrays import Ints, sums_at
from matching.engine.errors import EngineError
from matching.engine.searches.parts import Pairs, Part


def solve(part: Part, least: Ints, floor: Ints) -> Ints:
    """Kilograms per pair; at least ``least`` on each, at least ``floor`` to each requirement.

    Raises EngineError when the solver proves nothing or no such flow exists.
    """
    pairs, n, m = part.pairs, len(part.lots), len(part.requirements)
    given, got = sums_at(pairs.lot, least, n), sums_at(pairs.requirement, least, m)
    floor = np.maximum(floor - got, 0)
    left, open_ = part.available - given, part.volume - got
    if (left < 0).any() or (open_ < floor).any():
        raise EngineError("The least kilograms do not fit what is there.")
    return least + _flow(pairs, np.maximum(part.most - least, 0), _Nodes(left, open_, floor))


@dataclass(frozen=True)
class _Nodes:
    """What lots can give, what requirements can take and must."""

    left: Ints
    open: Ints
    floor: Ints


def _flow(pairs: Pairs, most: Ints, nodes: _Nodes) -> Ints:
    n, m = len(nodes.left), len(nodes.open)
    network = min_cost_flow.SimpleMinCostFlow()
    arcs = network.add_arcs_with_capacity_and_unit_cost(
        pairs.lot, pairs.requirement + n, most, -pairs.profit
    )
    none = np.zeros(n + m, dtype=np.int64)
    sink = n + m
    network.add_arcs_with_capacity_and_unit_cost(
        np.arange(n, n + m), np.full(m, sink), nodes.open - nodes.floor, none[:m]
    )
    # What is not worth moving goes to the sink for nothing.
    network.add_arcs_with_capacity_and_unit_cost(
        np.arange(n), np.full(n, sink), nodes.left, none[:n]
    )
    rest = sum(nodes.left.tolist()) - sum(nodes.floor.tolist())
    if rest < 0:
        raise EngineError("There are not the kilograms that must be served.")
    network.set_nodes_supplies(
        np.arange(n + m + 1), np.concatenate([nodes.left, -nodes.floor, [-rest]])
    )
    status = network.solve()
    if status != network.OPTIMAL:
        raise EngineError(f"Min-cost flow ended with {status.name}, not OPTIMAL.")
    return np.asarray(network.flows(arcs), dtype=np.int64)

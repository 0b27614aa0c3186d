"""Min-cost flow: the transportation problem of one part of the market in whole kilograms.

OR-tools' cost scaling on integer costs (Goldberg 1997), single-threaded. Costs -(2w + 1) per
kilogram give the most surplus, and among those the most tonnes (docs/matching.md).
"""

from dataclasses import dataclass

import numpy as np
from ortools.graph.python import min_cost_flow

from matching.engine.columns import Ints
from matching.engine.errors import EngineError
from matching.engine.pairs import Pairs


@dataclass(frozen=True)
class Part:
    """Pairs with places renumbered from 0, and the kilograms of its lots and requirements.

    ``lots`` and ``requirements`` give the places in the market. ``floor``: kilograms that a
    requirement gets or nothing; 0 for "any part of it".
    """

    pairs: Pairs
    lots: Ints
    requirements: Ints
    available: Ints
    volume: Ints
    floor: Ints

    @property
    def most(self) -> Ints:
        """The most that each pair can trade."""
        return np.minimum(self.available[self.pairs.lot], self.volume[self.pairs.requirement])


def solve(part: Part, least: Ints | None = None, floor: Ints | None = None) -> Ints:
    """Kilograms per pair; at least ``least`` on each, at least ``floor`` to each requirement.

    Raises EngineError when the solver proves nothing or no such flow exists.
    """
    pairs, n, m = part.pairs, len(part.lots), len(part.requirements)
    least = np.zeros(len(pairs.lot), dtype=np.int64) if least is None else least
    given, got = _sums(pairs.lot, least, n), _sums(pairs.requirement, least, m)
    floor = np.zeros(m, dtype=np.int64) if floor is None else np.maximum(floor - got, 0)
    left, open_ = part.available - given, part.volume - got
    if (left < 0).any() or (open_ < floor).any():
        raise EngineError("The least kilograms do not fit what is there.")
    nodes = _Nodes(left, np.zeros(n, dtype=np.int64), open_, floor)
    return least + _flow(pairs, np.maximum(part.most - least, 0), -pairs.profit, nodes)


def earliest(part: Part, lot_duals: Ints, requirement_duals: Ints) -> Ints:
    """Of all optimal flows one that serves the earliest parties; duals tell which are optimal.

    A flow is optimal when it runs over tight pairs only and fills who has a dual above zero
    (complementary slackness). Among those the cheapest by rank: no kilogram of a later lot, or for
    a later requirement, where an earlier one could take its place.
    """
    pairs, n, m = part.pairs, len(part.lots), len(part.requirements)
    tight = np.flatnonzero(
        pairs.profit == lot_duals[pairs.lot] + requirement_duals[pairs.requirement]
    )
    own = pairs.at(tight)
    nodes = _Nodes(
        part.available,
        np.where(lot_duals > 0, part.available, 0),
        part.volume,
        np.where(requirement_duals > 0, part.volume, 0),
    )
    found = np.zeros(len(pairs.lot), dtype=np.int64)
    # Below zero, so that whatever may be moved is moved: tonnes come before ranks.
    found[tight] = _flow(own, part.most[tight], own.lot + own.requirement - (n + m), nodes)
    return found


@dataclass(frozen=True)
class _Nodes:
    """What lots can give and must, what requirements can take and must."""

    left: Ints
    forced: Ints
    open: Ints
    floor: Ints


def _flow(pairs: Pairs, most: Ints, cost: Ints, nodes: _Nodes) -> Ints:
    n, m = len(nodes.left), len(nodes.open)
    network = min_cost_flow.SimpleMinCostFlow()
    arcs = network.add_arcs_with_capacity_and_unit_cost(
        pairs.lot, pairs.requirement + n, most, cost
    )
    none = np.zeros(n + m, dtype=np.int64)
    sink = n + m
    network.add_arcs_with_capacity_and_unit_cost(
        np.arange(n, n + m), np.full(m, sink), nodes.open - nodes.floor, none[:m]
    )
    # What is not worth moving goes to the sink for nothing.
    network.add_arcs_with_capacity_and_unit_cost(
        np.arange(n), np.full(n, sink), nodes.left - nodes.forced, none[:n]
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


def _sums(places: Ints, amounts: Ints, count: int) -> Ints:
    found = np.zeros(count, dtype=np.int64)
    np.add.at(found, places, amounts)
    return found

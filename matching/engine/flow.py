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
    network = min_cost_flow.SimpleMinCostFlow()
    arcs = network.add_arcs_with_capacity_and_unit_cost(
        pairs.lot, pairs.requirement + n, np.maximum(part.most - least, 0), -pairs.profit
    )
    none = np.zeros(n + m, dtype=np.int64)
    source, sink = n + m, n + m + 1
    network.add_arcs_with_capacity_and_unit_cost(np.full(n, source), np.arange(n), left, none[:n])
    network.add_arcs_with_capacity_and_unit_cost(
        np.arange(n, n + m), np.full(m, sink), open_ - floor, none[:m]
    )
    # What is not worth moving takes the free arc from source to sink.
    everything, wanted = sum(left.tolist()), sum(floor.tolist())
    network.add_arc_with_capacity_and_unit_cost(source, sink, everything, 0)
    nodes = np.concatenate([np.arange(n, n + m), [source, sink]])
    network.set_nodes_supplies(nodes, np.concatenate([-floor, [everything, wanted - everything]]))
    status = network.solve()
    if status != network.OPTIMAL:
        raise EngineError(f"Min-cost flow ended with {status.name}, not OPTIMAL.")
    return np.asarray(network.flows(arcs), dtype=np.int64) + least


def _sums(places: Ints, amounts: Ints, count: int) -> Ints:
    found = np.zeros(count, dtype=np.int64)
    np.add.at(found, places, amounts)
    return found

"""Dual values of an optimal flow: what one kilogram more or less of a party changes.

The highest dual of a party is the cheapest way to do with one kilogram less of it: a shortest path
in the residual network, found by Bellman-Ford (Ahuja, Magnanti, Orlin, Network Flows, 1993, ch. 9).
"""

from dataclasses import dataclass

import numpy as np

from matching.engine.columns import Flags, Ints
from matching.engine.errors import EngineError

NEVER = np.int64(2**62)


@dataclass(frozen=True)
class Sides:
    """An optimal flow seen from the side whose duals shall be highest: arcs a -> b with profits."""

    a: Ints
    b: Ints
    profit: Ints
    flow: Ints
    full_a: Flags
    count_b: int


def full(places: Ints, amounts: Ints, capacity: Ints) -> Flags:
    """Who has nothing left: ``amounts`` flow at ``places``, as many as ``capacity`` is long."""
    used = np.zeros(len(capacity), dtype=np.int64)
    np.add.at(used, places, amounts)
    found: Flags = used == capacity
    return found


def highest(sides: Sides) -> tuple[Ints, Ints]:
    """(highest duals of a, lowest duals of b) for the profits; arrays as long as each side.

    Raises EngineError when the flow was not optimal: then the values never settle.
    """
    dual_a = np.where(sides.full_a, NEVER, np.int64(0))
    used = np.flatnonzero(sides.flow > 0)
    for _round in range(len(dual_a) + sides.count_b + 2):
        dual_b = np.zeros(sides.count_b, dtype=np.int64)
        np.maximum.at(dual_b, sides.b, sides.profit - dual_a[sides.a])
        reached = dual_a.copy()
        np.minimum.at(reached, sides.a[used], sides.profit[used] - dual_b[sides.b[used]])
        if np.array_equal(reached, dual_a):
            return dual_a, dual_b
        dual_a = reached
    raise EngineError("The flow is not optimal: its duals do not settle.")

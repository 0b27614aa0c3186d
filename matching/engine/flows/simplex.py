"""The transportation problem by the network simplex method, on columns that may still grow.

Nodes are lots, requirements and one root; every lot has a slack column (kilograms unsold), every
requirement one (kilograms not filled). A basis is a spanning tree, kept strongly feasible, so that
no sequence of pivots repeats (Cunningham 1976; Ahuja, Magnanti, Orlin, Network Flows, 1993, ch.
11). Columns added later leave it feasible: the method goes on where it stopped.
"""

from dataclasses import dataclass

import numpy as np

from matching.engine.arrays import Ints, Places
from matching.engine.compiled import kernel
from matching.engine.errors import EngineError

# Profits and duals stay below, so that a sum of three stays inside 64 bits.
RANGE = 2**60
OUT_OF_RANGE = -1
NOBODY = -1


@dataclass(frozen=True)
class Columns:
    """Pairs that may trade: places of lot and requirement, profit per kilogram. Equal lengths."""

    lot: Places
    requirement: Places
    profit: Ints


@dataclass(frozen=True)
class Basis:
    """A spanning tree; arrays over n lots, m requirements and the root, changed in place.

    ``column``: which column joins a node to its ``parent``, NOBODY for its slack; ``flow``: the
    kilograms on it; ``dual``: u of lots, v of requirements. ``child``, ``right`` and ``left`` link
    the children of each node.
    """

    lots: int
    requirements: int
    parent: Places
    column: Places
    flow: Ints
    depth: Places
    dual: Ints
    child: Places
    right: Places
    left: Places

    @classmethod
    def start(cls, available: Ints, volume: Ints) -> "Basis":
        """Nothing sold and nothing filled; kilograms of shape (n,) and (m,)."""
        nothing = np.zeros(0, dtype=np.int64)
        none = nothing.astype(np.int32)
        return cls.of_forest(available, volume, Columns(none, none, nothing), nothing)

    @classmethod
    def of_forest(cls, available: Ints, volume: Ints, columns: Columns, amounts: Ints) -> "Basis":
        """From kilograms on columns that form a forest and of which each used an end up.

        So does every greedy allocation: at most one node of a tree has kilograms left, and that
        one, or else some lot, hangs on the root.
        """
        n, m = len(available), len(volume)
        root = n + m
        names = [np.full(root + 1, NOBODY, dtype=np.int32) for _ in range(5)]
        left = np.concatenate([available, volume, [0]]).astype(np.int64)
        np.subtract.at(left, columns.lot, amounts)
        np.subtract.at(left, columns.requirement + n, amounts)
        basis = cls(n, m, names[0], names[1], left, np.zeros(root + 1, dtype=np.int32),
                    np.zeros(root + 1, dtype=np.int64), *names[2:])  # fmt: skip
        ends = np.concatenate([columns.lot, columns.requirement + n])
        beside = np.argsort(ends, kind="stable")
        first = np.searchsorted(ends[beside], np.arange(root + 2))
        # Those with kilograms left first, then lots: an empty column must lead to the root.
        top = np.concatenate([np.flatnonzero(left[:root]), np.arange(n)])
        _plant(n, top, first, beside, columns.lot, columns.requirement, columns.profit, amounts,
               basis.parent, basis.column, basis.flow, basis.depth, basis.dual,
               basis.child, basis.right, basis.left)  # fmt: skip
        return basis

    @property
    def lot_duals(self) -> Ints:
        return self.dual[: self.lots]

    @property
    def requirement_duals(self) -> Ints:
        return self.dual[self.lots : self.lots + self.requirements]

    def amounts(self, count: int) -> Ints:
        """Kilograms on each of ``count`` columns."""
        found = np.zeros(count, dtype=np.int64)
        joined = np.flatnonzero(self.column != NOBODY)
        found[self.column[joined]] = self.flow[joined]
        return found


def improve(basis: Basis, columns: Columns) -> int:
    """Pivot until no column improves; returns the number of pivots.

    Raises EngineError when numbers leave the range in which the arithmetic is exact.
    """
    if len(columns.profit) and int(np.abs(columns.profit).max()) >= RANGE:
        raise EngineError("A profit is beyond the range of the solver.")
    pivots = _improve(
        basis.lots, columns.lot, columns.requirement, columns.profit,
        basis.parent, basis.column, basis.flow, basis.depth, basis.dual,
        basis.child, basis.right, basis.left,
    )  # fmt: skip
    if pivots < 0:
        raise EngineError("Duals left the range of the solver.")
    return int(pivots)


@kernel
def _plant(
    n: int, tops: Ints, first: Ints, beside: Ints,
    lots: Places, wanted: Places, profit: Ints, amounts: Ints,
    parent: Places, column: Places, flow: Ints, depth: Places, dual: Ints,
    child: Places, right: Places, left: Places,
) -> None:  # fmt: skip
    """Hang each tree of the forest on the root by one of ``tops``; its columns become tight.

    ``beside[first[node]:first[node + 1]]`` are the columns at a node, once by each end.
    """
    root, count = len(parent) - 1, len(profit)
    stack = np.empty(root + 1, dtype=np.int32)
    for top in tops:
        if parent[top] != NOBODY:
            continue
        parent[top], stack[0], size = root, top, 1
        while size > 0:
            size -= 1
            node = stack[size]
            depth[node] = depth[parent[node]] + 1
            _hang(node, parent[node], parent, child, right, left)
            for place in range(first[node], first[node + 1]):
                name = beside[place] % count
                other = n + wanted[name] if node < n else lots[name]
                if parent[other] == NOBODY:
                    parent[other], column[other], flow[other] = node, name, amounts[name]
                    dual[other] = profit[name] - dual[node]
                    stack[size] = other
                    size += 1


@kernel
def _hang(node: int, to: int, parent: Places, child: Places, right: Places, left: Places) -> None:
    first = child[to]
    parent[node], right[node], left[node] = to, first, NOBODY
    if first >= 0:
        left[first] = node
    child[to] = node


@kernel
def _improve(
    n: int, lots: Places, wanted: Places, profit: Ints,
    parent: Places, column: Places, flow: Ints, depth: Places, dual: Ints,
    child: Places, right: Places, left: Places,
) -> int:  # fmt: skip
    """Block search (Grigoriadis 1986): the best column of a block enters, block after block."""
    root = len(parent) - 1
    count = len(profit)
    total = count + root
    block = int(np.sqrt(total)) + 1
    stack = np.empty(root + 1, dtype=np.int32)
    place, pivots, fruitless = 0, 0, 0
    while fruitless < total:
        best, entering = 0, -1
        for _ in range(block):
            if place < count:
                gain = profit[place] - dual[lots[place]] - dual[n + wanted[place]]
            else:
                gain = -dual[place - count]
            if gain > best:
                best, entering = gain, place
            place += 1
            if place == total:
                place = 0
        fruitless += block
        if entering < 0:
            continue
        fruitless = 0
        pivots += 1
        tail = head = root
        name = NOBODY
        if entering < count:
            tail, head, name = lots[entering], n + wanted[entering], entering
        elif entering - count < n:
            tail = entering - count
        else:
            head = entering - count
        leaving, least, by_tail = _leaving(n, tail, head, parent, flow, depth)
        _shift(n, tail, head, least, parent, flow, depth)
        moved = tail if by_tail else head
        _rehang(moved, head if by_tail else tail, name, least, leaving,
                parent, column, flow, child, right, left)  # fmt: skip
        if not _price(n, moved, best, parent, depth, dual, child, right, stack):
            return OUT_OF_RANGE
    return pivots


@kernel
def _leaving(
    n: int, tail: int, head: int, parent: Places, flow: Ints, depth: Places
) -> tuple[int, int, bool]:
    """(node whose column to the parent leaves, kilograms that move, whether on the tail's side).

    A kilogram more from tail to head is one less on each lot's column along the tail's way to the
    root, and on each requirement's along the head's. Of equals the last one around the cycle
    leaves, seen from where the two ways meet: that keeps the tree strongly feasible.
    """
    leaving, least, by_tail = -1, RANGE, True
    near, far = tail, head
    while near != far:
        if depth[near] >= depth[far]:
            if near < n and flow[near] < least:
                leaving, least = near, flow[near]
            near = parent[near]
        else:
            far = parent[far]
    while head != near:
        if head >= n and flow[head] <= least:
            leaving, least, by_tail = head, flow[head], False
        head = parent[head]
    return leaving, least, by_tail


@kernel
def _shift(
    n: int, tail: int, head: int, amount: int, parent: Places, flow: Ints, depth: Places
) -> None:
    """Send the kilograms around: less on lots' columns of the tail's way, more on the others."""
    if amount == 0:
        return
    while tail != head:
        if depth[tail] >= depth[head]:
            flow[tail] += -amount if tail < n else amount
            tail = parent[tail]
        else:
            flow[head] += amount if head < n else -amount
            head = parent[head]


@kernel
def _rehang(
    node: int, to: int, name: int, amount: int, leaving: int,
    parent: Places, column: Places, flow: Ints, child: Places, right: Places, left: Places,
) -> None:  # fmt: skip
    """Turn the way from ``node`` up to ``leaving`` around and hang it below ``to``."""
    while True:
        above, its_name, its_flow = parent[node], column[node], flow[node]
        before, after = left[node], right[node]
        if before >= 0:
            right[before] = after
        else:
            child[above] = after
        if after >= 0:
            left[after] = before
        _hang(node, to, parent, child, right, left)
        column[node], flow[node] = name, amount
        if node == leaving:
            return
        node, to, name, amount = above, node, its_name, its_flow


@kernel
def _price(
    n: int, top: int, gain: int, parent: Places, depth: Places, dual: Ints,
    child: Places, right: Places, stack: Places,
) -> bool:  # fmt: skip
    """Below ``top``: duals that make the entered column tight; False when one leaves the range."""
    of_lots = gain if top < n else -gain
    stack[0], size = top, 1
    inside = True
    while size > 0:
        size -= 1
        node = stack[size]
        depth[node] = depth[parent[node]] + 1
        dual[node] += of_lots if node < n else -of_lots
        inside = inside and -RANGE < dual[node] < RANGE
        below = child[node]
        while below >= 0:
            stack[size] = below
            size += 1
            below = right[below]
    return inside

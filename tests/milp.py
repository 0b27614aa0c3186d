"""The optimum of a market by a plain mixed-integer program over all its pairs, to compare with."""

from collections.abc import Iterator

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from matching.engine import Market, Result
from matching.engine.proofs.verify import broken_rules


def plain_milp(found: Market) -> float:
    """The most 2w + 1 per kilogram by scipy's MILP, one binary per pair and per requirement."""
    pairs = list(usable(found))
    if not pairs:
        return 0.0
    count, m = len(pairs), len(found.requirements)
    size = 2 * count + m
    rows: list[tuple[dict[int, float], float, float]] = []
    for i, offered in enumerate(found.lots):
        rows.append(({p: 1 for p, (a, _j) in enumerate(pairs) if a == i}, 0, offered.available_kg))
    for j, row in enumerate(found.requirements):
        own = [p for p, (_i, b) in enumerate(pairs) if b == j]
        served = 2 * count + j
        rows.append(({**dict.fromkeys(own, 1), served: -row.volume_kg}, -np.inf, 0))
        rows.append(({**dict.fromkeys(own, 1), served: -row.floor_kg}, 0, np.inf))
        if row.averages:
            above = {p: ci(found, pairs[p]) - row.max_ci_milli for p in own}
            rows.append((above, -np.inf, row.allowance))  # type: ignore[arg-type]
    for p, (i, j) in enumerate(pairs):
        least = max(found.lots[i].min_take_kg, found.requirements[j].min_lot_kg, 1)
        most = min(found.lots[i].available_kg, found.requirements[j].volume_kg)
        rows.append(({p: 1, count + p: -least}, 0, np.inf))
        rows.append(({p: 1, count + p: -most}, -np.inf, 0))
    matrix = np.zeros((len(rows), size))
    for place, (terms, _low, _high) in enumerate(rows):
        for column, factor in terms.items():
            matrix[place, column] = factor
    worth = [2 * value(found, pair) + 1 for pair in pairs]
    answer = milp(
        c=-np.array([*worth, *[0] * (count + m)], dtype=float),
        constraints=LinearConstraint(matrix, [row[1] for row in rows], [row[2] for row in rows]),
        integrality=[0] * count + [1] * (count + m),
        bounds=Bounds(0, [np.inf] * count + [1] * (count + m)),
        options={"mip_rel_gap": 0},
    )
    assert answer.status == 0, answer.message
    return float(-answer.fun)


def usable(found: Market) -> Iterator[tuple[int, int]]:
    for j, row in enumerate(found.requirements):
        for i, offered in enumerate(found.lots):
            if not list(broken_rules(found, offered, row)):
                yield i, j


def ci(found: Market, pair: tuple[int, int]) -> int:
    return found.lots[pair[0]].carbon_milli[found.requirements[pair[1]].boundary]


def value(found: Market, pair: tuple[int, int]) -> int:
    ask = found.lots[pair[0]].ask_e4 or 0
    return found.requirements[pair[1]].value_e4(ask, ci(found, pair))


def reached(result: Result) -> int:
    return sum(2 * match.surplus_e7 + match.quantity_kg for match in result.matches)

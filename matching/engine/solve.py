"""The optimum: part by part, by flow where that decides it, by a program where it must.

A part's flow ignores portions and averages. Where it keeps them all the same, it is the optimum,
exactly. Elsewhere HiGHS searches, and the relaxation's multipliers bound what any other answer
could be worth (docs/matching.md).
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from matching.engine import columns, duals, flow, kilograms, multipliers, program, segments
from matching.engine import pairs as pairing
from matching.engine.columns import Ints
from matching.engine.flow import Part
from matching.engine.market import Market
from matching.engine.pairs import Pairs
from matching.engine.results import Match, Result
from matching.engine.version import ENGINE_VERSION


@dataclass
class Answer:
    """What the parts add up to; arrays over pairs, lots and requirements of the whole market."""

    amounts: Ints
    lot_duals: Ints
    requirement_duals: Ints
    highest_requirement_duals: Ints
    average_duals: Ints
    searched: list[Ints]
    parts: int = 0
    ended: bool = True
    solver_bound: float = 0.0


def solve(market: Market) -> Result:
    """The allocation with most surplus, then most tonnes. EngineError if none was proven."""
    found = pairing.compatible(market, columns.of_lots(market))
    n, m = len(market.lots), len(market.requirements)
    zeros = np.zeros(max(n, m), dtype=np.int64)
    answer = Answer(
        np.zeros(len(found.lot), dtype=np.int64),
        zeros[:n].copy(), zeros[:m].copy(), zeros[:m].copy(), zeros[:m].copy(), [],
    )  # fmt: skip
    sizes = (
        np.array([row.available_kg for row in market.lots], dtype=np.int64),
        np.array([row.volume_kg for row in market.requirements], dtype=np.int64),
        np.array([row.floor_kg for row in market.requirements], dtype=np.int64),
    )
    for places in segments.split(found, n, m):
        _solve_part(answer, _part(found.at(places), *sizes), places)
    return _result(market, found, answer, sizes)


def _part(pairs: Pairs, available: Ints, volume: Ints, floor: Ints) -> Part:
    lots, lot = np.unique(pairs.lot, return_inverse=True)
    wanted, requirement = np.unique(pairs.requirement, return_inverse=True)
    own = Pairs(lot, requirement, pairs.value, pairs.least, pairs.excess)
    return Part(own, lots, wanted, available[lots], volume[wanted], floor[wanted])


def _solve_part(answer: Answer, part: Part, places: Ints) -> None:
    answer.parts += 1
    amounts = flow.solve(part)
    if keeps(part, amounts):
        amounts = _note_flow(answer, part, amounts)
    else:
        amounts = _search(answer, part)
        answer.searched.append(part.requirements)
    answer.amounts[places] = amounts


def keeps(part: Part, amounts: Ints) -> bool:
    """Whether no portion is too small, no floor is missed and no average is above its limit."""
    pairs = part.pairs
    got, carbon = np.zeros((2, len(part.volume)), dtype=np.int64)
    np.add.at(got, pairs.requirement, amounts)
    np.add.at(carbon, pairs.requirement, amounts * pairs.excess)
    small = (amounts > 0) & (amounts < pairs.least)
    missed = (got > 0) & (got < part.floor)
    return not (small.any() or missed.any() or (carbon > 0).any())


def _note_flow(answer: Answer, part: Part, amounts: Ints) -> Ints:
    """Its duals, and of all flows that are as good the earliest one that keeps the portions."""
    of_lots, of_requirements = _sides(part, amounts)
    lots, wanted = duals.highest(of_lots)
    highest, _lowest = duals.highest(of_requirements)
    answer.lot_duals[part.lots] = lots
    answer.requirement_duals[part.requirements] = wanted
    answer.highest_requirement_duals[part.requirements] = highest
    answer.solver_bound += total(part.pairs.profit, amounts)
    earliest = flow.earliest(part, lots, wanted)
    return earliest if keeps(part, earliest) else amounts


def _search(answer: Answer, part: Part) -> Ints:
    pattern = program.search(part)
    amounts = kilograms.whole(part, pattern)
    lots, wanted, averages = multipliers.exact(part, program.relax(part))
    answer.lot_duals[part.lots] = lots
    answer.requirement_duals[part.requirements] = wanted
    answer.highest_requirement_duals[part.requirements] = wanted
    answer.average_duals[part.requirements] = averages
    answer.solver_bound += max(pattern.bound, total(part.pairs.profit, amounts))
    answer.ended &= pattern.ended
    return amounts


def _sides(part: Part, amounts: Ints) -> tuple[duals.Sides, duals.Sides]:
    """The flow as the lots see it, and as the requirements do."""
    lot, wanted, profit = part.pairs.lot, part.pairs.requirement, part.pairs.profit
    full_lots = duals.full(lot, amounts, part.available)
    full_wanted = duals.full(wanted, amounts, part.volume)
    return (
        duals.Sides(lot, wanted, profit, amounts, full_lots, len(part.volume)),
        duals.Sides(wanted, lot, profit, amounts, full_wanted, len(part.available)),
    )


def total(each: Ints, count: Ints) -> int:
    """Exact sum of products: NumPy's own would wrap silently beyond 64 bits."""
    return sum(map(int.__mul__, each.tolist(), count.tolist()))


def _result(market: Market, found: Pairs, answer: Answer, sizes: tuple[Ints, Ints, Ints]) -> Result:
    matches = tuple(_matches(market, found, answer.amounts))
    reached = total(found.profit, answer.amounts)
    bound = total(answer.lot_duals, sizes[0]) + total(answer.requirement_duals, sizes[1])
    beyond = max(answer.solver_bound - reached, 0.0) / max(reached, 1)
    searched = np.concatenate([np.zeros(0, dtype=np.int64), *answer.searched])
    exact = bound == reached
    gap_solver = Decimal(0) if exact or not len(searched) else Decimal(f"{beyond:.12f}")
    return Result(
        matches=matches,
        lot_duals=tuple(answer.lot_duals.tolist()),
        requirement_duals=tuple(answer.requirement_duals.tolist()),
        highest_requirement_duals=tuple(answer.highest_requirement_duals.tolist()),
        average_duals=tuple(answer.average_duals.tolist()),
        searched=frozenset(market.requirements[place].key for place in searched.tolist()),
        compatible_pairs=len(found.lot),
        segments=answer.parts,
        total_surplus_e7=sum(match.surplus_e7 for match in matches),
        inputs_sha256=market.inputs_sha256,
        result_sha256=_hash(matches),
        optimal=exact or (bool(len(searched)) and answer.ended),
        gap=Decimal(0) if exact else Decimal(bound - reached) / Decimal(max(bound, 1)),
        gap_solver=gap_solver,
    )


def _matches(market: Market, found: Pairs, amounts: Ints) -> Iterable[Match]:
    for place in np.flatnonzero(amounts).tolist():
        lot = market.lots[int(found.lot[place])]
        wanted = market.requirements[int(found.requirement[place])]
        yield Match(
            lot=lot.key,
            requirement=wanted.key,
            quantity_kg=int(amounts[place]),
            ci_milli=lot.carbon_milli[wanted.boundary],
            ask_e4=lot.ask_e4 or 0,
            surplus_e7=int(found.value[place]) * int(amounts[place]),
        )


def _hash(matches: tuple[Match, ...]) -> str:
    rows = [ENGINE_VERSION, *(list(vars(match).values()) for match in matches)]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()

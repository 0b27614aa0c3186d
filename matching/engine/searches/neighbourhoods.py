"""A feasible allocation of a large part, improved neighbourhood by neighbourhood.

Large neighbourhood search (Shaw 1998): some requirements give back all that they get, and the
mixed-integer program of those alone, over what the others leave, hands it out again. The price of
every kilogram tells where the allocation loses most; there it begins.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from matching.engine.arrays import Ints
from matching.engine.errors import EngineError
from matching.engine.results import SCALE
from matching.engine.searches import kilograms, program
from matching.engine.searches.parts import Part
from matching.engine.searches.program import Effort, Floats


@dataclass(frozen=True)
class Stage:
    """``size``: requirements that are decided together; ``searches``: how often at most."""

    size: int
    searches: int
    effort: Effort


# Small ones repair what the dive left; large ones find exchanges over many parties.
STAGES = (
    Stage(size=60, searches=150, effort=Effort(nodes=10, share=1e-4)),
    Stage(size=200, searches=40, effort=Effort(nodes=20, share=1e-4)),
)


def improve(
    part: Part, amounts: Ints, duals: tuple[Ints, Ints, Ints], stages: Sequence[Stage] = STAGES
) -> Ints:
    """At least as good an allocation. ``duals``: of lots, requirements, averages, exact ones.

    ``part`` should hold few pairs: those near the duals.
    """
    found = _Allocation(part, amounts, duals)
    for stage in stages:
        _run(found, stage)
    return found.amounts


def _run(found: "_Allocation", stage: Stage) -> None:
    """Where most is lost first; once around all, and again while that gains something."""
    done, gained = 0, True
    while gained:
        gained = False
        fresh = np.ones(len(found.part.volume), dtype=np.bool_)
        for seed in np.argsort(-found.losses(), kind="stable").tolist():
            if done == stage.searches:
                return
            if fresh[seed]:
                wanted = found.around(seed, stage.size)
                fresh[wanted] = False
                gained |= found.decide(wanted, stage.effort)
                done += 1


class _Allocation:
    def __init__(self, part: Part, amounts: Ints, duals: tuple[Ints, Ints, Ints]) -> None:
        self.part, self.amounts, self.duals = part, amounts.copy(), duals
        pairs, (u, v, a) = part.pairs, duals
        # What a kilogram on each pair loses against the duals.
        self._lost = u[pairs.lot] + v[pairs.requirement] - pairs.profit
        self._lost += a[pairs.requirement] * pairs.excess // SCALE
        self._nearest = np.lexsort((self._lost, pairs.lot))
        self._of_lot = _split(self._nearest, pairs.lot, len(part.available))
        order = np.lexsort((self._lost, pairs.requirement))
        self._of_requirement = _split(order, pairs.requirement, len(part.volume))

    def losses(self) -> Floats:
        """What each requirement, and the lots that would be best for it, leave to the bound."""
        pairs, (u, v, a) = self.part.pairs, self.duals
        unsold = self.part.available.astype(np.float64)
        np.subtract.at(unsold, pairs.lot, self.amounts)
        unfilled = self.part.volume.astype(np.float64)
        np.subtract.at(unfilled, pairs.requirement, self.amounts)
        lost: Floats = v * unfilled
        np.add.at(lost, pairs.requirement, self.amounts * self._lost.astype(np.float64))
        carbon = np.zeros(len(lost))
        np.add.at(carbon, pairs.requirement, self.amounts * pairs.excess.astype(np.float64))
        lost += a * (self.part.allowance - carbon) / SCALE
        lots, best = np.unique(pairs.lot[self._nearest], return_index=True)
        np.add.at(lost, pairs.requirement[self._nearest[best]], u[lots] * unsold[lots])
        return lost

    def around(self, seed: int, size: int) -> Ints:
        """Requirements that compete with ``seed`` for lots, and with those, nearest first."""
        lot, requirement = self.part.pairs.lot, self.part.pairs.requirement
        found, place = [seed], 0
        seen = {seed}
        while place < len(found) and len(found) < size:
            for pair in self._of_requirement[found[place]].tolist():
                for other in requirement[self._of_lot[lot[pair]]].tolist():
                    if other not in seen:
                        seen.add(other)
                        found.append(other)
            place += 1
        return np.array(found[:size])

    def decide(self, wanted: Ints, effort: Effort) -> bool:
        """Hand out anew what these requirements have and what is left; whether that gained."""
        part, pairs = self.part, self.part.pairs
        inside = np.zeros(len(part.volume), dtype=np.bool_)
        inside[wanted] = True
        own = inside[pairs.requirement]
        left = part.available.copy()
        np.subtract.at(left, pairs.lot[~own], self.amounts[~own])
        places = np.flatnonzero(own & (left[pairs.lot] >= pairs.least))
        lots, lot = np.unique(pairs.lot[places], return_inverse=True)
        rows, requirement = np.unique(pairs.requirement[places], return_inverse=True)
        inner = Part(
            replace(pairs.at(places), lot=lot, requirement=requirement),
            lots,
            rows,
            left[lots],
            part.volume[rows],
            part.floor[rows],
            part.allowance[rows],
        )
        try:
            fresh = kilograms.whole(inner, program.search(inner, effort))
        except EngineError:
            return False
        profit = inner.pairs.profit.tolist()
        gain = sum(map(int.__mul__, profit, (fresh - self.amounts[places]).tolist()))
        if gain > 0:
            self.amounts[places] = fresh
        return gain > 0


def _split(order: Ints, groups: Ints, count: int) -> list[Ints]:
    return np.split(order, np.searchsorted(groups[order], np.arange(1, count)))

"""Portions and floors of a large part, decided a batch at a time beside the relaxation.

A dive (Berthold 2006): of the portions that the relaxation left too small, those nearest to their
least are forced, those farthest from it barred, floors are served or left, and the linear program
goes on from its last basis. Decisions that break an average or a floor are taken back. What comes
out keeps every rule; how good it is, the relaxation's multipliers tell.
"""

import numpy as np

from matching.engine.arrays import Flags, Ints
from matching.engine.searches.program import Floats, Pattern
from matching.engine.searches.relaxation import NOTHING_KG, Master

# Shares of the small portions that one round decides, and up to or from where it does.
FORCED, BARRED = 0.3, 0.3
NEAR, FAR = 0.5, 0.3
# A floor of which this much is there is served.
ALMOST = 0.7
# After so many rounds what is still too small goes, and the neighbourhoods take over.
ROUNDS = 16


def pattern(master: Master) -> Pattern:
    """Decide over the solved relaxation; near-exact kilograms of the pairs that it then knows."""
    dive = _Dive(master)
    master.open()
    while dive.rounds < ROUNDS and dive.undecided():
        dive.decide()
    part, known = master.part, master.part.pairs.at(master.known)
    kilograms = np.where(dive.barred[master.known], 0.0, master.kilograms)
    trades = (known.least <= 1) | (kilograms >= known.least - NOTHING_KG)
    kilograms = np.where(trades, kilograms, 0.0)
    got = _sums(known.requirement, kilograms, len(part.volume))
    served = got >= part.floor - NOTHING_KG
    return Pattern(kilograms, trades & served[known.requirement], served, np.inf, ended=False)


class _Dive:
    """``barred`` is over all pairs of the part, ``forced`` over the known ones."""

    def __init__(self, master: Master) -> None:
        part = master.part
        self.master, self.part, self.rounds = master, part, 0
        self.barred = np.zeros(len(part.pairs.lot), dtype=np.bool_)
        self.forced: Flags = np.zeros(len(master.known), dtype=np.bool_)
        self.settled: Flags = part.floor == 0

    def undecided(self) -> bool:
        """Whether something is left to decide; looks at the relaxation."""
        averages, floors = self.master.short
        return bool(len(self.small()) or len(self.missed()) or len(averages) or len(floors))

    def decide(self) -> None:
        """One round of decisions, and the relaxation that follows from them."""
        self.rounds += 1
        self._take_back()
        small = self.small()
        if len(small):
            self._portions(small)
        for requirement in self.missed().tolist():
            self._floor(requirement)
        self._join()
        self.master.run()

    def small(self) -> Ints:
        """Columns with less than their least portion, of those that may still trade."""
        kilograms, least = self.master.kilograms, self._least()
        some = (kilograms > NOTHING_KG) & ~self.barred[self.master.known]
        return np.flatnonzero(some & (kilograms < least - NOTHING_KG))

    def missed(self) -> Ints:
        """Requirements with less than their floor, neither served nor left so far."""
        got = self.got()
        return np.flatnonzero(~self.settled & (got > NOTHING_KG) & (got < self.part.floor))

    def got(self) -> Floats:
        """Kilograms of each requirement."""
        known = self.part.pairs.requirement[self.master.known]
        return _sums(known, self.master.kilograms, len(self.part.volume))

    def _least(self) -> Ints:
        least = self.part.pairs.least[self.master.known]
        return np.where(least > 1, least, 0)

    def _free(self) -> tuple[Ints, Ints]:
        """Kilograms of lots and requirements beside the forced portions."""
        known = self.master.known[self.forced]
        lots, volume = self.part.available.copy(), self.part.volume.copy()
        np.subtract.at(lots, self.part.pairs.lot[known], self.part.pairs.least[known])
        np.subtract.at(volume, self.part.pairs.requirement[known], self.part.pairs.least[known])
        return lots, volume

    def _fits(self, places: Ints) -> Flags:
        """Which pairs' least portions fit beside the forced ones."""
        pairs = self.part.pairs
        lots, volume = self._free()
        least = pairs.least[places]
        fits: Flags = (least <= lots[pairs.lot[places]]) & (
            least <= volume[pairs.requirement[places]]
        )
        return fits

    def _portions(self, small: Ints) -> None:
        """Force the nearest, bar the farthest and what does not fit."""
        pairs, known = self.part.pairs, self.master.known[small]
        share = self.master.kilograms[small] / pairs.least[known]
        order = np.argsort(-share, kind="stable")
        small, known, share = small[order], known[order], share[order]
        fits = self._fits(known)
        near = np.flatnonzero(fits & (share >= NEAR))
        near = near[_first(pairs.lot[known[near]])]
        near = near[_first(pairs.requirement[known[near]])]
        near = near[: max(1, int(FORCED * len(small)))]
        busy = np.isin(pairs.lot[known], pairs.lot[known[near]])
        far = np.flatnonzero((share < FAR) & ~busy)[::-1]
        far = far[: max(1, int(BARRED * len(small)))]
        if not len(near) and not len(far):
            far = np.array([len(small) - 1])
        self._force(small[near])
        self._bar(np.union1d(small[far], small[~fits]))

    def _floor(self, requirement: int) -> None:
        self.settled[requirement] = True
        enough = ALMOST * self.part.floor[requirement]
        if self.got()[requirement] >= enough:
            self.master.serve(requirement)
        else:
            self._drop(requirement)

    def _take_back(self) -> None:
        """Averages lose their dirty forced portions, then all; floors that fail all."""
        averages, floors = self.master.short
        pairs, known = self.part.pairs, self.master.known
        for requirement in averages.tolist():
            own = self.forced & (pairs.requirement[known] == requirement)
            dirty = np.flatnonzero(own & (pairs.excess[known] > 0))
            if len(dirty):
                self._bar(dirty)
            else:
                self._drop(requirement)
        for requirement in floors.tolist():
            self._drop(requirement)

    def _drop(self, requirement: int) -> None:
        self.settled[requirement] = True
        self.master.drop(requirement)
        self.barred[self.part.pairs.requirement == requirement] = True
        own = self.part.pairs.requirement[self.master.known] == requirement
        self._bar(np.flatnonzero(own))

    def _force(self, columns: Ints) -> None:
        self.forced[columns] = True
        self.master.force(columns)

    def _bar(self, columns: Ints) -> None:
        self.forced[columns] = False
        self.barred[self.master.known[columns]] = True
        self.master.bar(columns)

    def _join(self) -> None:
        """Pairs join that the decisions made worth it and whose portion still fits."""
        every = np.arange(len(self.barred))
        more = self.master.undervalued(~self.barred & self._fits(every))
        self.master.add(more)
        self.forced = np.append(self.forced, np.zeros(len(more), dtype=np.bool_))


def _sums(places: Ints, amounts: Floats, count: int) -> Floats:
    found = np.zeros(count)
    np.add.at(found, places, amounts)
    return found


def _first(groups: Ints) -> Ints:
    """Places of the first of each group."""
    return np.sort(np.unique(groups, return_index=True)[1])

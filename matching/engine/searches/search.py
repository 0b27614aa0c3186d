"""The allocation of a part that a flow cannot decide, and multipliers that bound every other.

Up to some size HiGHS searches the whole program, and ends with the optimum. Beyond, the relaxation
is solved by column generation, a dive decides its portions and floors, and neighbourhoods, each a
program of its own, improve what comes out. Both are deterministic: every limit is a count.
"""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from matching.engine.arrays import Ints, total
from matching.engine.searches import (
    diving,
    kilograms,
    multipliers,
    neighbourhoods,
    program,
    relaxation,
)
from matching.engine.searches.parts import Part
from matching.engine.searches.relaxation import Master

# Pairs up to which HiGHS has the whole program. On synthetic markets with 20 % minimums and 10 %
# averages it proves the optimum of 7,000 pairs (600 x 600) in 0.5-8 s, of 15,000 in 9-13 s, of
# 25,000 in 4-20 s, of 110,000 in 750 s; the other way takes 2-6 s, to 110,000 pairs, and loses
# 0.00-0.04 % against it (0.03 % at 110,000).
WHOLE_PAIRS = 25_000


@dataclass(frozen=True)
class Found:
    """``amounts``: kilograms per pair, which keep every rule; ``u``, ``v``, ``a``: multipliers.

    ``bound``: no allocation is worth more, in 2w + 1 per kilogram, by the multipliers or by the
    word of the solver. ``ended``: its search found the optimum, up to its tolerance.
    """

    amounts: Ints
    u: Ints
    v: Ints
    a: Ints
    bound: float
    ended: bool


def search(part: Part) -> Found:
    """Decide a part. EngineError if a solver fails."""
    master = relaxation.relaxed(part)
    duals = multipliers.exact(part, master.multipliers)
    bound = float(total(duals[0], part.available) + total(duals[1], part.volume))
    if len(part.pairs.lot) > WHOLE_PAIRS:
        return Found(_rounded(part, master, duals), *duals, bound, ended=False)
    pattern = program.search(part)
    amounts, bound = kilograms.whole(part, pattern), min(bound, pattern.bound)
    if not pattern.ended:
        amounts = max(amounts, _rounded(part, master, duals), key=partial(total, part.pairs.profit))
    return Found(amounts, *duals, bound, pattern.ended)


def _rounded(part: Part, master: Master, duals: tuple[Ints, Ints, Ints]) -> Ints:
    pattern = diving.pattern(master)
    near = replace(part, pairs=part.pairs.at(master.known))
    amounts = np.zeros(len(part.pairs.lot), dtype=np.int64)
    amounts[master.known] = neighbourhoods.improve(near, kilograms.whole(near, pattern), duals)
    return amounts

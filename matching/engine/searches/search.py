"""The allocation of a part that a flow cannot decide, and multipliers that bound every other.

Up to some size HiGHS searches the whole program, and ends with the optimum. Beyond, the relaxation
is solved by column generation, a dive decides its portions and floors, and neighbourhoods, each a
program of its own, improve what comes out. Both are deterministic: every limit is a count.
"""

import math
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from matching.engine.arrays import Ints, total
from matching.engine.errors import EngineError
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
    """Decide a part. EngineError if its relaxation fails."""
    master = relaxation.relaxed(part)
    duals = multipliers.exact(part, master.multipliers)
    bound = float(
        total(duals[0], part.available)
        + total(duals[1], part.volume)
        + multipliers.allowed(duals[2], part.allowance)
    )
    if len(part.pairs.lot) > WHOLE_PAIRS:
        return Found(_rounded(part, master, duals), *duals, bound, ended=False)
    amounts, possible, ended = _whole(part)
    bound = min(bound, possible)
    if not ended or _short(part, amounts, bound):
        amounts = max(amounts, _rounded(part, master, duals), key=partial(total, part.pairs.profit))
    return Found(amounts, *duals, bound, ended and not _short(part, amounts, bound))


def _whole(part: Part) -> tuple[Ints, float, bool]:
    """(kilograms, what the solver holds possible, whether it ended by itself)."""
    try:
        pattern = program.search(part)
        return kilograms.whole(part, pattern), pattern.bound, pattern.ended
    except EngineError:
        return _nothing(part), math.inf, False


def _rounded(part: Part, master: Master, duals: tuple[Ints, Ints, Ints]) -> Ints:
    """What the dive decides, improved; nothing at all, which keeps every rule, where it fails."""
    amounts = _nothing(part)
    try:
        pattern = diving.pattern(master)
        near = replace(part, pairs=part.pairs.at(master.known))
        first = kilograms.whole(near, pattern)
    except EngineError:
        return amounts
    amounts[master.known] = neighbourhoods.improve(near, first, duals)
    return amounts


def _short(part: Part, amounts: Ints, bound: float) -> bool:
    """Whether more is lost against the bound than a kilogram of each average and the tolerance."""
    rounding = float(part.pairs.profit.max()) * (1 + int(program.averaging(part).sum()))
    return bound - total(part.pairs.profit, amounts) > rounding + program.TO_THE_END.share * bound


def _nothing(part: Part) -> Ints:
    return np.zeros(len(part.pairs.lot), dtype=np.int64)

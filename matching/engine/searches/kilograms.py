"""From a pattern to whole kilograms: exact where the rest is a flow, inside the cap for averages.

Rounding never breaks a rule. An average is rounded down, trimmed at its dirtiest kilograms above
their least portion, and topped up again while its limit holds; a requirement that cannot be kept
so is dropped, and what that loses counts in the gap.
"""

import numpy as np

from matching.engine.arrays import Flags, Ints, sums_at
from matching.engine.errors import EngineError
from matching.engine.searches import bounded, program
from matching.engine.searches.parts import Part
from matching.engine.searches.program import Pattern, averaging

# A solver's 99.9999999 kg are 100 kg.
NEARLY = 1e-3
# Kilograms around the solver's among which whole ones are looked for.
WINDOW_KG = 1_000


def whole(part: Part, pattern: Pattern) -> Ints:
    """Kilograms per pair that keep every rule of the part; EngineError if none do."""
    average = averaging(part)
    kept = pattern.served.copy()
    generous = True
    while True:
        fixed = _averages(part, pattern, average & kept, generous)
        short = average & kept & (_got(part, fixed) < part.floor)
        if short.any() and generous:
            # Without rounding up, less may have to be trimmed.
            generous = False
            continue
        missing = [
            one for one in np.flatnonzero(short).tolist() if not _exactly(part, pattern, one, fixed)
        ]
        if missing:
            kept[missing] = False
            continue
        try:
            return _topped_up(part, fixed + _rest(part, pattern, kept & ~average, fixed), average)
        except EngineError:
            # An average took a kilogram that a portion or a floor needs: by rounding up, or
            # because the solver's tolerance let it.
            if generous:
                generous = False
                continue
            least_loss = _least_worth(part, fixed)
            if least_loss is None:
                raise
            kept[least_loss] = False


def _exactly(part: Part, pattern: Pattern, place: int, fixed: Ints) -> bool:
    """Bring an average to its floor, in whole kilograms near the pattern's; False: there are none.

    ``fixed`` holds the kilograms of all averages, and gets its new ones.
    """
    pairs = part.pairs
    own = np.flatnonzero((pairs.requirement == place) & pattern.trades)
    left = _left(part, pattern, pairs.requirement == place, fixed)[pairs.lot[own]]
    near = np.floor(pattern.kilograms[own] + NEARLY).astype(np.int64)
    low = np.maximum(near - WINDOW_KG, np.where(pairs.least[own] > 1, pairs.least[own], 0))
    room = np.minimum(left, near + WINDOW_KG) - low
    goal = (int(part.floor[place] - low.sum()), int(part.volume[place] - low.sum()))
    gain, excess = pairs.profit[own], pairs.excess[own]
    over = int(part.allowance[place]) - int((low * excess).sum())
    more = None if (room < 0).any() else program.whole(gain, excess, room, goal, over)
    if more is None:
        return False
    fixed[own] = low + more
    return True


def _left(part: Part, pattern: Pattern, mine: Flags, fixed: Ints) -> Ints:
    """Kilograms of the lots beside what other averages have and others must have at least."""
    pairs = part.pairs
    taken = np.where(pattern.trades & (pairs.least > 1), np.maximum(fixed, pairs.least), fixed)
    return part.available - sums_at(pairs.lot, np.where(mine, 0, taken), len(part.available))


def _averages(part: Part, pattern: Pattern, wanted: Flags, generous: bool) -> Ints:
    pairs = part.pairs
    own = wanted[pairs.requirement] & pattern.trades
    amounts = np.where(own, np.floor(pattern.kilograms + NEARLY), 0).astype(np.int64)
    amounts[amounts < pairs.least] = 0
    left = part.available.copy()
    np.subtract.at(left, pairs.lot, amounts)
    # What others must have at least stays theirs.
    others = pattern.trades & ~wanted[pairs.requirement] & (pairs.least > 1)
    np.subtract.at(left, pairs.lot[others], pairs.least[others])
    for place in np.flatnonzero(wanted).tolist():
        mine = np.flatnonzero(pairs.requirement == place)
        cleanest_first = mine[np.argsort(pairs.excess[mine], kind="stable")]
        if generous:
            _round_up(pattern, amounts, cleanest_first, left, pairs.lot)
        _trim(part, amounts, mine, int(part.allowance[place]))
    return amounts


def _round_up(pattern: Pattern, amounts: Ints, cleanest_first: Ints, left: Ints, lot: Ints) -> None:
    """Give a requirement the whole kilograms that its rounded-down pairs lost together."""
    missing = round(float(pattern.kilograms[cleanest_first].sum())) - int(
        amounts[cleanest_first].sum()
    )
    for place in cleanest_first.tolist():
        if missing > 0 and amounts[place] and left[lot[place]] > 0:
            amounts[place] += 1
            left[lot[place]] -= 1
            missing -= 1


def _trim(part: Part, amounts: Ints, own: Ints, allowance: int) -> None:
    """Take the dirtiest kilograms until the average holds: above the portions, then portions."""
    excess, least = part.pairs.excess, part.pairs.least
    dirty = own[excess[own] > 0]
    dirtiest_first = dirty[np.argsort(-excess[dirty], kind="stable")]
    for portions_too in (False, True):
        for place in dirtiest_first.tolist():
            over = int((amounts[own] * excess[own]).sum()) - allowance
            if over <= 0:
                return
            if portions_too:
                amounts[place] = 0
            else:
                kept = int(least[place]) if least[place] > 1 else 0
                spare = max(int(amounts[place]) - kept, 0)
                amounts[place] -= min(spare, -(-over // int(excess[place])))


def _rest(part: Part, pattern: Pattern, kept: Flags, fixed: Ints) -> Ints:
    """All requirements without an average, exactly, on the lots' kilograms that are left."""
    pairs = part.pairs
    places = np.flatnonzero(kept[pairs.requirement] & pattern.trades)
    given = sums_at(pairs.lot, fixed, len(part.available))
    open_part = Part(
        pairs=pairs.at(places),
        lots=part.lots,
        requirements=part.requirements,
        available=part.available - given,
        volume=part.volume,
        floor=np.where(kept, part.floor, 0),
        allowance=part.allowance,
    )
    if (open_part.available < 0).any():
        raise EngineError("The averages take more than there is.")
    least = np.where(open_part.pairs.least > 1, open_part.pairs.least, 0)
    found = np.zeros(len(pairs.lot), dtype=np.int64)
    found[places] = bounded.solve(open_part, least, open_part.floor)
    return found


def _topped_up(part: Part, amounts: Ints, average: Flags) -> Ints:
    """Give averages what rounding down left over, the most valuable pair first."""
    pairs = part.pairs
    given = sums_at(pairs.lot, amounts, len(part.available))
    left, got = part.available - given, _got(part, amounts)
    carbon = sums_at(pairs.requirement, amounts * pairs.excess, len(part.volume)) - part.allowance
    own = np.flatnonzero(average[pairs.requirement] & (amounts > 0))
    for place in own[np.argsort(-pairs.value[own], kind="stable")].tolist():
        lot, wanted, above = pairs.lot[place], pairs.requirement[place], pairs.excess[place]
        more = min(left[lot], part.volume[wanted] - got[wanted])
        if above > 0:
            more = min(more, -carbon[wanted] // above)
        amounts[place] += more
        left[lot] -= more
        got[wanted] += more
        carbon[wanted] += more * above
    return amounts


def _got(part: Part, amounts: Ints) -> Ints:
    return sums_at(part.pairs.requirement, amounts, len(part.volume))


def _least_worth(part: Part, fixed: Ints) -> int | None:
    """The average whose loss costs least; None when there is none left to drop."""
    worth = np.zeros(len(part.volume))
    np.add.at(worth, part.pairs.requirement, fixed * part.pairs.profit.astype(float))
    served = np.flatnonzero(_got(part, fixed))
    return int(served[np.argmin(worth[served])]) if len(served) else None

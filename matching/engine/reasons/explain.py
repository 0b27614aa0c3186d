"""Why kilograms stayed open: the binding rule, the counts behind it, and what would change it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from matching.engine.arrays import Flags, Ints
from matching.engine.columns import NEVER
from matching.engine.compatibility import PASSES, Rule
from matching.engine.market import Market
from matching.engine.reasons import relief, standing, tally, thresholds
from matching.engine.reasons.relief import GAVE_UP, Net
from matching.engine.reasons.standing import Standing
from matching.engine.reasons.tally import Counts
from matching.engine.reasons.thresholds import Pairs, Prospects
from matching.engine.reasons.trials import Trials
from matching.engine.results import Result
from matching.engine.rows import LotRow, RequirementRow

Solve = Callable[[Market], Result]
STOPPED_BY_PRICE = frozenset({"PREMIUM_TOO_HIGH", "OUTBID"})
NOT_EXPLAINED = "NOT_EXPLAINED"
# Lots x requirements whose reasons are found within half a minute.
EXPLAINED = 10**9
NAMES = ("PASSES", *(rule.name for rule in Rule))


@dataclass(frozen=True)
class Reason:
    """One lot or requirement that is not fully matched.

    ``failing_first``: rule -> how many counterparts fail it before any other; ``passing_alone``:
    how many would pass if only that rule were relaxed. ``starts_at_e4``: the premium in 0.0001
    USD/t, ``starts_at_milli`` the carbon limit from which it gets at least one kilogram more, all
    else equal; None where no single change helps. ``not_computed``: where portions or a search
    stand in the way, or the budget, nothing is told although something may help.
    """

    key: str
    is_lot: bool
    open_kg: int
    reason: str
    failing_first: Mapping[str, int]
    passing_alone: Mapping[str, int]
    starts_at_e4: int | None = None
    starts_at_milli: int | None = None
    not_computed: bool = False


def explain(
    market: Market, result: Result, resolve: Solve | None = None, *, most: int | None = None
) -> list[Reason]:
    """Reasons for all lots, then all requirements, that are not fully matched; O(n x m).

    ``resolve``: the engine's ``solve``, to find by trial within a budget what no dual tells.
    Beyond ``most`` pairs nothing is looked at, and the reason of all is NOT_EXPLAINED.
    """
    if most is not None and len(market.lots) * len(market.requirements) > most:
        return _unexplained(market, result)
    lots, rows = standing.of(market, result)
    reasons = _told(market, (lots, rows), (lots.asks, rows.asks))
    return reasons if resolve is None else _tried(reasons, Trials(market, result, resolve))


def explain_one(
    market: Market, result: Result, key: str, *, is_lot: bool, resolve: Solve | None = None
) -> Reason | None:
    """The reason of one party, as ``explain`` gives it, in O(n); None: it is fully matched.

    With ``resolve`` it has the budget for itself. Raises KeyError for a key that the market does
    not have.
    """
    parties = market.lots if is_lot else market.requirements
    own = np.array([party.key == key for party in parties], dtype=np.bool_)
    if not own.any():
        raise KeyError(key)
    lots, rows = standing.of(market, result)
    asking = lots.asks & own if is_lot else np.zeros_like(lots.asks)
    others = np.zeros_like(rows.asks) if is_lot else rows.asks & own
    reasons = _told(market, (lots, rows), (asking, others))
    if resolve is not None:
        reasons = _tried(reasons, Trials(market, result, resolve))
    return reasons[0] if reasons else None


def _unexplained(market: Market, result: Result) -> list[Reason]:
    """Who is not fully matched, without the reasons."""
    lots, rows = standing.of(market, result)
    sides: tuple[tuple[Sequence[LotRow | RequirementRow], Standing], ...] = (
        (market.lots, lots),
        (market.requirements, rows),
    )
    return [
        Reason(
            key=parties[place].key,
            is_lot=isinstance(parties[place], LotRow),
            open_kg=_size(parties[place]) - int(side.given[place]),
            reason=NOT_EXPLAINED,
            failing_first={},
            passing_alone={},
            not_computed=True,
        )
        for parties, side in sides
        for place in np.flatnonzero(side.asks).tolist()
    ]


@dataclass(frozen=True)
class _Side:
    """All parties of one side: how each stands, and what a pass over the pairs found about it.

    ``net``: the flow as they see it.
    """

    parties: Sequence[LotRow | RequirementRow]
    standing: Standing
    counts: Counts
    prospects: Prospects
    net: Net

    @classmethod
    def of(
        cls, parties: Sequence[LotRow | RequirementRow], standing: Standing, net: Net
    ) -> "_Side":
        return cls(parties, standing, Counts.of(len(parties)), Prospects.of(len(parties)), net)


def _told(
    market: Market, standings: tuple[Standing, Standing], asking: tuple[Flags, Flags]
) -> list[Reason]:
    """Of those who are ``asking``: lots, then requirements."""
    columns = market.columns
    nets = (relief.net(columns, *standings, lots_faced=faced) for faced in (False, True))
    lots = _Side.of(market.lots, standings[0], next(nets))
    rows = _Side.of(market.requirements, standings[1], next(nets))
    for tile in tally.tiles(columns, *asking):
        lots.counts.add(tile.lots, tile.of_lots)
        rows.counts.add(tile.rows, tile.of_rows)
        pairs = Pairs.at(columns, standings[1], *tile.near)
        own = pairs.where(asking[0][pairs.lot])
        lots.prospects.note(own.lot, own.row, standings[1], own)
        own = pairs.where(asking[1][pairs.row])
        rows.prospects.note(own.row, own.lot, standings[0], own)
    of_lots, of_rows = (
        {place: _reason(side, place, market.as_of) for place in np.flatnonzero(asks).tolist()}
        for side, asks in zip((lots, rows), asking, strict=True)
    )
    dirty = [place for place, one in of_rows.items() if one.reason == "CI_TOO_HIGH"]
    limits = thresholds.limits(columns, np.array(dirty, dtype=np.int64), standings[0])
    of_rows |= {place: _with_limit(rows, place, of_rows[place], limits) for place in dirty}
    return [
        _with_price(side, place, one) if one.reason in STOPPED_BY_PRICE else one
        for side, reasons in ((lots, of_lots), (rows, of_rows))
        for place, one in reasons.items()
    ]


def _reason(side: _Side, place: int, as_of: date) -> Reason:
    """Without what would change it."""
    party, first = side.parties[place], side.counts.first[place].tolist()
    is_lot = isinstance(party, LotRow)
    size, amount = _size(party), _amount(party)
    # What a requirement without an exchange rate could pay is unknown, and so is who passes.
    told = is_lot or amount is not None
    return Reason(
        key=party.key,
        is_lot=is_lot,
        open_kg=size - int(side.standing.given[place]),
        reason=_own_fault(amount, party.window_end < as_of) or _of_others(side, place, first),
        failing_first=_named(first) if told else {},
        passing_alone=_named(side.counts.alone[place].tolist()) if told else {},
    )


def _own_fault(amount: int | None, expired: bool) -> str:
    if expired:
        return "EXPIRED"
    return "NO_FX_RATE" if amount is None else ""


def _of_others(side: _Side, place: int, first: Sequence[int]) -> str:
    """``first``: how many counterparts fail each rule first."""
    if not any(first):
        return "NO_COUNTERPART"
    if not first[PASSES]:
        return NAMES[max(rule for rule, count in enumerate(first) if count)]
    party = side.parties[place]
    if isinstance(party, RequirementRow) and party.averages and not side.prospects.clean[place]:
        return "AVERAGE_CI"
    return "OUTBID" if side.prospects.outbid[place] else "VOLUME_SHORT"


def _with_limit(side: _Side, place: int, plain: Reason, limits: tuple[Ints, Flags]) -> Reason:
    lowest, doubtful = limits
    if side.standing.portioned[place] or doubtful[place]:
        return replace(plain, not_computed=True)
    return plain if lowest[place] == NEVER else replace(plain, starts_at_milli=int(lowest[place]))


def _with_price(side: _Side, place: int, plain: Reason) -> Reason:
    prospects = side.prospects
    if side.standing.portioned[place] or prospects.doubtful[place]:
        return replace(plain, not_computed=True)
    step = int(prospects.step[place])
    if side.standing.given[place]:
        step = int(relief.nearest(side.net, place, step, relief.BUDGET))
        if step == GAVE_UP or prospects.opening[place] <= step:
            return replace(plain, not_computed=True)
    amount = _amount(side.parties[place]) or 0
    return replace(plain, starts_at_e4=amount - step if plain.is_lot else amount + step)


def _tried(reasons: Sequence[Reason], trials: Trials) -> list[Reason]:
    return [_by_trial(one, trials) if one.not_computed else one for one in reasons]


def _by_trial(plain: Reason, trials: Trials) -> Reason:
    if plain.reason == "CI_TOO_HIGH":
        limit = trials.find(plain.key, "max_ci_milli")
        return plain if limit is None else replace(plain, starts_at_milli=limit, not_computed=False)
    amount = trials.find(plain.key, "ask_e4" if plain.is_lot else "max_premium_e4")
    return plain if amount is None else replace(plain, starts_at_e4=amount, not_computed=False)


def _size(party: LotRow | RequirementRow) -> int:
    return party.available_kg if isinstance(party, LotRow) else party.volume_kg


def _amount(party: LotRow | RequirementRow) -> int | None:
    return party.ask_e4 if isinstance(party, LotRow) else party.max_premium_e4


def _named(counts: Sequence[int]) -> dict[str, int]:
    return {name: count for name, count in zip(NAMES[1:], counts[1:], strict=True) if count}

"""Why kilograms stayed open: the binding rule, the counts behind it, and what would change it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from matching.engine import columns, compatibility
from matching.engine.columns import Flags, Ints, LotColumns
from matching.engine.compatibility import PASSES, Rule
from matching.engine.market import Market, RequirementRow
from matching.engine.results import Result

NOWHERE = np.int64(-(2**62))
STOPPED_BY_PRICE = frozenset({"PREMIUM_TOO_HIGH", "OUTBID"})


@dataclass(frozen=True)
class Reason:
    """One lot or requirement that is not fully matched.

    ``failing_first``: rule -> how many counterparts fail it first. ``starts_at_e4``: the premium
    in 0.0001 USD/t, ``starts_at_milli`` the carbon limit from which it gets at least one kilogram,
    all else equal; None where no single change helps, and for parties that are partly matched.
    """

    key: str
    is_lot: bool
    open_kg: int
    reason: str
    failing_first: Mapping[str, int]
    starts_at_e4: int | None = None
    starts_at_milli: int | None = None


@dataclass
class Tally:
    """What one pass over all requirements collects about the lots; rows are lots."""

    failing: Ints
    best_ask: Ints
    outbid: Flags
    others: int


def explain(market: Market, result: Result) -> list[Reason]:
    """Reasons for all lots, then all requirements, that are not fully matched; O(n x m)."""
    lots = columns.of_lots(market)
    u, v = np.array(result.lot_duals), np.array(result.highest_requirement_duals)
    given, got = _matched(market, result)
    customers, suppliers = _partners(result)
    tally = Tally(
        np.zeros((len(market.lots), len(Rule) + 1), dtype=np.int64),
        np.full(len(market.lots), NOWHERE),
        np.zeros(len(market.lots), dtype=np.bool_),
        0,
    )
    of_requirements = []
    for place, row in enumerate(market.requirements):
        first = compatibility.first_failures(lots, row)
        if compatibility.sound(row, market):
            _count(tally, lots, row, first, int(v[place]))
            _note_outbid(market, tally, first, suppliers.get(row.key, set()))
        open_kg = row.volume_kg - got.get(row.key, 0)
        if open_kg:
            of_requirements.append(
                _of_requirement(
                    market, lots, row, (first, u, customers, row.key not in got), open_kg
                )
            )
    of_lots = _of_lots(market, tally, given)
    return [*of_lots, *of_requirements]


def _matched(market: Market, result: Result) -> tuple[dict[str, int], dict[str, int]]:
    given: dict[str, int] = {}
    got: dict[str, int] = {}
    for match in result.matches:
        given[match.lot] = given.get(match.lot, 0) + match.quantity_kg
        got[match.requirement] = got.get(match.requirement, 0) + match.quantity_kg
    return given, got


def _partners(result: Result) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Lot -> requirements it serves, requirement -> lots that serve it."""
    customers: dict[str, set[str]] = {}
    suppliers: dict[str, set[str]] = {}
    for match in result.matches:
        customers.setdefault(match.lot, set()).add(match.requirement)
        suppliers.setdefault(match.requirement, set()).add(match.lot)
    return customers, suppliers


def _count(tally: Tally, lots: LotColumns, row: RequirementRow, first: Ints, v: int) -> None:
    tally.others += 1
    tally.failing[np.arange(len(first)), first] += 1
    able = (first == PASSES) | (first == Rule.PREMIUM_TOO_HIGH)
    # Served for sure when 2w + 1 > v: w > (v - 1) / 2, and never above the maximum.
    free = compatibility.values(lots, row) + lots.ask
    highest = np.minimum(free - (v + 1) // 2, row.max_premium_e4 or 0)
    np.maximum(tally.best_ask, np.where(able, highest, NOWHERE), out=tally.best_ask)


def _note_outbid(market: Market, tally: Tally, first: Ints, served_by: set[str]) -> None:
    """Lots that a requirement could have used while another lot served it."""
    if not served_by:
        return
    outbid = first == PASSES
    if len(served_by) == 1:
        own = [place for place in np.flatnonzero(outbid) if market.lots[place].key in served_by]
        outbid[own] = False
    tally.outbid |= outbid


def _of_requirement(
    market: Market,
    lots: LotColumns,
    row: RequirementRow,
    seen: tuple[Ints, Ints, dict[str, set[str]], bool],
    open_kg: int,
) -> Reason:
    first, u, customers, untouched = seen
    counts = np.bincount(first[lots.sound], minlength=len(Rule) + 1)
    reason = _own_fault(row.max_premium_e4, row.window_end < market.as_of)
    if not reason and counts.sum() == 0:
        reason = "NO_COUNTERPART"
    if not reason and counts[PASSES] == 0:
        reason = Rule(int(np.flatnonzero(counts)[-1])).name
    if not reason:
        able = np.flatnonzero((first == PASSES) & lots.sound)
        reason = _of_rivals(market, lots, row, able, customers)
    return Reason(
        key=row.key,
        is_lot=False,
        open_kg=open_kg,
        reason=reason,
        failing_first=_named(counts) if row.max_premium_e4 is not None else {},
        starts_at_e4=_price(lots, row, first, u)
        if untouched and reason in STOPPED_BY_PRICE and not row.special
        else None,
        starts_at_milli=_limit(lots, row, u)
        if reason == "CI_TOO_HIGH" and not row.special
        else None,
    )


def _of_rivals(
    market: Market,
    lots: LotColumns,
    row: RequirementRow,
    able: Ints,
    customers: dict[str, set[str]],
) -> str:
    """Lots pass all rules, and yet: too dirty together, with others, or not enough of them."""
    if row.averages and (compatibility.intensity(lots, row)[able] > row.max_ci_milli).all():
        return "AVERAGE_CI"
    taken = any(customers.get(market.lots[place].key, set()) - {row.key} for place in able.tolist())
    return "OUTBID" if taken else "VOLUME_SHORT"


def _own_fault(amount: int | None, expired: bool) -> str:
    if expired:
        return "EXPIRED"
    return "NO_FX_RATE" if amount is None else ""


def _price(lots: LotColumns, row: RequirementRow, first: Ints, u: Ints) -> int | None:
    """Lowest maximum premium with 2w + 1 > u for a lot that it can use, not below its ask."""
    able = ((first == PASSES) | (first == Rule.PREMIUM_TOO_HIGH)) & lots.sound
    saved = compatibility.values(lots, row) + lots.ask - (row.max_premium_e4 or 0)
    needed = np.maximum(lots.ask, lots.ask - saved + (u + 1) // 2)
    return int(needed[able].min()) if able.any() else None


def _limit(lots: LotColumns, row: RequirementRow, u: Ints) -> int | None:
    """Lowest carbon limit that lets it have some lot that nothing else stops."""
    highest = 25_000
    first = compatibility.first_failures(lots, row, cap=highest)
    able = (first == PASSES) & lots.sound
    ci = compatibility.intensity(lots, row)
    short = (u + 1) // 2 - ((row.max_premium_e4 or 0) - lots.ask)
    price = row.carbon_price_e1
    if price:
        needed = ci + np.maximum(0, -(-short // price))
    else:
        needed, able = ci, able & (short <= 0)
    able &= needed <= highest
    return int(needed[able].min()) if able.any() else None


def _of_lots(
    market: Market,
    tally: Tally,
    given: dict[str, int],
) -> list[Reason]:
    found = []
    able = tally.failing[:, PASSES] > 0
    for place, lot in enumerate(market.lots):
        open_kg = lot.available_kg - given.get(lot.key, 0)
        if not open_kg:
            continue
        counts = tally.failing[place]
        reason = _own_fault(lot.ask_e4, lot.window_end < market.as_of)
        if not reason and tally.others == 0:
            reason = "NO_COUNTERPART"
        if not reason and not able[place]:
            reason = Rule(int(np.flatnonzero(counts)[-1])).name
        if not reason:
            reason = "OUTBID" if tally.outbid[place] else "VOLUME_SHORT"
        ask = int(tally.best_ask[place])
        told = reason in STOPPED_BY_PRICE and lot.key not in given and ask > NOWHERE
        found.append(Reason(lot.key, True, open_kg, reason, _named(counts), ask if told else None))
    return found


def _named(counts: Ints) -> dict[str, int]:
    return {rule.name: int(counts[rule]) for rule in Rule if counts[rule]}

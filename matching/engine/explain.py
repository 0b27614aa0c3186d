"""Why kilograms stayed open: the binding rule, the counts behind it, and what would change it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from matching.engine import columns, compatibility, thresholds
from matching.engine.columns import Flags, Ints, LotColumns
from matching.engine.compatibility import PASSES, Rule
from matching.engine.market import LotRow, Market, RequirementRow
from matching.engine.recheck import Demand
from matching.engine.results import Result
from matching.engine.thresholds import Residual

STOPPED_BY_PRICE = frozenset({"PREMIUM_TOO_HIGH", "OUTBID"})


@dataclass(frozen=True)
class Reason:
    """One lot or requirement that is not fully matched.

    ``failing_first``: rule -> how many counterparts fail it first. ``starts_at_e4``: the premium
    in 0.0001 USD/t, ``starts_at_milli`` the carbon limit from which it gets at least one kilogram
    more, all else equal; None where no single change helps. ``not_computed``: where portions or a
    search stand in the way, or the budget, nothing is told although something may help.
    """

    key: str
    is_lot: bool
    open_kg: int
    reason: str
    failing_first: Mapping[str, int]
    starts_at_e4: int | None = None
    starts_at_milli: int | None = None
    not_computed: bool = False


@dataclass
class Tally:
    """What one pass over all requirements collects about the lots; rows are lots."""

    failing: Ints
    outbid: Flags
    others: int


def explain(market: Market, result: Result) -> list[Reason]:
    """Reasons for all lots, then all requirements, that are not fully matched; O(n x m)."""
    lots = columns.of_lots(market)
    u, v = np.array(result.lot_duals), np.array(result.highest_requirement_duals)
    given, got = _matched(market, result)
    customers, suppliers = _partners(result)
    residual = Residual.of(market, lots, result)
    tally = Tally(
        np.zeros((len(market.lots), len(Rule) + 1), dtype=np.int64),
        np.zeros(len(market.lots), dtype=np.bool_),
        0,
    )
    of_requirements = []
    for place, row in enumerate(market.requirements):
        first = compatibility.first_failures(lots, row)
        if compatibility.sound(row, market):
            tally.others += 1
            tally.failing[np.arange(len(first)), first] += 1
            _note_outbid(market, tally, first, suppliers.get(row.key, set()))
        open_kg = row.volume_kg - got.get(row.key, 0)
        if open_kg > row.volume_kg - row.floor_kg or (open_kg and row.partial_ok):
            reason = _reason_of_requirement(market, lots, row, first, customers)
            asked = _Asked(row, place, first, untouched=row.key not in got)
            of_requirements.append(
                replace(_start_of_requirement(lots, asked, reason, residual, u), open_kg=open_kg)
            )
    return [*_of_lots(market, tally, given, residual, v), *of_requirements]


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


def _note_outbid(market: Market, tally: Tally, first: Ints, served_by: set[str]) -> None:
    """Lots that a requirement could have used while another lot served it."""
    if not served_by:
        return
    outbid = first == PASSES
    if len(served_by) == 1:
        own = [place for place in np.flatnonzero(outbid) if market.lots[place].key in served_by]
        outbid[own] = False
    tally.outbid |= outbid


@dataclass(frozen=True)
class _Asked:
    """A requirement, its place, the first rule that each lot fails, and whether it got nothing."""

    row: RequirementRow
    place: int
    first: Ints
    untouched: bool


def _reason_of_requirement(
    market: Market,
    lots: LotColumns,
    row: RequirementRow,
    first: Ints,
    customers: dict[str, set[str]],
) -> str:
    counts = np.bincount(first[lots.sound], minlength=len(Rule) + 1)
    reason = _own_fault(row.max_premium_e4, row.window_end < market.as_of)
    if not reason and counts.sum() == 0:
        reason = "NO_COUNTERPART"
    if not reason and counts[PASSES] == 0:
        reason = Rule(int(np.flatnonzero(counts)[-1])).name
    if reason:
        return reason
    able = np.flatnonzero((first == PASSES) & lots.sound)
    return _of_rivals(market, lots, row, able, customers)


def _start_of_requirement(
    lots: LotColumns, asked: _Asked, reason: str, residual: Residual, u: Ints
) -> Reason:
    """Its reason with the single change that would help, where one is known to."""
    row, counts = asked.row, np.bincount(asked.first[lots.sound], minlength=len(Rule) + 1)
    named = _named(counts) if row.max_premium_e4 is not None else {}
    plain = Reason(row.key, is_lot=False, open_kg=0, reason=reason, failing_first=named)
    if reason not in {*STOPPED_BY_PRICE, "CI_TOO_HIGH"}:
        return plain
    by_price = reason in STOPPED_BY_PRICE
    fits = thresholds.able(lots, asked.first) if by_price else thresholds.carbon_fits(lots, row)
    if row.special or (fits & residual.portioned_lots).any():
        return replace(plain, not_computed=True)
    worth = u if asked.untouched else residual.lots_without(asked.place)
    if worth is None:
        return replace(plain, not_computed=True)
    if not by_price:
        return replace(plain, starts_at_milli=thresholds.limit(lots, row, fits, worth))
    start = thresholds.price(lots, row, fits, worth)
    partly = not asked.untouched and start is not None
    if partly and thresholds.shifts_up_to(lots, row, fits, u, start or 0):
        return replace(plain, not_computed=True)
    return replace(plain, starts_at_e4=start)


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


def _of_lots(
    market: Market, tally: Tally, given: dict[str, int], residual: Residual, v: Ints
) -> list[Reason]:
    found, demand = [], Demand(market)
    for place, lot in enumerate(market.lots):
        open_kg = lot.available_kg - given.get(lot.key, 0)
        if not open_kg:
            continue
        counts = tally.failing[place]
        reason = _own_fault(lot.ask_e4, lot.window_end < market.as_of)
        if not reason and tally.others == 0:
            reason = "NO_COUNTERPART"
        if not reason and not counts[PASSES]:
            reason = Rule(int(np.flatnonzero(counts)[-1])).name
        if not reason:
            reason = "OUTBID" if tally.outbid[place] else "VOLUME_SHORT"
        told = Reason(lot.key, True, open_kg, reason, _named(counts))
        if reason in STOPPED_BY_PRICE:
            sold = place if lot.key in given else None
            told = _start_of_lot(told, lot, demand, residual, v, sold)
        found.append(told)
    return found


def _start_of_lot(
    plain: Reason, lot: LotRow, demand: Demand, residual: Residual, v: Ints, sold: int | None
) -> Reason:
    """``v``: the requirements' highest duals; ``sold``: its place when some of it is sold."""
    if thresholds.uncertain(demand, lot, residual):
        return replace(plain, not_computed=True)
    worth = v if sold is None else residual.requirements_without(sold)
    if worth is None:
        return replace(plain, not_computed=True)
    start = thresholds.ask(demand, lot, worth)
    partly = sold is not None and start is not None
    if partly and thresholds.shifts_down_to(demand, lot, v, start or 0):
        return replace(plain, not_computed=True)
    return replace(plain, starts_at_e4=start)


def _named(counts: Ints) -> dict[str, int]:
    return {rule.name: int(counts[rule]) for rule in Rule if counts[rule]}

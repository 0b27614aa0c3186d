"""The independent checker: every rule again, in plain terms, and the proof of the optimum.

It imports no solver. Rules of matched pairs are checked row by row, apart from the columnar form
that found them, averages in integers; how good the result is follows from weak duality over all
compatible pairs (``proof``).
"""

from collections import Counter
from collections.abc import Iterator
from itertools import islice

from matching.engine.market import Market
from matching.engine.proofs import proof
from matching.engine.results import Match, Result, Verdict
from matching.engine.rows import LotRow, RequirementRow

SHOWN = 20


def verify(market: Market, result: Result) -> Verdict:
    """Feasible, integral, consistent and optimal? Problems are named, 20 of one kind at most."""
    for check in (_of_matches, _of_sums, proof.problems):
        if problems := tuple(islice(check(market, result), SHOWN)):
            return Verdict(ok=False, problems=problems)
    return Verdict(ok=True, problems=())


def _of_matches(market: Market, result: Result) -> Iterator[str]:
    lots = {row.key: row for row in market.lots}
    wanted = {row.key: row for row in market.requirements}
    seen: set[tuple[str, str]] = set()
    for match in result.matches:
        lot, row = lots.get(match.lot), wanted.get(match.requirement)
        name = f"{match.lot} for {match.requirement}"
        if lot is None or row is None:
            yield f"{name}: not in the market"
            continue
        if (match.lot, match.requirement) in seen:
            yield f"{name}: twice"
        seen.add((match.lot, match.requirement))
        if (match.lot, match.requirement) in market.blocked_pairs:
            yield f"{name}: blocked"
        for broken in broken_rules(market, lot, row):
            yield f"{name}: {broken}"
        yield from _of_numbers(match, lot, row, name)


def _of_numbers(match: Match, lot: LotRow, row: RequirementRow, name: str) -> Iterator[str]:
    numbers = match.quantity_kg, match.ci_milli, match.ask_e4, match.surplus_e7
    if any(type(number) is not int for number in numbers):
        yield f"{name}: not in whole numbers"
        return
    if match.quantity_kg < 1:
        yield f"{name}: {match.quantity_kg} kg are no match"
    if match.quantity_kg < max(lot.min_take_kg, row.min_lot_kg):
        yield f"{name}: {match.quantity_kg} kg are less than both sides accept in one match"
    if match.ci_milli != lot.carbon_milli.get(row.boundary):
        yield f"{name}: carbon intensity is not the lot's"
    if match.ask_e4 != lot.ask_e4:
        yield f"{name}: premium is not the ask"
    elif match.surplus_e7 != row.value_e4(match.ask_e4, match.ci_milli) * match.quantity_kg:
        yield f"{name}: surplus is not value times kilograms"


def broken_rules(market: Market, lot: LotRow, row: RequirementRow) -> Iterator[str]:
    """The hard rules that a pair breaks, in plain terms of the two rows."""
    ci = lot.carbon_milli.get(row.boundary)
    checks = {
        "expired": min(lot.window_end, row.window_end) >= market.as_of,
        "no exchange rate": lot.ask_e4 is not None and row.max_premium_e4 is not None,
        "product": lot.product_form in row.product_forms,
        "grade": not row.grades or lot.grade in row.grades,
        "same party": lot.group != row.group and lot.producer != row.buyer,
        "carbon": ci is not None and ci <= row.cap_milli,
        "unverified": not row.verified_ci_only or row.boundary in lot.ci_verified,
        "schemes": _has_schemes(lot, row),
        "offsets": row.accept_offsets or not lot.offsets_used,
        "origin": _allowed(lot.origin_country, row.allowed_origins, row.excluded_origins),
        "producer": _allowed(lot.producer, row.allowed_producers, row.excluded_producers),
        "buyer": row.buyer not in lot.excluded_buyers,
        "energy": not row.energy_sources or lot.energy_source in row.energy_sources,
        "renewable": lot.renewable_centi_pct >= row.min_renewable_centi_pct,
        "recycled": lot.recycled_post_centi_pct >= row.min_recycled_post_centi_pct,
        "region": bool(lot.delivery_regions & {row.delivery_region, "GLOBAL"}),
        "window": lot.window_start <= row.window_end and lot.window_end >= row.window_start,
        "incoterm": _allowed(lot.incoterm, row.accepted_incoterms, frozenset()),
        "duty": _allowed(lot.duty_status, row.accepted_duty_statuses, frozenset()),
        "portion": max(lot.min_take_kg, row.min_lot_kg) <= min(lot.available_kg, row.volume_kg),
        "premium": (lot.ask_e4 or 0) <= (row.max_premium_e4 or 0),
        "value": ci is None or row.value_e4(lot.ask_e4 or 0, ci) >= 0,
    }
    return (name for name, holds in checks.items() if not holds)


def _has_schemes(lot: LotRow, row: RequirementRow) -> bool:
    if not row.required_schemes:
        return True
    if row.schemes_rule == "ANY":
        return bool(row.required_schemes & lot.schemes)
    return row.required_schemes <= lot.schemes


def _allowed(value: str, allowed: frozenset[str], excluded: frozenset[str]) -> bool:
    return value not in excluded and (not allowed or value in allowed)


def _of_sums(market: Market, result: Result) -> Iterator[str]:
    given, got, carbon = Counter[str](), Counter[str](), Counter[str]()
    for match in result.matches:
        given[match.lot] += match.quantity_kg
        got[match.requirement] += match.quantity_kg
        carbon[match.requirement] += match.quantity_kg * match.ci_milli
    for lot in market.lots:
        if given[lot.key] > lot.available_kg:
            yield f"{lot.key}: {given[lot.key]} kg of {lot.available_kg} kg"
    for row in market.requirements:
        if got[row.key] > row.volume_kg:
            yield f"{row.key}: {got[row.key]} kg of {row.volume_kg} kg"
        if 0 < got[row.key] < row.floor_kg:
            yield f"{row.key}: {got[row.key]} kg are less than its {row.floor_kg} kg or nothing"
        if row.averages and carbon[row.key] > row.max_ci_milli * got[row.key] + row.allowance:
            yield f"{row.key}: the average is above its carbon limit"
    if result.total_surplus_e7 != sum(match.surplus_e7 for match in result.matches):
        yield "the total surplus is not the sum of the matches"
    if result.inputs_sha256 != market.inputs_sha256:
        yield "the result belongs to other inputs"

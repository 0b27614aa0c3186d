"""The rules again, one match at a time in plain Python: who breaks which, and what it is worth.

It shares no code with the engine or the baselines, so that no one counts its own mistakes.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from matching.engine import LotRow, Market, RequirementRow

# Places of a lot and of a requirement in the market, and kilograms.
Trade = tuple[int, int, int]


@dataclass(frozen=True)
class Checked:
    """``violations``: broken rules by name. ``reached``: sum of (2w + 1) x kg."""

    violations: Counter[str]
    surplus_e7: int
    kg: int

    @property
    def reached(self) -> int:
        return 2 * self.surplus_e7 + self.kg


def check(market: Market, trades: Iterable[Trade]) -> Checked:
    amounts, broken = Counter[tuple[int, int]](), Counter[str]()
    for i, j, kg in trades:
        amounts[i, j] += kg
    given, got, carbon = Counter[int](), Counter[int](), Counter[int]()
    declined, surplus = market.blocked_pairs, 0
    for (i, j), kg in amounts.items():
        lot, wanted = market.lots[i], market.requirements[j]
        broken.update(_of_pair(lot, wanted))
        broken["blocked"] += (lot.key, wanted.key) in declined
        broken["portion"] += kg < max(1, lot.min_take_kg, wanted.min_lot_kg)
        ci = lot.carbon_milli.get(wanted.boundary, 0)
        saved = int(wanted.internal_carbon_price * 10) * (wanted.max_ci_milli - ci)
        value = (wanted.max_premium_e4 or 0) - (lot.ask_e4 or 0) + saved
        broken["worth"] += value < 0
        surplus += value * kg
        given[i] += kg
        got[j] += kg
        carbon[j] += kg * (ci - wanted.max_ci_milli)
    _count_sums(market, broken, (given, got, carbon))
    return Checked(+broken, surplus, sum(amounts.values()))


def _count_sums(
    market: Market, broken: Counter[str], sums: tuple[Counter[int], Counter[int], Counter[int]]
) -> None:
    given, got, carbon = sums
    broken["offered"] += sum(kg > market.lots[i].available_kg for i, kg in given.items())
    for j, kg in got.items():
        row = market.requirements[j]
        broken["wanted"] += kg > row.volume_kg
        if not row.partial_ok:
            least = (row.volume_kg + row.contracted_kg) * (10_000 - row.tolerance_centi_pct)
            broken["all or nothing"] += (kg + row.contracted_kg) * 10_000 < least
        if row.ci_basis == "PORTFOLIO_AVERAGE":
            broken["average"] += carbon[j] > row.allowance


def _of_pair(lot: LotRow, wanted: RequirementRow) -> Iterator[str]:
    return (name for name, holds in _rules(lot, wanted) if not holds)


def _rules(lot: LotRow, wanted: RequirementRow) -> Iterator[tuple[str, bool]]:
    ci = lot.carbon_milli.get(wanted.boundary)
    cap: int | None = wanted.max_ci_milli
    if wanted.ci_basis == "PORTFOLIO_AVERAGE":
        cap = wanted.per_lot_cap_milli
    ask, limit = lot.ask_e4, wanted.max_premium_e4
    yield "premium", ask is not None and limit is not None and ask <= limit
    yield "boundary", ci is not None
    yield "carbon", ci is None or cap is None or ci <= cap
    yield "verified", not wanted.verified_ci_only or wanted.boundary in lot.ci_verified
    yield "form", lot.product_form in wanted.product_forms
    yield "grade", not wanted.grades or lot.grade in wanted.grades
    yield "party", lot.producer != wanted.buyer and lot.group != wanted.group
    yield "schemes", _schemes(lot, wanted)
    yield "offsets", wanted.accept_offsets or not lot.offsets_used
    yield "origin", _allowed(lot.origin_country, wanted.allowed_origins, wanted.excluded_origins)
    yield "producer", _allowed(lot.producer, wanted.allowed_producers, wanted.excluded_producers)
    yield "buyer", wanted.buyer not in lot.excluded_buyers
    yield "energy", not wanted.energy_sources or lot.energy_source in wanted.energy_sources
    yield "renewable", lot.renewable_centi_pct >= wanted.min_renewable_centi_pct
    yield "recycled", lot.recycled_post_centi_pct >= wanted.min_recycled_post_centi_pct
    yield "region", bool(lot.delivery_regions & {wanted.delivery_region, "GLOBAL"})
    yield (
        "days",
        max(lot.window_start, wanted.window_start) <= min(lot.window_end, wanted.window_end),
    )
    yield "incoterm", not wanted.accepted_incoterms or lot.incoterm in wanted.accepted_incoterms
    accepted = wanted.accepted_duty_statuses
    yield "duty", not accepted or lot.duty_status in accepted


def _schemes(lot: LotRow, wanted: RequirementRow) -> bool:
    asked = wanted.required_schemes
    held = asked & lot.schemes
    return not asked or (bool(held) if wanted.schemes_rule == "ANY" else held == asked)


def _allowed(name: str, allowed: frozenset[str], excluded: frozenset[str]) -> bool:
    return name not in excluded and (not allowed or name in allowed)

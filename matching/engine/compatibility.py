"""The hard rules, in the order in which they are told: which one fails first for each lot."""

from enum import IntEnum

import numpy as np

from matching.engine.columns import ABSENT, Flags, Ints, LotColumns
from matching.engine.market import Market, RequirementRow


class Rule(IntEnum):
    """Order of docs/matching.md; a counterpart counts for the first rule that it fails."""

    PRODUCT = 1
    GRADE = 2
    SAME_PARTY = 3
    NOT_COMPARABLE = 4
    CI_TOO_HIGH = 5
    CI_UNVERIFIED = 6
    SCHEME_MISSING = 7
    OFFSETS = 8
    ORIGIN = 9
    PRODUCER_EXCLUDED = 10
    BUYER_EXCLUDED = 11
    ENERGY = 12
    RENEWABLE = 13
    RECYCLED = 14
    REGION = 15
    WINDOW = 16
    TERMS = 17
    BLOCKED = 18
    MIN_TAKE = 19
    PREMIUM_TOO_HIGH = 20


PASSES = 0


def sound(row: RequirementRow, market: Market) -> bool:
    """Whether it takes part at all: not over, and with an exchange rate."""
    return row.max_premium_e4 is not None and row.window_end >= market.as_of


def first_failures(lots: LotColumns, row: RequirementRow, *, cap: int | None = None) -> Ints:
    """For each lot the first rule it fails towards a requirement, PASSES for none; shape (n,).

    ``cap`` replaces the carbon limit: what would fail if carbon were no matter.
    """
    first = np.zeros(len(lots.ask), dtype=np.int64)
    for rule, passing in reversed(list(_passing(lots, row, cap).items())):
        first[~passing] = rule
    return first


def intensity(lots: LotColumns, row: RequirementRow) -> Ints:
    """Milli t CO2e per t for the requirement's boundary, ABSENT where none is stated."""
    stated = lots.carbon.get(row.boundary)
    return np.full(len(lots.ask), ABSENT, dtype=np.int64) if stated is None else stated


def values(lots: LotColumns, row: RequirementRow) -> Ints:
    """w in 0.0001 USD/t for each lot; meaningful where it passes every rule."""
    saved = row.carbon_price_e1 * (row.max_ci_milli - intensity(lots, row))
    return (row.max_premium_e4 or 0) - lots.ask + saved


def least(lots: LotColumns, row: RequirementRow) -> Ints:
    """The smallest kilograms that each lot and this requirement both accept in one match."""
    return np.maximum(lots.min_take, row.min_lot_kg)


def _passing(lots: LotColumns, row: RequirementRow, cap: int | None) -> dict[Rule, Flags]:
    ci = intensity(lots, row)
    unverified = ~lots.verified[row.boundary] if row.boundary in lots.verified else ci == ABSENT
    limit = row.cap_milli if cap is None else cap
    everything = np.ones(len(ci), dtype=np.bool_)
    return {
        Rule.PRODUCT: _one_of(lots, "form", row.product_forms),
        Rule.GRADE: _one_of(lots, "grade", row.grades) if row.grades else everything,
        Rule.SAME_PARTY: ~_one_of(lots, "group", {row.group})
        & ~_one_of(lots, "producer", {row.buyer}),
        Rule.NOT_COMPARABLE: ci != ABSENT,
        Rule.CI_TOO_HIGH: ci <= limit,
        Rule.CI_UNVERIFIED: ~unverified if row.verified_ci_only else everything,
        Rule.SCHEME_MISSING: _schemes(lots, row),
        Rule.OFFSETS: everything if row.accept_offsets else ~lots.offsets,
        Rule.ORIGIN: _listed(lots, "origin", row.allowed_origins, row.excluded_origins),
        Rule.PRODUCER_EXCLUDED: _listed(
            lots, "producer", row.allowed_producers, row.excluded_producers
        ),
        Rule.BUYER_EXCLUDED: _without(lots.excluding.get(row.buyer), len(ci)),
        Rule.ENERGY: _listed(lots, "energy", row.energy_sources, frozenset()),
        Rule.RENEWABLE: lots.renewable >= row.min_renewable_centi_pct,
        Rule.RECYCLED: lots.recycled >= row.min_recycled_post_centi_pct,
        Rule.REGION: (lots.mask["regions"] & lots.bits("regions", {row.delivery_region, "GLOBAL"}))
        != 0,
        Rule.WINDOW: (lots.start <= row.window_end.toordinal())
        & (lots.end >= row.window_start.toordinal()),
        Rule.TERMS: _listed(lots, "incoterm", row.accepted_incoterms, frozenset())
        & _listed(lots, "duty", row.accepted_duty_statuses, frozenset()),
        Rule.BLOCKED: _without(lots.blocked.get(row.key), len(ci)),
        Rule.MIN_TAKE: least(lots, row) <= np.minimum(lots.available, row.volume_kg),
        Rule.PREMIUM_TOO_HIGH: (lots.ask <= (row.max_premium_e4 or 0)) & (values(lots, row) >= 0),
    }


def _one_of(lots: LotColumns, field: str, accepted: frozenset[str] | set[str]) -> Flags:
    known = np.zeros(len(lots.codes[field]) + 1, dtype=np.bool_)
    known[lots.number(field, accepted)] = True
    return known[lots.text[field]]


def _listed(
    lots: LotColumns, field: str, allowed: frozenset[str], excluded: frozenset[str]
) -> Flags:
    barred = _one_of(lots, field, excluded)
    return ~barred if not allowed else _one_of(lots, field, allowed) & ~barred


def _schemes(lots: LotColumns, row: RequirementRow) -> Flags:
    held = lots.mask["schemes"]
    wanted = lots.bits("schemes", row.required_schemes)
    if not row.required_schemes:
        return np.ones(len(held), dtype=np.bool_)
    if row.schemes_rule == "ANY":
        some: Flags = (held & wanted) != 0
        return some
    nobody = len(lots.number("schemes", row.required_schemes)) < len(row.required_schemes)
    return np.zeros(len(held), dtype=np.bool_) if nobody else (held & wanted) == wanted


def _without(places: Ints | None, count: int) -> Flags:
    passing = np.ones(count, dtype=np.bool_)
    if places is not None:
        passing[places] = False
    return passing

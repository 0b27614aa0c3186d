"""Synthetic markets with the ranges of the trade: any size, the same for the same seed.

Asks and limits depend on carbon, so that both bind: about 1.6 % of the pairs of one product are
compatible, whatever the size. A large market leaves the memory to those who solve it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import Any

import numpy as np

from matching.engine import LotRow, Market, RequirementRow
from tests.benchmarks import draws
from tests.benchmarks.draws import DAY, NONE, Draw, Floats, Ints

Columns = dict[str, list[Any]]

SEED = 7
SMELTER, GATE = "SMELTER_S1S2", "CRADLE_TO_GATE"
FORMS = ("INGOT", "SOW", "TBAR", "BILLET", "SLAB", "FOUNDRY_ALLOY", "WIRE_ROD")
GRADES = ("p1020a", "6060", "6063", "a356.2")
PRODUCTS = tuple(product(FORMS, GRADES))
ALONE = {name: frozenset({name}) for name in (*FORMS, *GRADES)}
SCHEMES = ("CGMC_GREEN_POWER", "CGMC_GREEN_LOW_CARBON", "ASI_PS", "ASI_COC", "EPD", "ISO_14067")
COUNTRIES = ("CN", "NO", "CA", "IS", "AE", "BR", "IN", "MZ", "AU", "FR")
REGIONS = ("CN", "EU", "JP", "KR", "US", "GLOBAL")
RENEWABLE = frozenset({"HYDRO", "WIND", "SOLAR", "GEOTHERMAL"})
SOURCES = ("HYDRO", "WIND", "SOLAR", "NUCLEAR", "GEOTHERMAL", "GAS", "GRID", "MIXED")
SOURCE_SHARES = (0.40, 0.08, 0.08, 0.08, 0.04, 0.08, 0.10, 0.14)
SOURCE_CARBON = np.array((2.1, 2.4, 2.9, 2.5, 1.9, 6.5, 8.0, 4.8))
SOURCE_RENEWABLE = np.array((1.0, 1.0, 1.0, 0.1, 1.0, 0.0, 0.3, 0.6))
# USD/t between what a buyer would pay and what metal somewhat cleaner than its carbon limit costs;
# it sets how many pairs are compatible.
GENEROSITY = -5.2


@dataclass(frozen=True)
class _Firms:
    """Producers or buyers, their groups, and how much of the trade each has."""

    names: list[str]
    groups: list[str]
    weights: Floats


def synthetic(
    size: int, *, products: int = 1, minimums: float = 0.0, averages: float = 0.0, seed: int = SEED
) -> Market:
    """``size`` lots and requirements over ``products`` (1 or 28) forms and grades.

    ``minimums``: share of lots with a minimum take; half of it of requirements with a smallest
    lot, a quarter with all-or-nothing. ``averages``: share of requirements with an average limit.
    Both come from a stream of their own: the rest is the same market as without them.
    """
    draw, extra = np.random.default_rng(seed), np.random.default_rng([seed, 1])
    producers, buyers = _firms(draw, max(size // 20, 4))
    offered = _lots(draw, producers, buyers, size) | _product(draw, size, products)
    wanted = _requirements(draw, buyers, size)
    wanted |= _rules(draw, producers, wanted["buyer"], size)
    asked = _product(draw, size, products)
    wanted["product_forms"] = [ALONE[form] for form in asked["product_form"]]
    wanted["grades"] = [ALONE[grade] for grade in asked["grade"]]
    _add_minimums(extra, offered, wanted, minimums)
    _add_averages(extra, wanted, averages)
    sides = (offered, wanted)
    declined = (draws.pick(side["key"], draw.integers(0, size, size // 100)) for side in sides)
    return Market.build(
        [LotRow(**row) for row in _rows(offered)],
        [RequirementRow(**row) for row in _rows(wanted)],
        DAY,
        zip(*declined, strict=True),
    )


def _rows(columns: Columns) -> Iterator[dict[str, Any]]:
    names = tuple(columns)
    return (dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True))


def _firms(draw: Draw, count: int) -> tuple[_Firms, _Firms]:
    """A fifth of the producers shares a parent; some buyers belong to a producer's group."""
    producers, buyers = [f"p{n:05d}" for n in range(count)], [f"b{n:05d}" for n in range(count)]
    parents = [f"g{n:05d}" for n in draw.integers(0, count // 8 + 1, count).tolist()]
    groups = draws.sometimes(draw, 0.2, parents, producers)
    own = draws.pick(groups, draw.integers(0, count, count))
    weights = draw.lognormal(0.0, 0.9, (2, count))
    weights /= weights.sum(axis=1, keepdims=True)
    buying = draws.sometimes(draw, 0.05, own, buyers)
    return _Firms(producers, groups, weights[0]), _Firms(buyers, buying, weights[1])


def _product(draw: Draw, size: int, products: int) -> Columns:
    places = draw.integers(0, products, size)
    forms, grades = zip(*PRODUCTS, strict=True)
    return {"product_form": draws.pick(forms, places), "grade": draws.pick(grades, places)}


def _lots(draw: Draw, producers: _Firms, buyers: _Firms, size: int) -> Columns:
    """What a producer has in one way for all its lots: country, upstream, and mostly energy."""
    count = len(producers.names)
    who = draw.choice(count, size, p=producers.weights)
    source = draw.choice(len(SOURCES), count, p=SOURCE_SHARES)[who]
    source = np.where(draw.random(size) < 0.15, draw.integers(0, len(SOURCES), size), source)
    renewable = SOURCE_RENEWABLE[source] + draw.normal(0.0, 0.1, size)
    recycled = np.where(draw.random(size) < 0.2, draw.integers(1, 16, size) * 500, 0)
    upstream = draw.uniform(2.4, 4.4, count)[who] * draw.lognormal(0.0, 0.08, size)
    smelter = SOURCE_CARBON[source] * draw.lognormal(0.0, 0.25, size) * (1 - recycled / 11_000)
    ask = draws.usual_premium(smelter) + draw.normal(0.0, 5.0, size)
    start, end = draws.windows(draw, size)
    bars = draws.name_lists(draw, buyers.names, buyers.weights, 0.03, 4)
    return {
        "key": [f"L{n:06d}" for n in range(size)],
        "producer": draws.pick(producers.names, who),
        "group": draws.pick(producers.groups, who),
        "available_kg": draws.kilograms(draw, size),
        **_carbon(draw, draws.milli(smelter), draws.milli(smelter + upstream)),
        "origin_country": draws.pick(COUNTRIES, draw.integers(0, len(COUNTRIES), count)[who]),
        "window_start": start,
        "window_end": end,
        "ask_e4": draws.premiums(draw, ask),
        "offsets_used": (draw.random(size) < 0.08).tolist(),
        "schemes": draws.subsets(draw, size, SCHEMES, 0.45),
        "energy_source": draws.pick(SOURCES, source),
        "renewable_centi_pct": draws.shared(draws.milli(renewable.clip(0, 1)) // 50 * 500),
        "recycled_post_centi_pct": draws.shared(recycled),
        "delivery_regions": _regions(draw, size),
        "excluded_buyers": draws.pick(bars, who),
        "incoterm": draws.pick(("FCA", "CIF", "DAP"), draw.integers(0, 3, size)),
        "duty_status": draws.pick(("DUTY_PAID", "DUTY_UNPAID"), draw.integers(0, 2, size)),
        "listed_at": draws.moments(draw, size),
    }


def _carbon(draw: Draw, smelter: Ints, gate: Ints) -> Columns:
    """Most lots state both values, some the smelter's alone, few the gate's; half are verified."""
    stated = (SMELTER, GATE), (SMELTER,), (GATE,)
    kinds = draw.choice(3, len(smelter), p=(0.82, 0.15, 0.03))
    values = zip(draws.shared(smelter), draws.shared(gate), draws.pick(stated, kinds), strict=True)
    sets = [frozenset(boundaries) for boundaries in stated]
    verified = draws.pick(sets, kinds)
    return {
        "carbon_milli": [
            {name: kg for name, kg in ((SMELTER, low), (GATE, high)) if name in names}
            for low, high, names in values
        ],
        "ci_verified": draws.sometimes(draw, 0.55, verified, [NONE] * len(smelter)),
    }


def _regions(draw: Draw, size: int) -> list[frozenset[str]]:
    anywhere = [frozenset({"GLOBAL"})] * size
    return draws.sometimes(draw, 0.45, anywhere, draws.subsets(draw, size, REGIONS[:-1], 0.3))


def _requirements(draw: Draw, buyers: _Firms, size: int) -> Columns:
    """Quantity, carbon and money; the further rules come from ``_rules``."""
    who = draw.choice(len(buyers.names), size, p=buyers.weights)
    cap = draw.integers(20, 71, size) / 10
    gate = draw.random(size) < 0.25
    limit = draws.usual_premium(0.75 * cap) + GENEROSITY + draw.normal(0.0, 6.0, size)
    price = np.where(draw.random(size) < 0.2, draw.integers(10, 601, size), 0)
    region = draw.choice(len(REGIONS), size, p=(0.3, 0.3, 0.13, 0.1, 0.15, 0.02))
    start, end = draws.windows(draw, size)
    return {
        "key": [f"R{n:06d}" for n in range(size)],
        "buyer": draws.pick(buyers.names, who),
        "group": draws.pick(buyers.groups, who),
        "volume_kg": draws.kilograms(draw, size),
        "max_ci_milli": draws.shared(draws.milli(cap + np.where(gate, 3.4, 0.0))),
        "boundary": draws.pick((SMELTER, GATE), gate.astype(np.int64)),
        "max_premium_e4": draws.premiums(draw, limit),
        "internal_carbon_price": draws.pick([Decimal(n) / 10 for n in range(601)], price),
        "delivery_region": draws.pick(REGIONS, region),
        "window_start": start,
        "window_end": end,
        "posted_at": draws.moments(draw, size),
    }


def _rules(draw: Draw, producers: _Firms, buyers: list[str], size: int) -> Columns:
    """What buyers ask for beside price and carbon, each of it by a part of them."""

    def some(share: float, wish: frozenset[str]) -> list[frozenset[str]]:
        return draws.sometimes(draw, share, [wish] * size, [NONE] * size)

    nothing = [NONE] * size
    schemes = draws.subsets(draw, size, SCHEMES, 0.15)
    origins = draws.subsets(draw, size, COUNTRIES, 0.4)
    barred = draws.subsets(draw, size, COUNTRIES, 0.05)
    place = {name: n for n, name in enumerate(dict.fromkeys(buyers))}
    who = np.array([place[name] for name in buyers])
    lists = [
        draws.name_lists(draw, producers.names, producers.weights, share, most)
        for share, most in ((0.05, 60), (0.03, 6))
    ]
    return {
        "required_schemes": draws.sometimes(draw, 0.5, schemes, nothing),
        "schemes_rule": draws.pick(("ALL", "ANY"), draw.integers(0, 2, size)),
        "energy_sources": some(0.12, RENEWABLE),
        "min_renewable_centi_pct": draws.shared(
            draw.choice((0, 5_000, 8_000), size, p=(0.85, 0.1, 0.05))
        ),
        "min_recycled_post_centi_pct": draws.shared(
            draw.choice((0, 500, 2_000), size, p=(0.96, 0.03, 0.01))
        ),
        "verified_ci_only": (draw.random(size) < 0.35).tolist(),
        "accept_offsets": (draw.random(size) < 0.4).tolist(),
        "allowed_origins": draws.sometimes(draw, 0.08, origins, nothing),
        "excluded_origins": draws.sometimes(draw, 0.08, barred, nothing),
        "allowed_producers": draws.pick(lists[0], who),
        "excluded_producers": draws.pick(lists[1], who),
        "accepted_incoterms": some(0.12, frozenset({"CIF", "DAP"})),
        "accepted_duty_statuses": some(0.08, frozenset({"DUTY_PAID"})),
    }


def _add_minimums(draw: Draw, offered: Columns, wanted: Columns, share: float) -> None:
    """Minimum takes of a tenth of the lot up to all of it; smallest lots of up to a third."""
    size = len(offered["key"])
    takes = draw.integers(1, 13, size).clip(max=10) * (draw.random(size) < share)
    least = draw.integers(1, 7, size) * (draw.random(size) < share / 2)
    lots = zip(offered["available_kg"], takes.tolist(), strict=True)
    volumes = zip(wanted["volume_kg"], least.tolist(), strict=True)
    offered["min_take_kg"] = [kg * tenths // 10 for kg, tenths in lots]
    wanted["min_lot_kg"] = [kg * parts // 20 for kg, parts in volumes]
    wanted["partial_ok"] = (draw.random(size) >= share / 4).tolist()
    wanted["tolerance_centi_pct"] = draws.pick((0, 200, 500, 1_000), draw.integers(0, 4, size))


def _add_averages(draw: Draw, wanted: Columns, share: float) -> None:
    """Average limits; two of five also limit each single lot."""
    size = len(wanted["key"])
    chosen = (draw.random(size) < share).tolist()
    above = np.where(draw.random(size) < 0.4, draw.integers(5, 31, size) * 100, 0).tolist()
    caps = zip(chosen, above, wanted["max_ci_milli"], strict=True)
    wanted["ci_basis"] = ["PORTFOLIO_AVERAGE" if average else "PER_LOT" for average in chosen]
    wanted["per_lot_cap_milli"] = [cap + d if average and d else None for average, d, cap in caps]

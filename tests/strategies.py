"""Random markets: small enough to check by other means, rich enough to meet every rule."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import strategies as st

from matching.engine import LotRow, Market, RequirementRow
from tests.factories.engine import DAY, GATE, SMELTER

FORMS, GRADES = ("INGOT", "SOW"), ("p1020a", "p0506a")
SCHEMES = ("CGMC_GREEN_POWER", "ASI_COC", "EPD")
COUNTRIES, ENERGY = ("CN", "NO", "IN"), ("HYDRO", "SOLAR")
PRODUCERS, BUYERS = ("p0", "p1", "p2"), ("b0", "b1")
# Producers and buyers of one group never match: g1 holds one of each.
GROUP = {"p0": "g0", "p1": "g1", "p2": "g2", "b0": "g1", "b1": "g3"}
KILOGRAMS = st.one_of(st.integers(1, 9), st.integers(1, 500_000_000))
USD_E4 = st.one_of(st.integers(-3, 12).map(lambda usd: usd * 10_000), st.integers(-500_000, 10**6))


def some(values: tuple[str, ...]) -> st.SearchStrategy[frozenset[str]]:
    """Mostly nothing, which means "no rule"."""
    return st.one_of(st.just(frozenset[str]()), st.frozensets(st.sampled_from(values)))


@st.composite
def lots(draw: st.DrawFn, key: str) -> LotRow:
    producer = draw(st.sampled_from(PRODUCERS))
    boundaries = draw(st.lists(st.sampled_from((SMELTER, GATE)), min_size=1, unique=True))
    start = draw(st.integers(-40, 40))
    return LotRow(
        key=key,
        producer=producer,
        group=GROUP[producer],
        product_form=draw(st.sampled_from(FORMS)),
        grade=draw(st.sampled_from(GRADES)),
        available_kg=draw(KILOGRAMS),
        carbon_milli={name: draw(st.integers(1_000, 6_000)) for name in boundaries},
        ci_verified=frozenset(draw(st.lists(st.sampled_from(boundaries), unique=True))),
        origin_country=draw(st.sampled_from(COUNTRIES)),
        window_start=DAY + timedelta(days=start),
        window_end=DAY + timedelta(days=start + draw(st.integers(0, 60))),
        ask_e4=draw(st.one_of(USD_E4, USD_E4, USD_E4, st.none())),
        offsets_used=draw(st.sampled_from((False, False, False, True))),
        schemes=draw(some(SCHEMES)),
        energy_source=draw(st.sampled_from((None, *ENERGY))),
        renewable_centi_pct=draw(st.sampled_from((0, 5_000, 10_000))),
        recycled_post_centi_pct=draw(st.sampled_from((0, 2_500))),
        delivery_regions=draw(st.sampled_from((frozenset({"EU"}), frozenset({"GLOBAL"})))),
        excluded_buyers=draw(some(BUYERS)),
        incoterm=draw(st.sampled_from(("", "CIF", "DAP"))),
        duty_status=draw(st.sampled_from(("", "DUTY_PAID"))),
    )


@st.composite
def requirements(draw: st.DrawFn, key: str) -> RequirementRow:
    buyer = draw(st.sampled_from(BUYERS))
    start = draw(st.integers(-20, 40))
    return RequirementRow(
        key=key,
        buyer=buyer,
        group=GROUP[buyer],
        product_forms=draw(st.frozensets(st.sampled_from(FORMS), min_size=1)),
        grades=draw(some(GRADES)),
        volume_kg=draw(KILOGRAMS),
        max_ci_milli=draw(st.integers(1_500, 7_000)),
        boundary=draw(st.sampled_from((SMELTER, GATE))),
        max_premium_e4=draw(st.one_of(USD_E4, USD_E4, USD_E4, st.none())),
        delivery_region=draw(st.sampled_from(("EU", "EU", "JP"))),
        window_start=DAY + timedelta(days=start),
        window_end=DAY + timedelta(days=start + draw(st.integers(0, 60))),
        internal_carbon_price=Decimal(draw(st.sampled_from(("0", "0", "5", "87.5")))),
        required_schemes=draw(some(SCHEMES)),
        schemes_rule=draw(st.sampled_from(("ALL", "ANY"))),
        energy_sources=draw(some(ENERGY)),
        min_renewable_centi_pct=draw(st.sampled_from((0, 0, 7_500))),
        min_recycled_post_centi_pct=draw(st.sampled_from((0, 0, 0, 2_000))),
        verified_ci_only=draw(st.sampled_from((False, False, True))),
        accept_offsets=draw(st.booleans()),
        allowed_origins=draw(some(COUNTRIES)),
        excluded_origins=draw(some(COUNTRIES[:1])),
        allowed_producers=draw(some(PRODUCERS)),
        excluded_producers=draw(some(PRODUCERS[:1])),
        accepted_incoterms=draw(some(("CIF",))),
        accepted_duty_statuses=draw(some(("DUTY_PAID",))),
    )


@st.composite
def markets(draw: st.DrawFn, largest: int = 7) -> Market:
    offered = [draw(lots(f"L{n}")) for n in range(draw(st.integers(0, largest)))]
    wanted = [draw(requirements(f"R{n}")) for n in range(draw(st.integers(0, largest)))]
    pairs = [(lot.key, row.key) for lot in offered for row in wanted]
    blocked = draw(st.lists(st.sampled_from(pairs), max_size=2)) if pairs else []
    return Market.build(offered, wanted, DAY, blocked)


@st.composite
def plain_markets(draw: st.DrawFn, largest: int = 8) -> Market:
    """Only price, carbon and volume matter: most pairs are compatible, so parties compete."""
    offered = [
        LotRow(
            key=f"L{n}",
            producer="p",
            group="p",
            product_form="INGOT",
            grade="p1020a",
            available_kg=draw(KILOGRAMS),
            carbon_milli={SMELTER: draw(st.integers(1_000, 5_000))},
            origin_country="CN",
            window_start=DAY,
            window_end=DAY,
            ask_e4=draw(st.integers(0, 12).map(lambda usd: usd * 10_000)),
        )
        for n in range(draw(st.integers(1, largest)))
    ]
    wanted = [
        RequirementRow(
            key=f"R{n}",
            buyer="b",
            group="b",
            product_forms=frozenset({"INGOT"}),
            volume_kg=draw(KILOGRAMS),
            max_ci_milli=draw(st.integers(2_000, 6_000)),
            boundary=SMELTER,
            max_premium_e4=draw(st.integers(0, 15).map(lambda usd: usd * 10_000)),
            delivery_region="EU",
            window_start=DAY,
            window_end=DAY,
            internal_carbon_price=Decimal(draw(st.sampled_from(("0", "0", "5")))),
        )
        for n in range(draw(st.integers(1, largest)))
    ]
    return Market.build(offered, wanted, DAY)


@st.composite
def special_markets(draw: st.DrawFn, largest: int = 4) -> Market:
    """Plain markets with portions, all-or-nothing and averages, in sizes where they collide.

    In lots of 5 t, or in single kilograms, where rounding an average costs what it can.
    """
    found = draw(plain_markets(largest))
    unit = draw(st.sampled_from((5_000, 5_000, 1)))
    kilograms = st.integers(1, 40).map(lambda units: units * unit)
    offered = []
    for row in found.lots:
        size = draw(kilograms)
        take = draw(st.sampled_from((0, 0, 1, size // 2, size)))
        offered.append(replace(row, available_kg=size, min_take_kg=take))
    wanted = []
    for asked in found.requirements:
        average = draw(st.booleans())
        cap = draw(st.one_of(st.none(), st.integers(0, 1_500))) if average else None
        wanted.append(
            replace(
                asked,
                volume_kg=draw(kilograms),
                min_lot_kg=draw(st.sampled_from((0, 0, 2 * unit, 12 * unit))),
                partial_ok=draw(st.sampled_from((True, True, False))),
                tolerance_centi_pct=draw(st.sampled_from((0, 333, 1_000))),
                ci_basis="PORTFOLIO_AVERAGE" if average else "PER_LOT",
                per_lot_cap_milli=None if cap is None else asked.max_ci_milli + cap,
            )
        )
    return Market.build(offered, wanted, DAY)


@st.composite
def contracted_markets(draw: st.DrawFn, largest: int = 4) -> Market:
    """Special markets of which something is bought already, and often below the average limit.

    By whole intensities, or by so little that it comes to single kilograms.
    """
    found = draw(special_markets(largest))
    wanted = []
    for asked in found.requirements:
        contracted = draw(st.sampled_from((0, 1, asked.volume_kg // 10, asked.volume_kg * 20)))
        below = draw(st.sampled_from((0, 1, 300, asked.max_ci_milli)))
        allowance = draw(st.sampled_from((contracted * below, draw(st.integers(0, 3_000)))))
        wanted.append(replace(asked, contracted_kg=contracted, allowance=allowance))
    return Market.build(found.lots, wanted, DAY)

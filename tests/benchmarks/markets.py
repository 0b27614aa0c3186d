"""Synthetic markets with the ranges of the trade: any size, the same for the same seed."""

import random
from datetime import timedelta

from matching.engine import LotRow, Market, RequirementRow
from tests.factories.engine import DAY, GATE, SMELTER, market

FORMS = ("INGOT", "BILLET", "SLAB")
ENERGY = ("HYDRO", "HYDRO", "SOLAR", "WIND", "GRID_MIX")
REGIONS = ("EU", "EU", "NA", "JP")


def synthetic(lots: int, requirements: int, seed: int = 7) -> Market:
    draw = random.Random(seed)  # noqa: S311 - a benchmark, no secret
    offered = [_lot(draw, f"L{n:06d}") for n in range(lots)]
    wanted = [_requirement(draw, f"R{n:06d}") for n in range(requirements)]
    return market(*offered, *wanted)


def _lot(draw: random.Random, key: str) -> LotRow:
    producer = f"p{draw.randrange(40)}"
    smelter = draw.randrange(1_500, 9_000)
    start = DAY + timedelta(days=draw.randrange(60))
    return LotRow(
        key=key,
        producer=producer,
        group=producer,
        product_form=draw.choice(FORMS),
        grade=draw.choice(("p1020a", "aa6063")),
        available_kg=draw.randrange(25, 3_000) * 1000 + draw.choice((0, 0, 125)),
        carbon_milli={SMELTER: smelter, GATE: smelter + draw.randrange(2_500, 4_500)},
        origin_country=draw.choice(("CN", "CN", "NO", "CA", "IS")),
        window_start=start,
        window_end=start + timedelta(days=draw.randrange(15, 120)),
        ask_e4=draw.randrange(0, 60) * 10_000,
        schemes=frozenset({"CGMC_GREEN_POWER"}),
        energy_source=draw.choice(ENERGY),
        renewable_centi_pct=draw.choice((10_000, 10_000, 8_000)),
    )


def _requirement(draw: random.Random, key: str) -> RequirementRow:
    buyer = f"b{draw.randrange(60)}"
    is_gate = draw.random() < 0.25
    start = DAY + timedelta(days=draw.randrange(60))
    return RequirementRow(
        key=key,
        buyer=buyer,
        group=buyer,
        product_forms=frozenset(draw.sample(FORMS, draw.choice((1, 1, 2)))),
        grades=frozenset(draw.choice(((), ("p1020a",), ("aa6063",)))),
        volume_kg=draw.randrange(20, 2_500) * 1000,
        max_ci_milli=draw.choice((4_000, 5_000, 6_000)) + (3_500 if is_gate else 0),
        boundary=GATE if is_gate else SMELTER,
        max_premium_e4=draw.randrange(5, 80) * 10_000,
        delivery_region=draw.choice(REGIONS),
        window_start=start,
        window_end=start + timedelta(days=draw.randrange(20, 150)),
    )

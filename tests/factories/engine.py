"""Rows of the engine for tests: an ordinary lot and requirement that fit each other."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from matching.engine import LotRow, Market, RequirementRow

DAY = date(2026, 11, 24)
SMELTER, GATE = "SMELTER_S1S2", "CRADLE_TO_GATE"
LOT = LotRow(
    key="L1",
    producer="p1",
    group="p1",
    product_form="INGOT",
    grade="p1020a",
    available_kg=500_000,
    carbon_milli={SMELTER: 3_200},
    origin_country="CN",
    window_start=DAY,
    window_end=DAY + timedelta(days=60),
    ask_e4=200_000,
    schemes=frozenset({"CGMC_GREEN_POWER"}),
    energy_source="HYDRO",
    renewable_centi_pct=10_000,
)
REQUIREMENT = RequirementRow(
    key="R1",
    buyer="b1",
    group="b1",
    product_forms=frozenset({"INGOT"}),
    volume_kg=500_000,
    max_ci_milli=4_000,
    boundary=SMELTER,
    max_premium_e4=250_000,
    delivery_region="EU",
    window_start=DAY,
    window_end=DAY + timedelta(days=60),
)


def lot(key: str = "L1", **changes: Any) -> LotRow:
    return replace(LOT, key=key, **changes)


def requirement(key: str = "R1", **changes: Any) -> RequirementRow:
    return replace(REQUIREMENT, key=key, **changes)


def bought(key: str = "R1", **changes: Any) -> RequirementRow:
    """1,000 t at an average of 4.000, of which 600 t are bought at 3.600; 400 t are open."""
    bought = {"volume_kg": 400_000, "contracted_kg": 600_000, "allowance": 600_000 * 400}
    return requirement(key, **{"ci_basis": "PORTFOLIO_AVERAGE", **bought, **changes})


def market(*rows: LotRow | RequirementRow, **options: Any) -> Market:
    lots = [row for row in rows if isinstance(row, LotRow)]
    wanted = [row for row in rows if isinstance(row, RequirementRow)]
    return Market.build(lots, wanted, DAY, **options)


def worked_example() -> Market:
    """Three lots and three requirements: the example of docs/matching.md."""
    return market(
        lot("A", available_kg=500_000, carbon_milli={SMELTER: 3_200}, ask_e4=200_000),
        lot("B", available_kg=300_000, carbon_milli={SMELTER: 1_900}, ask_e4=240_000),
        lot("C", available_kg=400_000, carbon_milli={SMELTER: 5_100}, ask_e4=50_000),
        requirement("X", volume_kg=400_000, max_ci_milli=4_000, max_premium_e4=250_000),
        requirement("Y", volume_kg=350_000, max_ci_milli=2_000, max_premium_e4=300_000),
        requirement("Z", volume_kg=200_000, max_ci_milli=4_000, max_premium_e4=220_000),
    )

"""The kernels made ready before anybody waits for them."""

from dataclasses import replace
from datetime import date, timedelta

from matching.engine.market import Market
from matching.engine.reasons.explain import explain
from matching.engine.rows import LotRow, RequirementRow
from matching.engine.solve import solve

DAY = date(2000, 1, 1)
LOT = LotRow(
    key="L",
    producer="p",
    group="p",
    product_form="INGOT",
    grade="",
    available_kg=2,
    carbon_milli={"SMELTER_S1S2": 1_000},
    origin_country="",
    window_start=DAY,
    window_end=DAY + timedelta(days=1),
    ask_e4=0,
)
REQUIREMENT = RequirementRow(
    key="R",
    buyer="b",
    group="b",
    product_forms=frozenset({"INGOT"}),
    volume_kg=2,
    max_ci_milli=1_000,
    boundary="SMELTER_S1S2",
    max_premium_e4=1,
    delivery_region="",
    window_start=DAY,
    window_end=DAY,
)


def warm_up() -> None:
    """Compile every kernel, or load what an earlier process compiled, by markets that need all."""
    dirty = replace(LOT, key="D", carbon_milli={"SMELTER_S1S2": 2_000}, min_take_kg=1)
    average = replace(REQUIREMENT, key="A", ci_basis="PORTFOLIO_AVERAGE", volume_kg=3)
    more = replace(REQUIREMENT, key="M", volume_kg=3)
    for lots, rows in (([LOT], [REQUIREMENT, more]), ([LOT, dirty], [REQUIREMENT, average])):
        market = Market.build(lots, rows, DAY)
        explain(market, solve(market))

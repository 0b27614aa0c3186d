"""Why a requirement stays open whose average has room for some dirtier metal, or no more."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from matching import engine
from matching.engine import LotRow, Market, RequirementRow, Result
from matching.engine.proofs.verify import broken_rules
from tests.factories.engine import SMELTER, bought, lot, market, requirement
from tests.strategies import contracted_markets

DIRTY = lot("B", available_kg=900_000, carbon_milli={SMELTER: 4_500}, ask_e4=100_000)
OTHER = requirement("R2", max_ci_milli=5_000, max_premium_e4=900_000)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        # 480 t are within the average, 20 t more are not.
        ([DIRTY, bought(volume_kg=500_000)], "AVERAGE_CI"),
        ([replace(DIRTY, available_kg=300_000), bought(volume_kg=500_000)], "VOLUME_SHORT"),
        ([replace(DIRTY, available_kg=500_000), OTHER, bought(volume_kg=500_000)], "OUTBID"),
        ([DIRTY, bought(volume_kg=500_000, allowance=499)], "AVERAGE_CI"),
        # Its smallest portion is 481 t: above what the average has room for.
        ([replace(DIRTY, min_take_kg=481_000), bought(volume_kg=500_000)], "AVERAGE_CI"),
        ([replace(DIRTY, min_take_kg=480_000, available_kg=480_500),
          replace(OTHER, volume_kg=480_500), bought(volume_kg=500_000)], "OUTBID"),
        # It has all of a lot whose portion would not fit a second time.
        ([replace(DIRTY, min_take_kg=300_000, available_kg=300_000), bought(volume_kg=500_000)],
         "VOLUME_SHORT"),
    ],
)  # fmt: skip
def test_why_it_stays_open(rows: list[LotRow | RequirementRow], told: str) -> None:
    found = market(*rows)
    result = engine.solve(found)
    reasons = {one.key: one.reason for one in engine.explain(found, result)}
    assert engine.verify(found, result).ok
    assert reasons["R1"] == told


def test_trials_solve_again_with_what_is_bought() -> None:
    """R1 can take B whole for what is bought, and does once it pays as much as R2, listed later."""
    found = market(
        replace(DIRTY, available_kg=400_000, min_take_kg=400_000),
        bought(),
        replace(OTHER, volume_kg=400_000, max_premium_e4=300_000),
    )
    result = engine.solve(found)
    assert [(one.requirement, one.quantity_kg) for one in result.matches] == [("R2", 400_000)]
    told = {one.key: one for one in engine.explain(found, result, engine.solve)}
    assert (told["R1"].reason, told["R1"].starts_at_e4) == ("OUTBID", 300_000)


def in_reach(found: Market, result: Result, row: RequirementRow) -> bool:
    """Whether the average has room for the smallest kilograms more of any lot that passes."""
    got = {one.lot: one for one in result.matches if one.requirement == row.key}
    left = row.allowance
    for one in got.values():
        left -= one.quantity_kg * (one.ci_milli - row.max_ci_milli)
    for offered in found.lots:
        above = offered.carbon_milli[row.boundary] - row.max_ci_milli
        smallest = 1 if offered.key in got else max(offered.min_take_kg, row.min_lot_kg, 1)
        if not list(broken_rules(found, offered, row)) and (above <= 0 or above * smallest <= left):
            return True
    return False


@given(contracted_markets())
@settings(max_examples=100)
def test_the_average_is_the_reason_only_where_it_has_no_room_left(found: Market) -> None:
    result = engine.solve(found)
    rows = {row.key: row for row in found.requirements if row.averages}
    for one in engine.explain(found, result):
        if one.key in rows and one.reason in {"AVERAGE_CI", "VOLUME_SHORT", "OUTBID"}:
            assert (one.reason != "AVERAGE_CI") == in_reach(found, result, rows[one.key])

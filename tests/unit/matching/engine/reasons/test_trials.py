"""Thresholds found by trial, beside portions and averages: each true, or not told."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import engine
from matching.engine import Market, Reason
from matching.engine.reasons import trials
from matching.engine.reasons.explain import explain_one
from tests.factories.engine import lot, market, requirement
from tests.strategies import contracted_markets, special_markets


def got_kg(found: Market, key: str) -> int:
    matches = engine.solve(found).matches
    return sum(one.quantity_kg for one in matches if key in (one.lot, one.requirement))


def changed(found: Market, one: Reason, *, back: int = 0) -> Market:
    """The market with the party at its threshold, or ``back`` from it to where it stands."""
    if one.is_lot:
        lots = [
            replace(row, ask_e4=(one.starts_at_e4 or 0) + back) if row.key == one.key else row
            for row in found.lots
        ]
        return replace(found, lots=tuple(lots))
    if one.starts_at_milli is not None:
        change = {"max_ci_milli": one.starts_at_milli - back}
    else:
        change = {"max_premium_e4": (one.starts_at_e4 or 0) - back}
    rows = [
        replace(row, **change) if row.key == one.key else row  # type: ignore[arg-type]
        for row in found.requirements
    ]
    return replace(found, requirements=tuple(rows))


@given(st.one_of(special_markets(largest=3), contracted_markets(largest=3)))
@settings(max_examples=30)
def test_beside_portions_trials_find_what_holds_on_both_sides(found: Market) -> None:
    result = engine.solve(found)
    before = {one.key: one for one in engine.explain(found, result)}
    for one in engine.explain(found, result, engine.solve):
        if not before[one.key].not_computed:
            assert one == before[one.key]
        elif not one.not_computed:
            assert got_kg(changed(found, one), one.key) > got_kg(found, one.key)
            assert got_kg(changed(found, one, back=1), one.key) <= got_kg(found, one.key)


ALL_OR_NOTHING = market(
    lot("A", available_kg=100_000, min_take_kg=100_000),
    requirement("R1", volume_kg=100_000, max_premium_e4=260_000),
    requirement("R2", volume_kg=100_000, max_premium_e4=240_000),
    requirement("R3", volume_kg=100_000, max_premium_e4=190_000, max_ci_milli=3_000),
)


def test_trials_tell_what_no_dual_can() -> None:
    result = engine.solve(ALL_OR_NOTHING)
    found = {one.key: one for one in engine.explain(ALL_OR_NOTHING, result, engine.solve)}
    assert found["R2"].starts_at_e4 == 260_001
    assert (
        explain_one(ALL_OR_NOTHING, result, "R2", is_lot=False, resolve=engine.solve)
        == (found["R2"])
    )


def test_trials_find_the_carbon_limit_too() -> None:
    found = market(lot(), requirement(max_ci_milli=3_000, partial_ok=False))
    (_lot, wanted) = engine.explain(found, engine.solve(found), engine.solve)
    assert (wanted.reason, wanted.starts_at_milli) == ("CI_TOO_HIGH", 3_200)


@pytest.mark.parametrize(("limit", "value"), [("EACH", 10**6), ("LARGEST", 1)])
def test_trials_have_a_budget(monkeypatch: pytest.MonkeyPatch, limit: str, value: int) -> None:
    monkeypatch.setattr(trials, limit, value)
    result = engine.solve(ALL_OR_NOTHING)
    assert engine.explain(ALL_OR_NOTHING, result, engine.solve) == engine.explain(
        ALL_OR_NOTHING, result
    )


def test_trials_that_end_elsewhere_than_the_result_tell_nothing() -> None:
    """A search has several answers of equal worth at times."""
    found = ALL_OR_NOTHING
    result = engine.solve(found)
    other = replace(result, matches=(replace(result.matches[0], requirement="R2"),))
    reasons = {one.key: one for one in engine.explain(found, result, lambda _market: other)}
    assert (reasons["R2"].starts_at_e4, reasons["R2"].not_computed) == (None, True)

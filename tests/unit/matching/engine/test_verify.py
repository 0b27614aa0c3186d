"""The checker refuses every kind of wrong result, named; it trusts nothing but the market."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from matching import engine
from matching.engine import Market, Match, Result, compatibility
from matching.engine.columns import Flags, LotColumns
from tests.factories.engine import SMELTER, lot, market, requirement
from tests.strategies import plain_markets

MARKET = market(
    lot("L1"),
    lot("L2", carbon_milli={SMELTER: 5_000}),
    requirement("R1", volume_kg=300_000),
    requirement("R2", volume_kg=100_000, max_premium_e4=210_000),
)
RESULT = engine.solve(MARKET)


def first(change: Callable[[Match], Match]) -> Result:
    return replace(RESULT, matches=(change(RESULT.matches[0]), *RESULT.matches[1:]))


WRONG: dict[str, Result] = {
    "unknown lot": first(lambda one: replace(one, lot="L9")),
    "unknown requirement": first(lambda one: replace(one, requirement="R9")),
    "twice": replace(RESULT, matches=(*RESULT.matches, RESULT.matches[0])),
    "too dirty": first(lambda one: replace(one, lot="L2", ci_milli=5_000)),
    "a fraction": first(lambda one: replace(one, quantity_kg=1.5)),  # type: ignore[arg-type]
    "nothing": first(lambda one: replace(one, quantity_kg=0)),
    "a kilogram less": first(lambda one: replace(one, quantity_kg=one.quantity_kg - 1)),
    "a kilogram more": first(lambda one: replace(one, quantity_kg=one.quantity_kg + 1)),
    "more than the lot has": first(
        lambda one: replace(one, quantity_kg=600_000, surplus_e7=50_000 * 600_000)
    ),
    "cleaner than stated": first(lambda one: replace(one, ci_milli=3_199)),
    "not the ask": first(lambda one: replace(one, ask_e4=one.ask_e4 - 1)),
    "another surplus": first(lambda one: replace(one, surplus_e7=one.surplus_e7 + 1)),
    "another total": replace(RESULT, total_surplus_e7=RESULT.total_surplus_e7 + 1),
    "other inputs": replace(RESULT, inputs_sha256="0" * 64),
    "a match left out": replace(
        RESULT,
        matches=RESULT.matches[1:],
        total_surplus_e7=RESULT.total_surplus_e7 - RESULT.matches[0].surplus_e7,
    ),
    "a dual too low": replace(RESULT, requirement_duals=(0, 0)),
    "a negative dual": replace(RESULT, lot_duals=(-1, 0)),
    "duals of another market": replace(RESULT, lot_duals=(0,)),
    "a pair less": replace(RESULT, compatible_pairs=RESULT.compatible_pairs - 1),
    "a part that claims to be searched": replace(RESULT, searched=frozenset({"R1"})),
    "a modest claim": replace(RESULT, optimal=False),
    "a gap where none is": replace(RESULT, gap=Decimal("0.01")),
}


def test_the_engines_own_result_passes() -> None:
    assert engine.verify(MARKET, RESULT) == engine.Verdict(ok=True, problems=())


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_result_is_refused_and_named(wrong: Result) -> None:
    verdict = engine.verify(MARKET, wrong)
    assert not verdict.ok
    assert all(verdict.problems)


def test_a_blocked_pair_is_refused() -> None:
    blocked = Market.build(MARKET.lots, MARKET.requirements, MARKET.as_of, [("L1", "R1")])
    result = replace(RESULT, inputs_sha256=blocked.inputs_sha256)
    assert "L1 for R1: blocked" in engine.verify(blocked, result).problems


@given(plain_markets(), st.data())
def test_no_kilogram_can_be_moved_unnoticed(found: Market, data: st.DataObject) -> None:
    """Take a kilogram from any match, with all sums made to fit: it is no longer optimal."""
    result = engine.solve(found)
    assume(result.matches)
    place = data.draw(st.integers(0, len(result.matches) - 1))
    one = result.matches[place]
    worth = one.surplus_e7 // one.quantity_kg
    less = replace(one, quantity_kg=one.quantity_kg - 1, surplus_e7=one.surplus_e7 - worth)
    kept = [less] if less.quantity_kg else []
    forged = replace(
        result,
        matches=(*result.matches[:place], *kept, *result.matches[place + 1 :]),
        total_surplus_e7=result.total_surplus_e7 - worth,
    )
    verdict = engine.verify(found, forged)
    assert not verdict.ok
    assert any("optimum" in problem or "optimal" in problem for problem in verdict.problems)


@pytest.mark.parametrize("rule", ["_schemes", "_listed", "_one_of"])
def test_a_pair_that_the_engine_never_saw_is_missed_by_the_checker(
    monkeypatch: pytest.MonkeyPatch, rule: str
) -> None:
    """Negative control: with a rule of the solver's side broken, its optimum is no optimum."""

    def nobody(lots: LotColumns, *_rest: object) -> Flags:
        return np.zeros(len(lots.ask), dtype=np.bool_)

    monkeypatch.setattr(compatibility, rule, nobody)
    blind = engine.solve(MARKET)
    assert blind.optimal
    assert blind.compatible_pairs < RESULT.compatible_pairs
    assert not engine.verify(MARKET, blind).ok


SPECIAL = market(
    lot("clean", available_kg=300_000, carbon_milli={SMELTER: 3_000}, min_take_kg=1_000),
    lot("dirty", available_kg=900_000, carbon_milli={SMELTER: 7_000}, ask_e4=10_000),
    requirement(
        "R",
        volume_kg=400_000,
        partial_ok=False,
        tolerance_centi_pct=5,
        ci_basis="PORTFOLIO_AVERAGE",
    ),
)


@pytest.mark.parametrize(
    ("clean", "dirty", "words"),
    [
        (300_000, 100_000, ""),
        (299_999, 100_001, "the average is above its carbon limit"),
        (299_000, 99_000, "less than its 399800 kg or nothing"),
        (999, 0, "less than both sides accept in one match"),
        (300_001, 99_999, "300001 kg of 300000 kg"),
    ],
)
def test_portions_floors_and_averages_are_checked_to_the_kilogram(
    clean: int, dirty: int, words: str
) -> None:
    result = engine.solve(SPECIAL)
    amounts = {"clean": clean, "dirty": dirty}
    matches = tuple(
        replace(one, quantity_kg=kg, surplus_e7=one.surplus_e7 // one.quantity_kg * kg)
        for one in result.matches
        if (kg := amounts[one.lot])
    )
    total = sum(one.surplus_e7 for one in matches)
    verdict = engine.verify(SPECIAL, replace(result, matches=matches, total_surplus_e7=total))
    assert verdict.ok == (not words)
    assert not words or any(words in told for told in verdict.problems), verdict.problems

"""The checker refuses every kind of wrong result, named; it trusts nothing but the market."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from matching import engine
from matching.engine import Market, Match, Result, encoding
from matching.engine.proofs.verify import SHOWN
from tests.factories.engine import SMELTER, lot, market, requirement
from tests.strategies import plain_markets

MARKET = market(
    lot("L1"),
    lot("L2", carbon_milli={SMELTER: 5_000}),
    requirement("R1", volume_kg=300_000),
    requirement("R2", volume_kg=100_000, max_premium_e4=210_000),
)
RESULT = engine.solve(MARKET)
HUGE = 10**40


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
    "for another requirement": first(lambda one: replace(one, requirement="R2")),
    "a premium out of reach": first(lambda one: replace(one, ask_e4=HUGE)),
    "an enormous match": first(lambda one: replace(one, quantity_kg=HUGE)),
    "an enormous surplus": first(lambda one: replace(one, surplus_e7=HUGE)),
    "a surplus in floats": first(lambda one: replace(one, surplus_e7=float(one.surplus_e7))),  # type: ignore[arg-type]
    "an enormous total": replace(RESULT, total_surplus_e7=HUGE),
    "a dual too low": replace(RESULT, requirement_duals=(0, 0)),
    "a negative dual": replace(RESULT, lot_duals=(-1, 0)),
    "duals of another market": replace(RESULT, lot_duals=(0,)),
    "second duals left out": replace(RESULT, lowest_lot_duals=()),
    "a multiplier without an average": replace(RESULT, average_duals=(1, 0)),
    "a pair less": replace(RESULT, compatible_pairs=RESULT.compatible_pairs - 1),
    "a pair more": replace(RESULT, compatible_pairs=RESULT.compatible_pairs + 1),
    "a part less": replace(RESULT, segments=RESULT.segments - 1),
    "a part more": replace(RESULT, segments=RESULT.segments + 1),
    "no parts": replace(RESULT, lot_parts=(), requirement_parts=()),
    "a part split": replace(RESULT, requirement_parts=(0, 1)),
    "a part without pairs": replace(RESULT, lot_parts=(0, 1)),
    "a part left out": replace(RESULT, lot_parts=(-1, -1), requirement_parts=(-1, -1)),
    "a part beyond any number": replace(RESULT, lot_parts=(HUGE, -1)),
    "some of a part claims to be searched": replace(RESULT, searched=frozenset({"R1"})),
    "a plain part claims to be searched": replace(RESULT, searched=frozenset({"R1", "R2"})),
    "a stranger claims to be searched": replace(RESULT, searched=frozenset({"R9"})),
    "a modest claim": replace(RESULT, optimal=False),
    "a gap where none is": replace(RESULT, gap=Decimal("0.01")),
    "a gap in floats": replace(RESULT, gap=0.0),  # type: ignore[arg-type]
    "a gap that is no number": replace(RESULT, gap=Decimal("sNaN")),
    "a gap without end": replace(RESULT, gap=Decimal("Infinity")),
    "a search that nobody made": replace(RESULT, gap_solver=Decimal("0.01")),
}
DUALS = ("lot_duals", "requirement_duals", "lowest_lot_duals", "highest_requirement_duals")


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


@given(plain_markets(), st.data())
def test_no_dual_can_be_changed_unnoticed(found: Market, data: st.DataObject) -> None:
    result = engine.solve(found)
    name = data.draw(st.sampled_from(DUALS))
    duals = getattr(result, name)
    place = data.draw(st.integers(0, len(duals) - 1))
    change = data.draw(st.sampled_from((-1, 1, 2**61, 2**64, -(2**64), HUGE)))
    changes: dict[str, Any] = {name: (*duals[:place], duals[place] + change, *duals[place + 1 :])}
    assert not engine.verify(found, replace(result, **changes)).ok


@pytest.mark.parametrize("name", [*DUALS, "average_duals"])
@pytest.mark.parametrize("dual", [2**50, 2**61, 2**63, 2**64, HUGE, 1.0, True, None])
def test_duals_of_any_size_and_kind_are_refused_by_name(name: str, dual: object) -> None:
    verdict = engine.verify(MARKET, replace(RESULT, **{name: (dual, dual)}))  # type: ignore[arg-type]
    assert not verdict.ok
    assert all(verdict.problems)


def test_the_two_ends_of_the_duals_cannot_change_places() -> None:
    found = market(lot(), requirement())
    one = engine.solve(found)
    other = replace(
        one,
        lot_duals=one.lowest_lot_duals,
        lowest_lot_duals=one.lot_duals,
        requirement_duals=one.highest_requirement_duals,
        highest_requirement_duals=one.requirement_duals,
    )
    assert engine.verify(found, one).ok
    assert engine.verify(found, other).problems == ("a lot's lowest dual is above its highest",)


def test_the_list_of_problems_has_an_end() -> None:
    many = market(*(lot(f"L{n}") for n in range(SHOWN + 5)), requirement(volume_kg=10**9))
    result = engine.solve(many)
    worthless = replace(result, lot_duals=(0,) * len(many.lots))
    verdict = engine.verify(many, worthless)
    assert len(verdict.problems) == SHOWN
    assert all("worth more than its duals" in problem for problem in verdict.problems)


@pytest.mark.parametrize("rule", ["_certified", "_from_there"])
def test_a_pair_that_the_engine_never_saw_is_missed_by_the_checker(
    monkeypatch: pytest.MonkeyPatch, rule: str
) -> None:
    """Negative control: with a rule of the solver's side broken, its optimum is no optimum."""
    monkeypatch.setattr(encoding, rule, lambda _asked, _held: False)
    unseen = Market(MARKET.lots, MARKET.requirements, MARKET.as_of)
    blind = engine.solve(unseen)
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


SEARCHED = market(
    lot("A", available_kg=100_000, min_take_kg=60_000),
    requirement("R1", volume_kg=100_000),
    requirement("R2", volume_kg=70_000, max_premium_e4=300_000),
    lot("B", product_form="SLAB"),
    requirement("S", product_forms=frozenset({"SLAB"})),
)


@pytest.mark.parametrize(
    "searched",
    [{"R1"}, {"R2"}, {"R1", "R2", "S"}, {"S"}, {"R1", "R2", "R9"}, set[str]()],
    ids=lambda keys: "+".join(sorted(keys)) or "none",
)
def test_what_was_searched_cannot_be_told_otherwise(searched: set[str]) -> None:
    result = engine.solve(SEARCHED)
    assert result.searched == {"R1", "R2"}
    assert result.gap > 0
    assert engine.verify(SEARCHED, result).ok
    assert not engine.verify(SEARCHED, replace(result, searched=frozenset(searched))).ok


@pytest.mark.parametrize(
    "change",
    [
        lambda result: {"gap": result.gap + Decimal("1e-27")},
        lambda result: {"gap": Decimal(0)},
        lambda result: {"lot_duals": tuple(dual + 1 for dual in result.lot_duals)},
        lambda result: {"requirement_duals": tuple(d + 1 for d in result.requirement_duals)},
        lambda result: {"lowest_lot_duals": tuple(d + 1 for d in result.lowest_lot_duals)},
        lambda result: {"requirement_parts": (0, 0, 0)},
    ],
)
def test_a_searched_result_cannot_be_bent(change: Callable[[Result], dict[str, Any]]) -> None:
    result = engine.solve(SEARCHED)
    assert not engine.verify(SEARCHED, replace(result, **change(result))).ok

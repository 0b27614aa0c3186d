"""What is contracted below an average: its bound is true, and no kilogram more passes."""

import math
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from matching import engine
from matching.engine import Market, Result
from matching.engine.results import SCALE
from tests.benchmarks.checks import check
from tests.factories.engine import SMELTER, bought, lot, market
from tests.milp import plain_milp, reached
from tests.strategies import contracted_markets

B = lot("B", available_kg=400_000, carbon_milli={SMELTER: 4_500}, ask_e4=100_000)
SEARCHED = market(
    lot("clean", available_kg=100_000, carbon_milli={SMELTER: 3_000}, min_take_kg=1_000),
    lot("dirty", available_kg=900_000, carbon_milli={SMELTER: 6_000}, ask_e4=10_000),
    bought(contracted_kg=900_000, partial_ok=False, tolerance_centi_pct=1_000),
)


def forged(result: Result, **amounts: int) -> Result:
    """Other kilograms of some lots, with every sum made to fit."""
    matches = tuple(
        replace(
            one,
            quantity_kg=amounts[one.lot],
            surplus_e7=one.surplus_e7 // one.quantity_kg * amounts[one.lot],
        )
        for one in result.matches
    )
    total = sum(one.surplus_e7 for one in matches)
    return with_gap(SEARCHED, replace(result, matches=matches, total_surplus_e7=total))


@pytest.mark.parametrize(
    ("clean", "dirty", "words"),
    [
        (100_000, 170_000, ""),
        (100_000, 170_001, "the average is above its carbon limit"),
        (99_999, 170_001, "the average is above its carbon limit"),
        (100_000, 169_999, "less than its 270000 kg or nothing"),
    ],
)
def test_a_kilogram_beyond_the_allowance_is_refused(clean: int, dirty: int, words: str) -> None:
    result = engine.solve(SEARCHED)
    problems = engine.verify(SEARCHED, forged(result, clean=clean, dirty=dirty)).problems
    assert [words in one for one in problems] == [True] * bool(words), problems


@pytest.mark.parametrize(
    "change",
    [
        lambda one: {"average_duals": tuple(a + 1 for a in one.average_duals)},
        lambda one: {"average_duals": tuple(a - 1 for a in one.average_duals)},
        lambda one: {"average_duals": (2**60,)},
        lambda one: {"gap": Decimal(0)},
        lambda one: {"gap": one.gap + Decimal("1e-27")},
    ],
)
def test_the_bound_of_an_allowance_cannot_be_bent(
    change: Callable[[Result], dict[str, Any]],
) -> None:
    result = engine.solve(SEARCHED)
    assert engine.verify(SEARCHED, result).ok
    assert not engine.verify(SEARCHED, replace(result, **change(result))).ok


def test_a_result_of_a_market_without_the_allowance_is_not_one_of_a_market_with() -> None:
    wanted = bought()
    found, without = market(B, wanted), market(B, replace(wanted, allowance=0))
    result = engine.solve(found)
    for passed_off in (result, replace(result, inputs_sha256=without.inputs_sha256)):
        assert not engine.verify(without, passed_off).ok


def bound(found: Market, result: Result) -> int:
    """What the duals prove, from the rows by hand."""
    of_lots = zip(result.lot_duals, found.lots, strict=True)
    of_rows = zip(result.requirement_duals, found.requirements, strict=True)
    averages = zip(result.average_duals, found.requirements, strict=True)
    allowed = Fraction(sum(a * row.allowance for a, row in averages), SCALE)
    volumes = sum(v * row.volume_kg for v, row in of_rows)
    return sum(u * row.available_kg for u, row in of_lots) + volumes + math.ceil(allowed)


def with_gap(found: Market, result: Result) -> Result:
    """The gap as it must be for these matches."""
    possible = bound(found, result)
    lost = possible - reached(result)
    return replace(result, gap=Decimal(lost) / max(possible, 1) if lost else Decimal(0))


@given(contracted_markets())
@settings(max_examples=100)
def test_the_certified_bound_is_never_below_the_optimum(found: Market) -> None:
    result = engine.solve(found)
    assert plain_milp(found) <= bound(found, result) * (1 + 1e-9) + 1e-3
    assert result == with_gap(found, result)


@given(contracted_markets(), st.data())
@settings(max_examples=100)
def test_a_kilogram_more_passes_only_where_no_rule_breaks(
    found: Market, data: st.DataObject
) -> None:
    """Of any match, with sums and gap to fit; judged by other code than the checker's."""
    result = engine.solve(found)
    assume(result.matches)
    place = data.draw(st.integers(0, len(result.matches) - 1))
    one = result.matches[place]
    worth = one.surplus_e7 // one.quantity_kg
    more = replace(one, quantity_kg=one.quantity_kg + 1, surplus_e7=one.surplus_e7 + worth)
    forged = replace(
        result,
        matches=(*result.matches[:place], more, *result.matches[place + 1 :]),
        total_surplus_e7=result.total_surplus_e7 + worth,
    )
    lots = {row.key: place for place, row in enumerate(found.lots)}
    rows = {row.key: place for place, row in enumerate(found.requirements)}
    trades = [(lots[m.lot], rows[m.requirement], m.quantity_kg) for m in forged.matches]
    verdict = engine.verify(found, with_gap(found, forged))
    assert verdict.ok == (not check(found, trades).violations)

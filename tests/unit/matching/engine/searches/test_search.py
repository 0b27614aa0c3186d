"""Parts too large for one program: relaxed, dived into, improved; on small ones, to compare."""

import math
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from matching.engine import Market
from matching.engine.arrays import Ints, sums_at, total
from matching.engine.errors import EngineError
from matching.engine.flows import sector, sectors
from matching.engine.searches import (
    diving,
    kilograms,
    multipliers,
    neighbourhoods,
    program,
    relaxation,
    special,
)
from matching.engine.searches import search as searching
from matching.engine.searches.parts import Part
from matching.engine.searches.search import Found
from tests.benchmarks.markets import synthetic
from tests.factories.parts import ints, part
from tests.strategies import contracted_markets, special_markets


def parts(market: Market) -> Iterator[Part]:
    for lots, rows in sectors.split(market.columns):
        found = special.listed(sector.build(market.columns, lots, rows), np.arange(len(rows)))
        if len(found.pairs.lot):
            yield found


def check(found: Part, amounts: Ints) -> None:
    """Every rule of the part, in whole kilograms."""
    pairs, m = found.pairs, len(found.volume)
    assert amounts.dtype == np.int64 and (amounts >= 0).all()
    assert ((amounts == 0) | (amounts >= pairs.least)).all()
    assert (sums_at(pairs.lot, amounts, len(found.available)) <= found.available).all()
    got = sums_at(pairs.requirement, amounts, m)
    assert (got <= found.volume).all() and ((got == 0) | (got >= found.floor)).all()
    assert (sums_at(pairs.requirement, amounts * pairs.excess, m) <= found.allowance).all()


def certified(found: Part, duals: tuple[Ints, Ints, Ints]) -> int:
    """The bound that these multipliers prove, after a look at every pair."""
    u, v, a = duals
    pairs = found.pairs
    assert min(u.min(), v.min(), a.min()) >= 0
    over = 1000 * (pairs.profit - u[pairs.lot] - v[pairs.requirement])
    assert (over <= a[pairs.requirement] * pairs.excess).all()
    allowed = Fraction(total(a, found.allowance), 1000)
    return total(u, found.available) + total(v, found.volume) + math.ceil(allowed)


def bound_by_lp(found: Part) -> float:
    """The relaxation's optimum by scipy, over all pairs at once."""
    pairs, n, m = found.pairs, len(found.available), len(found.volume)
    rows, each = np.zeros((n + 2 * m, len(pairs.lot))), np.arange(len(pairs.lot))
    rows[pairs.lot, each] = rows[n + pairs.requirement, each] = 1
    rows[n + m + pairs.requirement, each] = pairs.excess
    limits = [*found.available.tolist(), *found.volume.tolist(), *found.allowance.tolist()]
    return -float(linprog(-pairs.profit, A_ub=rows, b_ub=limits, method="highs").fun)


def reached(found: Part, amounts: Ints) -> int:
    return total(found.pairs.profit, amounts)


@pytest.fixture
def rounding(monkeypatch: pytest.MonkeyPatch) -> None:
    """No part is small enough to be searched whole."""
    monkeypatch.setattr(searching, "WHOLE_PAIRS", 0)


def rounded(found: Part) -> Found:
    answer = searching.search(found)
    assert not answer.ended
    check(found, answer.amounts)
    bound = certified(found, (answer.u, answer.v, answer.a))
    assert reached(found, answer.amounts) <= bound == answer.bound
    return answer


@given(st.one_of(special_markets(), contracted_markets()))
@settings(max_examples=200)
def test_rounding_keeps_every_rule_and_its_own_bound(market: Market) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(searching, "WHOLE_PAIRS", 0)
        for found in parts(market):
            answer, best = rounded(found), program.search(found).bound
            assert reached(found, answer.amounts) <= best * (1 + 1e-6) + 1


@given(st.one_of(special_markets(), contracted_markets()))
@settings(max_examples=80)
def test_a_small_part_is_searched_whole(market: Market) -> None:
    for found in parts(market):
        answer = searching.search(found)
        check(found, answer.amounts)
        assert answer.ended
        assert reached(found, answer.amounts) <= answer.bound * (1 + 1e-6) + 1
        assert answer.bound <= certified(found, (answer.u, answer.v, answer.a))


@given(st.one_of(special_markets(), contracted_markets()))
@settings(max_examples=80)
def test_generated_columns_relax_like_all_of_them(market: Market) -> None:
    for found in parts(market):
        generated = multipliers.exact(found, relaxation.relaxed(found).multipliers)
        units = sum(found.available.tolist()) + sum(found.volume.tolist())
        best = bound_by_lp(found)
        assert abs(certified(found, generated) - best) <= 4 * units + 1e-6 * best


@pytest.mark.usefixtures("rounding")
def test_a_synthetic_market_within_half_a_percent_the_same_twice() -> None:
    found = max(parts(synthetic(150, minimums=0.2, averages=0.1)), key=lambda one: len(one.lots))
    answer, again = rounded(found), rounded(found)
    assert np.array_equal(answer.amounts, again.amounts)
    assert reached(found, answer.amounts) >= 0.995 * answer.bound


@pytest.mark.usefixtures("rounding")
def test_a_lot_that_goes_whole_goes_to_who_takes_it_whole() -> None:
    found = part((0, 0, 9, 100, 0), (0, 1, 5, 100, 0), available=(100,), volume=(60, 100))
    found = Part(found.pairs.at(ints(1)), *list(vars(found).values())[1:])
    assert rounded(found).amounts.tolist() == [100]


@pytest.mark.usefixtures("rounding")
def test_a_portion_that_the_relaxation_splits_goes_to_the_better() -> None:
    found = part(
        (0, 0, 9, 80, 0), (0, 1, 8, 80, 0), (1, 0, 1, 1, 0), (1, 1, 5, 1, 0),
        available=(100, 90), volume=(90, 90),
    )  # fmt: skip
    # 90 x 9 and 10 x 8 would break a portion; 80 kg or more for the second leave less.
    assert rounded(found).amounts.tolist() == [90, 0, 0, 90]


@pytest.mark.usefixtures("rounding")
@pytest.mark.parametrize(("there", "expected"), [(60, [0]), (75, [0]), (90, [90])])
def test_a_floor_is_reached_or_left(there: int, expected: list[int]) -> None:
    found = part((0, 0, 5, 1, 0), available=(there,), volume=(100,), floor=(80,))
    assert rounded(found).amounts.tolist() == expected


def test_a_dive_takes_a_portion_back_that_breaks_an_average() -> None:
    """Of the dirty lot, half a portion fits beside the clean kilograms: forced, it must go."""
    found = part((0, 0, 5, 1, -1_000), (1, 0, 9, 100, 1_000), available=(60, 200), volume=(300,))
    master = relaxation.relaxed(found)
    assert master.kilograms.tolist() == pytest.approx([60, 60])
    pattern = diving.pattern(master)
    assert pattern.kilograms.tolist() == pytest.approx([60, 0])
    assert kilograms.whole(found, pattern).tolist() == [60, 0]


def test_a_dive_leaves_a_requirement_whose_floor_breaks_its_average() -> None:
    found = part(
        (0, 0, 5, 1, -1_000), (1, 0, 9, 1, 1_000), (0, 1, 7, 1, 0),
        available=(80, 200), volume=(200, 10), floor=(180, 0),
    )  # fmt: skip
    pattern = diving.pattern(relaxation.relaxed(found))
    assert pattern.served.tolist() == [False, True]
    assert kilograms.whole(found, pattern).tolist() == [0, 0, 10]


def test_a_neighbourhood_hands_out_anew_what_was_badly_handed_out() -> None:
    found = part(
        (0, 0, 5, 1, 0), (0, 1, 9, 1, 0), (1, 0, 5, 1, 0), (1, 1, 1, 1, 0),
        available=(50, 50), volume=(50, 50),
    )  # fmt: skip
    duals = multipliers.exact(found, relaxation.relaxed(found).multipliers)
    assert neighbourhoods.improve(found, ints(50, 0, 0, 50), duals).tolist() == [0, 50, 50, 0]


def test_searches_of_neighbourhoods_are_counted() -> None:
    """The first of two requirements that could have more gets it, then the count is reached."""
    found = part((0, 0, 5, 1, 0), (1, 1, 9, 1, 0), available=(50, 50), volume=(50, 50))
    duals = multipliers.exact(found, relaxation.relaxed(found).multipliers)
    once = (neighbourhoods.Stage(size=1, searches=1, effort=program.TO_THE_END),)
    assert neighbourhoods.improve(found, ints(0, 0), duals, once).tolist() == [0, 50]


def test_a_neighbourhood_begins_where_an_allowance_is_left_and_uses_it() -> None:
    """50 kg of the dirty lot at 9 are worth more than 50 of the other at 5; one search is made."""
    found = part(
        (0, 0, 9, 1, 1_000), (1, 1, 5, 1, 0),
        available=(100, 50), volume=(100, 50), allowance=(50_000, 0),
    )  # fmt: skip
    duals = multipliers.exact(found, relaxation.relaxed(found).multipliers)
    once = (neighbourhoods.Stage(size=1, searches=1, effort=program.TO_THE_END),)
    assert neighbourhoods.improve(found, ints(0, 0), duals, once).tolist() == [50, 0]


def test_a_neighbourhood_without_an_answer_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_ignored: object) -> None:
        raise EngineError("no answer")

    found = part((0, 0, 5, 1, 0), available=(50,), volume=(50,))
    duals = multipliers.exact(found, relaxation.relaxed(found).multipliers)
    monkeypatch.setattr(program, "search", fails)
    assert neighbourhoods.improve(found, ints(20), duals).tolist() == [20]


def test_a_portion_that_is_neither_near_nor_far_is_barred_when_it_is_the_last() -> None:
    found = part((0, 0, 5, 100, 0), (0, 1, 9, 1, 0), available=(100,), volume=(100, 60))
    master = relaxation.relaxed(found)
    assert master.kilograms.tolist() == pytest.approx([40, 60])
    assert diving.pattern(master).kilograms.tolist() == pytest.approx([0, 60])


def test_undervalued_pairs_join_the_relaxation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clean kilograms are not worth much by themselves, but carry dirty ones."""
    monkeypatch.setattr(relaxation, "FIRST", 1)
    found = part(
        (0, 0, 1, 1, -1_000), (1, 0, 9, 1, 1_000), (1, 1, 2, 1, 0),
        available=(100, 300), volume=(150, 60),
    )  # fmt: skip
    master = relaxation.relaxed(found)
    assert sorted(master.known.tolist()) == [0, 1, 2]
    assert master.kilograms[np.argsort(master.known)].tolist() == pytest.approx([75, 75, 60])


def test_the_relaxation_takes_what_an_allowance_lets_it() -> None:
    found = part((0, 0, 9, 1, 1_000), available=(100,), volume=(100,), allowance=(50_000,))
    assert relaxation.relaxed(found).kilograms.tolist() == pytest.approx([50])


def test_portions_that_do_not_fit_together_have_no_relaxation() -> None:
    found = part((0, 0, 5, 60, 0), (0, 1, 5, 60, 0), available=(100,), volume=(60, 60))
    master = relaxation.relaxed(found)
    master.force(ints(0, 1))
    with pytest.raises(EngineError, match="kInfeasible"):
        master.run()


def test_a_search_that_did_not_end_gives_way_to_a_better_rounding(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = part((0, 0, 5, 1, 0), available=(50,), volume=(50,))
    pattern = program.search(found)
    stopped = replace(pattern, kilograms=0 * pattern.kilograms, trades=~pattern.trades, ended=False)
    answers = iter([stopped])
    search = program.search
    monkeypatch.setattr(program, "search", lambda *given: next(answers, None) or search(*given))
    answer = searching.search(found)
    assert (answer.amounts.tolist(), answer.ended) == ([50], False)

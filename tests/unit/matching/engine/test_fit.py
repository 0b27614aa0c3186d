"""Which lots fit one requirement, and which but for one rule: against the rules one by one."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from matching.engine import Fit, Market, Rule, fit, solve
from matching.engine.compatibility import RULES
from matching.engine.rows import LotRow
from tests.factories.engine import DAY, GATE, SMELTER, lot, requirement
from tests.strategies import markets, special_markets


def keys(lots: tuple[LotRow, ...]) -> list[str]:
    return [one.key for one in lots]


def test_the_published_example_of_a_limit_and_its_near_misses() -> None:
    """A fits 4.000; B lacks a scheme; C is at 4.400 and D misses two rules."""
    wanted = requirement(max_ci_milli=4_000, required_schemes=frozenset({"CGMC_GREEN_POWER"}))
    offered = [
        lot("A"),
        lot("B", schemes=frozenset()),
        lot("C", carbon_milli={SMELTER: 4_400}),
        lot("D", carbon_milli={SMELTER: 4_400}, schemes=frozenset()),
        lot("E", ask_e4=9_990_000),
        lot("F", ask_e4=None),
        lot("G", window_start=DAY - timedelta(days=9), window_end=DAY - timedelta(days=1)),
        lot("H", carbon_milli={GATE: 1_000}),
    ]

    found = fit(offered, wanted, DAY)

    assert keys(found.fitting) == ["A", "E"], "what it asks does not matter"
    assert {rule: keys(lots) for rule, lots in found.alone.items()} == {
        Rule.SCHEME_MISSING: ["B"],
        Rule.CI_TOO_HIGH: ["C"],
        Rule.NOT_COMPARABLE: ["H"],
    }
    assert keys(found.unpriced) == ["F"]


def test_rules_may_be_left_out_and_lots_stay_apart() -> None:
    wanted = requirement(max_ci_milli=3_000)

    found = fit([lot("A"), lot("B")], wanted, DAY, leaving={Rule.CI_TOO_HIGH}, apart=["B"])

    assert keys(found.fitting) == ["A"]
    assert keys(found.alone[Rule.BLOCKED]) == ["B"]


def test_nothing_fits_a_requirement_whose_time_is_over_though_a_lot_shares_days_with_it() -> None:
    """As in a round: EXPIRED, whatever else."""
    late = requirement(window_start=DAY - timedelta(days=9), window_end=DAY - timedelta(days=1))
    offered = [lot("A", window_start=DAY - timedelta(days=9)), lot("B", carbon_milli={GATE: 1})]

    assert fit(offered, late, DAY) == Fit((), {}, ())
    assert keys(fit(offered, late, DAY, leaving={Rule.WINDOW}).fitting) == ["A"]
    today = replace(late, window_end=DAY)
    assert keys(fit(offered, today, DAY).fitting) == ["A"]


def test_without_lots_nothing_fits() -> None:
    found = fit([], requirement(), DAY)

    assert (found.fitting, found.alone, found.unpriced) == ((), {}, ())


@given(st.one_of(markets(), special_markets()), st.frozensets(st.sampled_from(list(Rule))))
def test_it_is_what_the_rules_say_pair_by_pair(found: Market, leaving: frozenset[Rule]) -> None:
    lots, stated, rows, tables, *_rest = vars(found.columns).values()
    asked = set(Rule) - leaving - {Rule.PREMIUM_TOO_HIGH}
    for j, wanted in enumerate(found.requirements):
        apart = [one for one, other in found.blocked_pairs if other == wanted.key]
        seen = fit(found.lots, wanted, found.as_of, leaving=leaving, apart=apart)
        if wanted.window_end < found.as_of and Rule.WINDOW in asked:
            assert seen == Fit((), {}, ())
            continue
        fitting, alone, unpriced = list[str](), dict[Rule, list[str]](), list[str]()
        for i, offered in enumerate(found.lots):
            failed = [
                rule
                for rule in Rule
                if rule in asked
                and not RULES[rule](lots[i], rows[j], stated[rows[j]["boundary"], i], tables)
            ]
            if offered.window_end < found.as_of:
                continue
            if not failed:
                (unpriced if offered.ask_e4 is None else fitting).append(offered.key)
            elif len(failed) == 1 and offered.ask_e4 is not None:
                alone.setdefault(failed[0], []).append(offered.key)
        assert keys(seen.fitting) == fitting
        assert keys(seen.unpriced) == unpriced
        assert {rule: keys(one) for rule, one in seen.alone.items()} == alone


@given(st.one_of(markets(), special_markets()))
def test_a_round_matches_nothing_but_what_fits(found: Market) -> None:
    """Whatever a round gives a requirement was in its preview, at no more than what was there."""
    given_to = {
        wanted.key: fit(
            found.lots,
            wanted,
            found.as_of,
            apart=[one for one, other in found.blocked_pairs if other == wanted.key],
        )
        for wanted in found.requirements
    }
    for match in solve(found).matches:
        fitting = {one.key: one for one in given_to[match.requirement].fitting}
        assert match.quantity_kg <= fitting[match.lot].available_kg

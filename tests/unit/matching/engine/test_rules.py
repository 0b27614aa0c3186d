"""Every hard rule: told alone, in its order, and the same in both of its two forms."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from matching import engine
from matching.engine import Market
from matching.engine.compatibility import RULES, Rule
from matching.engine.proofs.verify import broken_rules
from tests.factories.engine import DAY, GATE, SMELTER, lot, market, requirement
from tests.strategies import markets

LATER = DAY + timedelta(days=90)
BREAKING: dict[Rule, tuple[dict[str, Any], dict[str, Any]]] = {
    Rule.PRODUCT: ({}, {"product_forms": frozenset({"SLAB"})}),
    Rule.GRADE: ({}, {"grades": frozenset({"6063"})}),
    Rule.SAME_PARTY: ({"group": "b1"}, {}),
    Rule.NOT_COMPARABLE: ({}, {"boundary": GATE}),
    Rule.CI_TOO_HIGH: ({}, {"max_ci_milli": 3_199}),
    Rule.CI_UNVERIFIED: ({}, {"verified_ci_only": True}),
    Rule.SCHEME_MISSING: ({}, {"required_schemes": frozenset({"ASI_COC"})}),
    Rule.OFFSETS: ({"offsets_used": True}, {}),
    Rule.ORIGIN: ({}, {"allowed_origins": frozenset({"NO"})}),
    Rule.PRODUCER_EXCLUDED: ({}, {"excluded_producers": frozenset({"p1"})}),
    Rule.BUYER_EXCLUDED: ({"excluded_buyers": frozenset({"b1"})}, {}),
    Rule.ENERGY: ({}, {"energy_sources": frozenset({"WIND"})}),
    Rule.RENEWABLE: ({"renewable_centi_pct": 7_499}, {"min_renewable_centi_pct": 7_500}),
    Rule.RECYCLED: ({}, {"min_recycled_post_centi_pct": 1}),
    Rule.REGION: ({"delivery_regions": frozenset({"CN"})}, {}),
    Rule.WINDOW: ({}, {"window_start": LATER, "window_end": LATER}),
    Rule.TERMS: ({"incoterm": "CIF"}, {"accepted_incoterms": frozenset({"FOB"})}),
    Rule.PREMIUM_TOO_HIGH: ({}, {"max_premium_e4": 199_999}),
}


@pytest.mark.parametrize("rule", BREAKING, ids=lambda rule: rule.name)
def test_a_broken_rule_is_told_by_its_name(rule: Rule) -> None:
    offered, wanted = BREAKING[rule]
    found = market(lot(**offered), requirement(**wanted))
    result = engine.solve(found)
    assert result.matches == ()
    for told in engine.explain(found, result):
        assert (told.reason, dict(told.failing_first)) == (rule.name, {rule.name: 1})


def test_the_first_rule_in_the_documented_order_counts() -> None:
    found = market(lot(offsets_used=True), requirement(max_ci_milli=3_000, max_premium_e4=0))
    (_lot, wanted) = engine.explain(found, engine.solve(found))
    assert dict(wanted.failing_first) == {"CI_TOO_HIGH": 1}


def test_a_declined_pair_stays_apart() -> None:
    found = market(lot(), requirement(), blocked_pairs=[("L1", "R1")])
    assert engine.solve(found).matches == ()
    assert {told.reason for told in engine.explain(found, engine.solve(found))} == {"BLOCKED"}


def test_without_a_rate_or_after_its_window_a_party_says_so_itself() -> None:
    cases = (
        (lot(ask_e4=None), requirement(), "L1", "NO_FX_RATE"),
        (lot(), requirement(max_premium_e4=None), "R1", "NO_FX_RATE"),
        (lot(window_start=DAY, window_end=DAY - timedelta(days=1)), requirement(), "L1", "EXPIRED"),
        (lot(), requirement(window_end=DAY - timedelta(days=1)), "R1", "EXPIRED"),
    )
    for offered, wanted, key, reason in cases:
        found = market(offered, wanted)
        result = engine.solve(found)
        assert result.matches == ()
        told = {one.key: one.reason for one in engine.explain(found, result)}
        assert told[key] == reason
        assert told[{"L1": "R1", "R1": "L1"}[key]] == "NO_COUNTERPART"


def test_any_scheme_is_enough_where_any_is_asked() -> None:
    wanted = frozenset({"CGMC_GREEN_POWER", "ASI_COC"})
    assert not engine.solve(market(lot(), requirement(required_schemes=wanted))).matches
    any_of = requirement(required_schemes=wanted, schemes_rule="ANY")
    assert engine.solve(market(lot(), any_of)).matches


def test_an_excluded_country_wins_over_an_allowed_one() -> None:
    both = frozenset({"CN"})
    found = market(lot(), requirement(allowed_origins=both, excluded_origins=both))
    assert not engine.solve(found).matches


def test_a_verified_value_of_another_boundary_does_not_count() -> None:
    offered = lot(carbon_milli={SMELTER: 3_000, GATE: 4_000}, ci_verified=frozenset({GATE}))
    assert not engine.solve(market(offered, requirement(verified_ci_only=True))).matches


@given(markets())
def test_columns_and_rows_agree_on_every_pair(found: Market) -> None:
    """`verify` checks rows in plain terms, `solve` columns by masks: two forms of one contract."""
    lots, stated, rows, tables, *_rest = vars(found.columns).values()
    for row, wanted in zip(rows, found.requirements, strict=True):
        passing = lots["sound"] & row["sound"]
        for rule in RULES.values():
            passing &= rule(lots, row, stated[row["boundary"]], tables)
        by_rows = [
            (offered.key, wanted.key) not in found.blocked_pairs
            and not list(broken_rules(found, offered, wanted))
            for offered in found.lots
        ]
        assert passing.tolist() == by_rows


@given(markets())
def test_a_rule_reads_alike_from_either_side(found: Market) -> None:
    lots, stated, rows, tables, *_rest = vars(found.columns).values()
    for rule in RULES.values():
        by_row = [rule(lots, row, stated[row["boundary"]], tables).tolist() for row in rows]
        by_lot = [
            rule(lot, rows, stated[rows["boundary"], place], tables).tolist()
            for place, lot in enumerate(lots)
        ]
        assert np.array_equal(np.array(by_row).T.ravel(), np.array(by_lot).ravel())

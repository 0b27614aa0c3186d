"""Counts of counterparts by rule, against the rules asked pair by pair."""

from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import engine
from matching.engine import Market
from matching.engine.compatibility import PASSES, RULES, Rule
from matching.engine.reasons import kinds, relief, standing, tally
from tests.benchmarks.markets import synthetic
from tests.strategies import markets, special_markets

Counts = dict[str, int]


def failing(found: Market, lot: int, row: int) -> list[Rule]:
    lots, stated, rows, tables, *_rest = vars(found.columns).values()
    one, other = lots[lot], rows[row]
    said = stated[other["boundary"], lot]
    return [rule for rule, passes in RULES.items() if not passes(one, other, said, tables)]


def by_hand(found: Market, key: str, *, is_lot: bool) -> tuple[Counts, Counts]:
    """(failing first, failing alone), over the counterparts that take part."""
    lots, rows = found.columns.lots, found.columns.rows
    pairs = [
        (i, j)
        for i, lot in enumerate(found.lots)
        for j, row in enumerate(found.requirements)
        if key == (lot.key if is_lot else row.key) and (rows[j] if is_lot else lots[i])["sound"]
    ]
    failed = [names for i, j in pairs if (names := failing(found, i, j))]
    first, alone = [names[0] for names in failed], [names[0] for names in failed if len(names) == 1]
    return (
        {rule.name: first.count(rule) for rule in Rule if rule in first},
        {rule.name: alone.count(rule) for rule in Rule if rule in alone},
    )


@given(st.one_of(markets(), special_markets()))
def test_it_counts_who_fails_first_and_who_fails_alone(found: Market) -> None:
    unpriced = {row.key for row in found.requirements if row.max_premium_e4 is None}
    for one in engine.explain(found, engine.solve(found)):
        first, alone = by_hand(found, one.key, is_lot=one.is_lot)
        told = dict(one.failing_first), dict(one.passing_alone)
        assert told == (({}, {}) if one.key in unpriced else (first, alone))


@pytest.mark.parametrize("size", [9, 70])
@pytest.mark.parametrize("few", [0, 10**6])
def test_tiles_and_kinds_do_not_show(size: int, few: int) -> None:
    """Smaller tiles than the market, and parties that are alike asked once or one by one."""
    found = synthetic(size, products=28, minimums=0.2)
    result = engine.solve(found)
    expected = engine.explain(found, result)
    small = mock.patch.multiple(tally, PAIRS=24, ACROSS=5)
    with small, mock.patch.object(kinds, "FEW", few):
        assert engine.explain(found, result) == expected


@given(markets())
def test_pairs_are_near_when_no_rule_but_those_left_out_fails(found: Market) -> None:
    leaving = frozenset({Rule.CI_TOO_HIGH, Rule.PREMIUM_TOO_HIGH})
    columns = found.columns
    everybody = np.arange(len(columns.lots)), np.arange(len(columns.rows))
    pairs = {
        pair
        for lot, row in tally.near(columns, *everybody, leaving)
        for pair in zip(lot.tolist(), row.tolist(), strict=True)
    }
    assert pairs == {
        (i, j)
        for i in everybody[0].tolist()
        for j in everybody[1].tolist()
        if columns.lots["sound"][i]
        and columns.rows["sound"][j]
        and leaving.issuperset(failing(found, i, j))
    }


@given(markets())
def test_the_flow_knows_the_same_near_pairs(found: Market) -> None:
    columns = found.columns
    lots, rows = standing.of(found, engine.solve(found))
    net = relief.net(columns, lots, rows, lots_faced=True)
    for i in range(len(columns.lots)):
        for j in range(len(columns.rows)):
            sound = columns.lots["sound"][i] and columns.rows["sound"][j]
            stopped = set(failing(found, i, j)) - {Rule.PREMIUM_TOO_HIGH}
            assert relief.near(net, i, j) == (sound and not stopped)


def test_who_passes_is_counted_too() -> None:
    found = synthetic(40)
    everybody = np.ones(40, dtype=np.bool_)
    (tile,) = tally.tiles(found.columns, everybody, everybody)
    assert tile.of_lots.first[:, PASSES].sum() == engine.solve(found).compatible_pairs


def test_pairs_of_which_neither_asks_are_left_out() -> None:
    columns = synthetic(40).columns
    asking = np.arange(40) == 7
    with mock.patch.multiple(tally, PAIRS=25, ACROSS=5):
        tiles = list(tally.tiles(columns, asking, asking))
    # The first of eight fives of lots with all requirements, and the other way round.
    assert len(tiles) == 15
    pairs = {(i, j) for tile in tiles for i in tile.lots.tolist() for j in tile.rows.tolist()}
    assert {(7, j) for j in range(40)} | {(i, 7) for i in range(40)} <= pairs

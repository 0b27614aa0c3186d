"""Parts that a search decides, found in their sector; and those too large to list their pairs."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings

from matching import engine
from matching.engine import Market, Result
from matching.engine.searches import special
from tests.benchmarks.checks import check
from tests.benchmarks.markets import synthetic
from tests.strategies import special_markets


@pytest.fixture
def unlisted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every part has too many pairs, begins with one a requirement, and others join but once."""
    for name, value in {"LISTED": 0, "NEAR": 1, "ADDED": 1, "ROUNDS": 1}.items():
        monkeypatch.setattr(special, name, value)


def keeps_every_rule(found: Market, result: Result) -> bool:
    lots = {row.key: place for place, row in enumerate(found.lots)}
    rows = {row.key: place for place, row in enumerate(found.requirements)}
    trades = ((lots[m.lot], rows[m.requirement], m.quantity_kg) for m in result.matches)
    return not check(found, trades).violations


@pytest.mark.usefixtures("unlisted")
@given(special_markets())
@settings(max_examples=100)
def test_without_the_list_the_bound_still_holds_over_all_pairs(found: Market) -> None:
    result = engine.solve(found)
    assert engine.verify(found, result).ok
    assert keeps_every_rule(found, result)


def test_near_pairs_are_enough_for_nearly_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    found = synthetic(100, minimums=0.2, averages=0.1)
    listed = engine.solve(found)
    monkeypatch.setattr(special, "LISTED", 0)
    near = engine.solve(found)
    assert near.searched == listed.searched
    assert engine.verify(found, near).ok
    assert near.gap <= listed.gap + Decimal("0.02")


def test_pairs_join_until_none_is_undervalued(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one pair each to begin with, and rounds enough, the certified bound is the same."""
    found = synthetic(60, minimums=0.2, averages=0.2, seed=3)
    listed = engine.solve(found)
    for name, value in {"LISTED": 0, "NEAR": 1, "ADDED": 4, "ROUNDS": 50}.items():
        monkeypatch.setattr(special, name, value)
    near = engine.solve(found)
    bounds = [
        sum(np.array(one.lot_duals, dtype=object) * found.columns.lots["available"])
        + sum(np.array(one.requirement_duals, dtype=object) * found.columns.rows["volume"])
        for one in (listed, near)
    ]
    assert bounds[0] == pytest.approx(bounds[1], rel=1e-6)

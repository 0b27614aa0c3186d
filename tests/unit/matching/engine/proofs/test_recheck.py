"""The checker's own pass over all pairs: the same as a plain loop over rows, pair by pair."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine import Market
from matching.engine.proofs import recheck, sieve
from matching.engine.proofs.components import ABSENT, Components, same
from matching.engine.proofs.verify import broken_rules
from tests.benchmarks.markets import synthetic
from tests.factories.engine import GATE, SMELTER, lot, market, requirement
from tests.strategies import markets, special_markets

# Of a pair: its profit 2w + 1, and its milli t/t above an average limit.
Pairs = dict[tuple[int, int], tuple[int, int]]
ANY = st.one_of(markets(12), special_markets(7))


def found_by_the_pass(found: Market) -> Pairs:
    pairs: Pairs = {}
    for offer in recheck.offers(found):
        columns = (offer.wanted, offer.profit, offer.excess)
        for wanted, profit, excess in zip(*(one.tolist() for one in columns), strict=True):
            assert (offer.lot, wanted) not in pairs
            pairs[offer.lot, wanted] = profit, excess
    return pairs


def found_by_hand(found: Market) -> Pairs:
    return dict(_by_hand(found))


def _by_hand(found: Market) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    for i, offered in enumerate(found.lots):
        for j, row in enumerate(found.requirements):
            blocked = (offered.key, row.key) in found.blocked_pairs
            if blocked or any(broken_rules(found, offered, row)):
                continue
            ci = offered.carbon_milli[row.boundary]
            excess = ci - row.max_ci_milli if row.averages else 0
            yield (i, j), (2 * row.value_e4(offered.ask_e4 or 0, ci) + 1, excess)


@given(ANY)
@settings(max_examples=150)
def test_the_pass_finds_the_pairs_of_a_plain_loop(found: Market) -> None:
    assert found_by_the_pass(found) == found_by_hand(found)


@given(ANY)
@settings(max_examples=100)
def test_rounding_and_forgetting_lose_nothing(found: Market) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sieve, "LEVELS", 2)
        patch.setattr(sieve, "KEPT", 1)
        assert found_by_the_pass(found) == found_by_hand(found)


@pytest.mark.parametrize(("size", "products"), [(63, 1), (64, 1), (65, 1), (150, 1), (200, 28)])
@pytest.mark.parametrize("share", [0.0, 0.4])
@pytest.mark.parametrize("levels", [3, sieve.LEVELS])
def test_a_market_of_several_words_of_bits(
    monkeypatch: pytest.MonkeyPatch, size: int, products: int, share: float, levels: int
) -> None:
    monkeypatch.setattr(sieve, "LEVELS", levels)
    found = synthetic(size, products=products, minimums=share, averages=share, seed=size)
    pairs = found_by_hand(found)
    assert pairs
    assert found_by_the_pass(found) == pairs


def test_carbon_of_zero_is_stated() -> None:
    found = market(lot(carbon_milli={SMELTER: 0}), requirement(max_ci_milli=0))
    assert found_by_the_pass(found) == found_by_hand(found) == {(0, 0): (100_001, 0)}


def test_a_pair_that_stays_apart_is_no_pair() -> None:
    apart = [("L1", "R1"), ("L1", "R9"), ("L9", "R2")]
    found = market(lot(), requirement("R1"), requirement("R2"), blocked_pairs=apart)
    assert found_by_the_pass(found) == found_by_hand(found) == {(0, 1): (100_001, 0)}


def test_each_boundary_has_its_own_limit() -> None:
    found = market(
        lot("both", carbon_milli={SMELTER: 3_000, GATE: 6_000}),
        lot("gate", carbon_milli={GATE: 3_000}),
        requirement("smelter"),
        requirement("gate", boundary=GATE, max_ci_milli=5_000),
    )
    told = {(found.lots[i].key, found.requirements[j].key) for i, j in found_by_the_pass(found)}
    assert told == {("both", "smelter"), ("gate", "gate")}


@given(st.lists(st.frozensets(st.integers(0, 7)), max_size=8))
@settings(max_examples=100)
def test_components_are_those_of_a_plain_search(rows: list[frozenset[int]]) -> None:
    """``rows``: the requirements that each lot meets."""
    found = Components(len(rows), 8)
    for place, wanted in enumerate(rows):
        if wanted:
            found.join(place, np.array(sorted(wanted)))
    groups: list[set[int]] = []
    for wanted in filter(None, rows):
        touched = [group for group in groups if group & wanted]
        groups = [group for group in groups if not group & wanted]
        groups.append(set(wanted).union(*touched))
    number = {one: place for place, group in enumerate(groups) for one in group}
    lots = [number[min(wanted)] if wanted else ABSENT for wanted in rows]
    names = np.array([*lots, *(number.get(place, ABSENT) for place in range(8))])
    labels = np.concatenate(found.labels())
    assert same(labels, names)
    for place in range(len(names)):
        other = names.copy()
        other[place] = 99
        assert same(labels, other) == (
            names[place] != ABSENT and (names == names[place]).sum() == 1
        )

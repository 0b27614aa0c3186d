"""Passes over pairs, and the split by product, against the rules asked pair by pair."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from matching.engine import Market
from matching.engine.flows import index, scan, sector, sectors
from matching.engine.flows.sector import Sector
from matching.engine.proofs.verify import broken_rules
from matching.engine.searches import special
from tests.factories.engine import DAY, SMELTER, lot, market, requirement
from tests.strategies import markets, plain_markets, special_markets

Pairs = set[tuple[str, str]]


def fields(found: Market) -> list[Sector]:
    return [sector.build(found.columns, *places) for places in sectors.split(found.columns)]


def keys(found: Market, field: Sector, lots: list[int], rows: list[int]) -> Pairs:
    return {
        (found.lots[field.lots["place"][i]].key, found.requirements[field.rows["place"][j]].key)
        for i, j in zip(lots, rows, strict=True)
    }


def listed(found: Market) -> Pairs:
    pairs: Pairs = set()
    for field in fields(found):
        part = special.listed(field, np.arange(len(field.rows)))
        own_lots, own_rows = part.pairs.lot, part.pairs.requirement
        pairs |= keys(
            found, field, part.lots[own_lots].tolist(), part.requirements[own_rows].tolist()
        )
    return pairs


def by_rules(found: Market) -> Pairs:
    return {
        (offered.key, row.key)
        for offered in found.lots
        for row in found.requirements
        if (offered.key, row.key) not in found.blocked_pairs
        and not list(broken_rules(found, offered, row))
    }


@given(st.one_of(markets(), special_markets(), plain_markets()))
def test_the_pairs_are_those_that_the_rules_allow(found: Market) -> None:
    pairs = by_rules(found)
    assert listed(found) == pairs
    labels = [np.empty(len(one.lots) + len(one.rows), dtype=np.int32) for one in fields(found)]
    counts = [scan.survey(one, label) for one, label in zip(fields(found), labels, strict=True)]
    assert sum(counts) == len(pairs)


@given(markets())
def test_a_survey_joins_exactly_what_pairs_connect(found: Market) -> None:
    """Each node's label is the smallest node that a chain of pairs leads to."""
    for field in fields(found):
        n = len(field.lots)
        label = np.empty(n + len(field.rows), dtype=np.int32)
        scan.survey(field, label)
        part = special.listed(field, np.arange(len(field.rows)))
        lots = part.lots[part.pairs.lot]
        rows = part.requirements[part.pairs.requirement] + n
        expected = np.arange(len(label))
        for _round in range(len(label)):
            lower = np.minimum(expected[lots], expected[rows])
            np.minimum.at(expected, lots, lower)
            np.minimum.at(expected, rows, lower)
        assert label.tolist() == expected.tolist()


def test_many_levels_of_a_number_are_rounded_towards_passing_and_decided_exactly() -> None:
    """More limits and days than have bits of their own, on more lots than one word has."""
    count = 3 * index.LEVELS
    lots = [
        lot(f"L{n:03d}", carbon_milli={SMELTER: 2_000 + 7 * n}, renewable_centi_pct=100 * n)
        for n in range(count)
    ]
    wanted = [
        requirement(f"R{n:03d}", max_ci_milli=2_003 + 7 * n, min_renewable_centi_pct=97 * n)
        for n in range(count)
    ]
    found = market(*lots, *wanted)
    assert listed(found) == by_rules(found)


def test_products_that_nobody_joins_are_sectors_of_their_own() -> None:
    slab, billet = frozenset({"SLAB"}), frozenset({"BILLET"})
    found = market(
        lot("A"), lot("B", product_form="SLAB"), lot("C", product_form="BILLET"),
        lot("D", product_form="SOW"), lot("E", ask_e4=None), lot("F", grade="6060"),
        requirement("R1"), requirement("R2", product_forms=slab | billet),
        requirement("R3", product_forms=frozenset({"WIRE_ROD"})),
        requirement("R4", max_premium_e4=None),
    )  # fmt: skip
    named = [
        ([found.lots[i].key for i in lots], [found.requirements[j].key for j in rows])
        for lots, rows in sectors.split(found.columns)
    ]
    assert named == [(["A", "F"], ["R1"]), (["B", "C"], ["R2"])]


@given(markets())
def test_no_pair_crosses_sectors(found: Market) -> None:
    place: dict[str, int] = {}
    for number, (lots, rows) in enumerate(sectors.split(found.columns)):
        place |= {found.lots[i].key: number for i in lots.tolist()}
        place |= {found.requirements[j].key: number for j in rows.tolist()}
    for one, other in by_rules(found):
        assert place[one] == place[other]


def test_a_market_of_another_day_or_another_word_has_another_hash() -> None:
    one = market(lot(), requirement())
    hashes = {
        one.inputs_sha256,
        market(lot(grade="p0506a"), requirement()).inputs_sha256,
        market(lot(), requirement(boundary="CRADLE_TO_GATE")).inputs_sha256,
        market(lot(), requirement(allowed_producers=frozenset({"x"}))).inputs_sha256,
        market(lot(), requirement(), blocked_pairs=[("L1", "R1")]).inputs_sha256,
        Market.build([lot()], [requirement()], DAY.replace(day=25)).inputs_sha256,
    }
    assert len(hashes) == 6

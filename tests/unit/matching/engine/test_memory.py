"""What did not change is not solved again, and what is remembered never shows."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from matching import engine
from matching.engine import Market, Memory
from tests.factories.engine import DAY, lot, market, requirement
from tests.strategies import markets

SLAB = frozenset({"SLAB"})
LOTS = [lot("A"), lot("B", product_form="SLAB", producer="p2", group="p2")]
ROWS = [requirement("R1"), requirement("R2", product_forms=SLAB, buyer="b2", group="b2")]


def test_an_unchanged_sector_is_remembered() -> None:
    memory = Memory()
    engine.solve(market(*LOTS, *ROWS), memory=memory)
    more = market(*LOTS, *ROWS, lot("0", product_form="SLAB", producer="new", group="new"))
    assert engine.solve(more, memory=memory) == engine.solve(more)
    assert memory.hits == 1


def test_any_change_of_a_sector_is_seen() -> None:
    changes: list[Market] = [
        market(replace(LOTS[0], ask_e4=1), *LOTS[1:], *ROWS),
        market(replace(LOTS[0], producer="b1"), *LOTS[1:], *ROWS),
        market(*LOTS, replace(ROWS[0], allowed_producers=frozenset({"p9"})), ROWS[1]),
        market(*LOTS, replace(ROWS[0], boundary="CRADLE_TO_GATE"), ROWS[1]),
        market(*LOTS, *ROWS, blocked_pairs=[("A", "R1")]),
        market(*LOTS, replace(ROWS[0], max_ci_milli=3_000), ROWS[1]),
    ]
    for changed in changes:
        memory = Memory()
        engine.solve(market(*LOTS, *ROWS), memory=memory)
        assert engine.solve(changed, memory=memory) == engine.solve(changed)
        assert memory.hits == 1


def test_what_a_market_had_no_use_for_is_forgotten() -> None:
    memory = Memory()
    for found in (market(*LOTS, *ROWS), market(), market(*LOTS, *ROWS)):
        engine.solve(found, memory=memory)
    assert memory.hits == 0


@given(markets(), st.data())
def test_a_remembered_round_equals_a_full_one(found: Market, data: st.DataObject) -> None:
    """A row goes, another changes: the same result, byte for byte, as from nothing."""
    memory = Memory()
    engine.solve(found, memory=memory)
    lots, rows = list(found.lots), list(found.requirements)
    if lots:
        lots.pop(data.draw(st.integers(0, len(lots) - 1)))
    if rows:
        place = data.draw(st.integers(0, len(rows) - 1))
        rows[place] = replace(rows[place], volume_kg=data.draw(st.integers(1, 1_000)))
    changed = Market.build(lots, rows, DAY, found.blocked_pairs)
    assert engine.solve(changed, memory=memory) == engine.solve(changed)
    assert engine.solve(changed, memory=memory, workers=2) == engine.solve(changed)

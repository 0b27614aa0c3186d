"""What may be told of the market: three parties a side, none above 60 %, blocks apart."""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain import signals
from marketplace.domain.signals import Trade

MONDAY = date(2026, 9, 7)
WEEK = timedelta(weeks=1)


def trade(producer: int, buyer: int, tonnes: int, *, week: int = 0, usd: str = "20") -> Trade:
    kg = tonnes * 1000
    usd_e4 = int(float(usd) * 10_000)
    return Trade(MONDAY + week * WEEK, producer, buyer, kg, usd_e4 * kg)


def three(week: int = 0, tonnes: int = 100) -> list[Trade]:
    return [trade(party, party + 10, tonnes, week=week) for party in (1, 2, 3)]


def told(trades: list[Trade], weeks: int = 10) -> list[signals.Block]:
    return signals.blocks(trades, begin=MONDAY, end=MONDAY + weeks * WEEK)


def test_worked_example() -> None:
    """100 t at 18, 200 t at 24 and 100 t at 30 USD/t: 24 on average, in the band 20 to 25."""
    asks = [(100, "18"), (200, "24"), (100, "30")]
    (block,) = told([trade(n, n + 3, tonnes, usd=usd) for n, (tonnes, usd) in enumerate(asks)])
    assert (block.kg, block.band_usd) == (400_000, 20)
    assert (block.begin, block.end) == (MONDAY, MONDAY + WEEK)


@pytest.mark.parametrize(
    ("usd", "band"), [("4.99", 0), ("5", 5), ("9.99", 5), ("0", 0), ("-0.01", -5), ("-5", -5)]
)
def test_bands_begin_at_multiples_of_five(usd: str, band: int) -> None:
    (block,) = told([trade(party, party + 3, 100, usd=usd) for party in (1, 2, 3)])
    assert block.band_usd == band


@pytest.mark.parametrize(
    ("tonnes", "shown"), [((60, 20, 20), True), ((61, 20, 19), False), ((100, 100, 0), False)]
)
def test_nobody_has_more_than_60_percent(tonnes: tuple[int, int, int], shown: bool) -> None:
    by_producer = [trade(number, 10 + number, kg) for number, kg in enumerate(tonnes)]
    balanced = [trade(20 + number, 30 + number, 0) for number in range(3)]
    assert bool(told(by_producer + balanced)) == shown


def test_two_parties_in_many_deals_are_two() -> None:
    assert told([trade(party % 2, party, 10) for party in range(20)]) == []
    assert told([trade(party, party % 2, 10) for party in range(20)]) == []


def test_thin_weeks_wait_for_each_other_and_are_told_as_one() -> None:
    """One trade a week: after three weeks a block of three weeks, then the next begins."""
    thin = [trade(week % 3, 10 + week % 3, 100, week=week) for week in range(7)]
    found = told(thin)
    assert [(one.begin, one.end, one.kg) for one in found] == [
        (MONDAY, MONDAY + 3 * WEEK, 300_000),
        (MONDAY + 3 * WEEK, MONDAY + 6 * WEEK, 300_000),
    ]


def test_what_waits_longer_than_half_a_year_is_dropped() -> None:
    old = [trade(1, 11, 100, week=0), trade(2, 12, 100, week=1)]
    assert signals.blocks([*old, trade(3, 13, 100, week=25)], begin=MONDAY, end=MONDAY + 26 * WEEK)
    assert not signals.blocks(
        [*old, trade(3, 13, 100, week=26)], begin=MONDAY, end=MONDAY + 40 * WEEK
    )


def test_a_week_is_told_a_week_late() -> None:
    """On Sunday 13 September the week from 31 August to 6 September still waits; on Monday not."""
    assert signals.newest_week_end(date(2026, 9, 13)) == date(2026, 8, 31)
    assert signals.newest_week_end(date(2026, 9, 14)) == date(2026, 9, 7)


def test_levels_and_steps() -> None:
    assert [signals.level(one) for one in (0, 999, 1000, 3999, 4000, 25_000)] == [
        0, 0, 1000, 3000, 4000, 25_000,
    ]  # fmt: skip
    assert [signals.rounded_kg(one) for one in (0, 24_999, 25_000, 74_999, 75_000)] == [
        0, 0, 50_000, 50_000, 100_000,
    ]  # fmt: skip


TRADES = st.lists(
    st.builds(
        trade,
        st.integers(1, 6),
        st.integers(11, 16),
        st.integers(1, 500),
        week=st.integers(0, 9),
        usd=st.sampled_from(["-3", "0", "7.5", "19.99", "40"]),
    ),
    max_size=60,
)


@given(TRADES)
def test_every_block_satisfies_the_rule_and_none_overlap(trades: list[Trade]) -> None:
    found = told(trades)
    used = [one for block in found for one in block.trades]
    assert len(used) <= len(trades)
    for block in found:
        assert signals.may_be_told(block.trades)
        assert all(block.begin <= one.week < block.end for one in block.trades)
    for earlier, later in itertools.pairwise(found):
        assert earlier.end <= later.begin


@given(TRADES, st.integers(1, 9))
def test_what_was_told_is_not_changed_by_later_weeks(trades: list[Trade], weeks: int) -> None:
    """So two states of the page never differ in a figure that both show."""
    early = told([one for one in trades if one.week < MONDAY + weeks * WEEK], weeks)
    assert told(trades)[: len(early)] == early


@given(TRADES)
def test_the_order_of_deals_does_not_matter(trades: list[Trade]) -> None:
    key = [(one.begin, one.end, one.kg, one.band_usd) for one in told(trades)]
    assert [(one.begin, one.end, one.kg, one.band_usd) for one in told(trades[::-1])] == key

"""The smallest change of each criterion that lets lots in, in the words of the form."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from matching import loosening
from matching.engine import LotRow, Market, Rule, fit
from tests.factories.engine import DAY, SMELTER, lot, requirement
from tests.strategies import markets


def told(rule: Rule, lots: list[LotRow], **wanted: Any) -> list[tuple[str, list[str]]]:
    found = loosening.steps(rule, lots, requirement(**wanted))
    return [(one.words, [two.key for two in one.lots]) for one in found]


def test_carbon_steps_are_the_nearest_and_then_round() -> None:
    lots = [
        lot(key, carbon_milli={SMELTER: ci})
        for key, ci in (("A", 4_400), ("B", 4_900), ("C", 5_000), ("D", 6_700), ("E", 9_000))
    ]

    assert told(Rule.CI_TOO_HIGH, lots) == [
        ("at ≤ 4.400 t CO2e/t", ["A"]),
        ("at ≤ 5.000 t CO2e/t", ["A", "B", "C"]),
        ("at ≤ 7.000 t CO2e/t", ["A", "B", "C", "D"]),
    ]
    (first, *_rest) = told(Rule.CI_TOO_HIGH, lots, ci_basis="PORTFOLIO_AVERAGE")
    assert first[0] == "a cap of 4.400 t CO2e/t"


def test_least_shares_fall() -> None:
    lots = [
        lot(key, renewable_centi_pct=share, recycled_post_centi_pct=share)
        for key, share in (("A", 8_250), ("B", 8_000), ("C", 100))
    ]

    expected = [("at ≥ 82.50 %", ["A"]), ("at ≥ 80 %", ["A", "B"]), ("at ≥ 0 %", ["A", "B", "C"])]
    assert told(Rule.RENEWABLE, lots) == told(Rule.RECYCLED, lots) == expected


def test_a_window_may_begin_earlier_or_end_later() -> None:
    def on(key: str, first: int, last: int) -> LotRow:
        days = (DAY + timedelta(days=day) for day in (first, last))
        return lot(key, **dict(zip(("window_start", "window_end"), days, strict=True)))

    lots = [on("A", 5, 9), on("B", 40, 50), on("C", 45, 50), on("D", 60, 70)]
    days = {"window_start": DAY + timedelta(days=12), "window_end": DAY + timedelta(days=30)}

    assert told(Rule.WINDOW, lots, **days) == [
        ("delivery until 2027-01-03", ["B"]),
        ("delivery until 2027-01-23", ["B", "C", "D"]),
        ("delivery from 2026-12-03", ["A"]),
    ]


def test_portions_are_larger_or_smaller_than_wanted() -> None:
    lots = [
        lot("A", min_take_kg=400_000),
        lot("B", min_take_kg=300_000),
        lot("C", available_kg=20_000),
        lot("D", available_kg=30_000, min_take_kg=30_000),
    ]

    found = told(Rule.MIN_TAKE, lots, volume_kg=200_000, min_lot_kg=50_000)

    assert found == [
        ("with 100 t more volume", ["B"]),
        ("with portions from 30 t", ["D"]),
    ]


def test_what_is_left_of_a_requirement_may_be_below_its_own_smallest_portion() -> None:
    """20 t are open, and no lot gives less than 50: smaller portions, or 30 t more."""
    lots = [lot("A"), lot("B", available_kg=10_000)]

    found = told(Rule.MIN_TAKE, lots, volume_kg=20_000, min_lot_kg=50_000)

    assert found == [
        ("with 30 t more volume", ["A"]),
        ("with portions from 20 t", ["A"]),
    ]


def test_ten_thousand_lots_are_no_trouble() -> None:
    """Few steps are shown, so few are worked out: each lot needs another value here."""
    lots = [lot(f"{number:05d}", min_take_kg=300_000 + number) for number in range(10_000)]

    (step,) = loosening.steps(Rule.MIN_TAKE, lots, requirement(volume_kg=200_000))

    assert (step.words, len(step.lots)) == ("with 100 t more volume", 1)


def test_schemes_all_and_any() -> None:
    lots = [
        lot("A", schemes=frozenset({"EPD"})),
        lot("B", schemes=frozenset()),
        lot("C", schemes=frozenset({"ASI_COC"}), available_kg=900_000),
    ]
    both = frozenset({"EPD", "ASI_COC"})

    assert told(Rule.SCHEME_MISSING, lots, required_schemes=both) == [
        ("without EPD (EN 15804)", ["C"]),
        ("without ASI Chain of Custody", ["A"]),
    ]
    other = {"required_schemes": frozenset({"ISO_14067"}), "schemes_rule": "ANY"}
    assert told(Rule.SCHEME_MISSING, lots, **other) == [
        ("ASI Chain of Custody accepted as well", ["C"]),
        ("EPD (EN 15804) accepted as well", ["A"]),
    ]


@pytest.mark.parametrize(
    ("rule", "changes", "words"),
    [
        (Rule.GRADE, {"grade": "p0506a"}, "P0506A accepted as well"),
        (Rule.ORIGIN, {"origin_country": "NO"}, "origin NO accepted"),
        (Rule.ENERGY, {"energy_source": "GAS"}, "Gas accepted as well"),
        (Rule.REGION, {"delivery_regions": frozenset({"JP"})}, "delivered to Japan"),
        (Rule.CI_UNVERIFIED, {}, "with values that are not verified"),
        (Rule.OFFSETS, {"offsets_used": True}, "with values that use offsets"),
    ],
)
def test_what_is_one_of_a_list_or_there_or_not(
    rule: Rule, changes: dict[str, Any], words: str
) -> None:
    assert told(rule, [lot("A", **changes)]) == [(words, ["A"])]


def test_terms_name_the_one_that_stands_in_the_way() -> None:
    lots = [
        lot("A", incoterm="FOB", duty_status="DUTY_PAID"),
        lot("B", incoterm="CIF", duty_status="DUTY_UNPAID"),
        lot("C", incoterm="FOB", duty_status="DUTY_UNPAID"),
        lot("D", incoterm="", duty_status="DUTY_PAID"),
    ]

    found = told(
        Rule.TERMS, lots,
        accepted_incoterms=frozenset({"CIF"}), accepted_duty_statuses=frozenset({"DUTY_PAID"}),
    )  # fmt: skip

    assert found == [("Duty unpaid accepted as well", ["B"]), ("FOB accepted as well", ["A"])]


def test_what_is_not_stated_cannot_be_chosen_and_boundaries_are_not_loosened() -> None:
    assert told(Rule.ENERGY, [lot("A", energy_source=None)]) == []
    assert told(Rule.NOT_COMPARABLE, [lot("A")]) == []
    assert told(Rule.PRODUCER_EXCLUDED, [lot("A")]) == []


@given(markets())
def test_every_step_is_of_lots_that_fail_that_rule_alone(found: Market) -> None:
    assume(found.lots)
    for wanted in found.requirements:
        alone = fit(found.lots, wanted, found.as_of).alone
        for rule, lots in alone.items():
            steps = loosening.steps(rule, lots, wanted)
            keys = {one.key for one in lots}
            assert all(one.lots and {two.key for two in one.lots} <= keys for one in steps)
            assert len(steps) <= 4


@given(st.lists(st.integers(-40, 40), max_size=12), st.integers(1, 15))
def test_a_rising_limit_shows_the_smallest_steps_that_help(needs: list[int], grid: int) -> None:
    """Against every whole limit, one by one."""
    pairs = [(need, lot(f"L{place}")) for place, need in enumerate(needs)]
    lowest = min(needs, default=99)
    levels = [at for at in range(-40, 56) if at == lowest or (at > lowest and at % grid == 0)]
    expected, reached = list[tuple[str, int]](), 0
    for level in levels:
        within = sum(need <= level for need in needs)
        if within > reached and len(expected) < loosening.SHOWN:
            expected.append((str(level), within))
            reached = within

    found = loosening.rising(pairs, grid, "{to}", str)

    assert [(one.words, len(one.lots)) for one in found] == expected

"""The difference to a baseline: exact, within one boundary, and never summed over two."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.comparison import (
    Baseline,
    Comparison,
    Metal,
    Total,
    co2e_tonnes,
    compare,
    totals,
)

DAY = date(2026, 11, 24)
S1S2, C2G = "SMELTER_S1S2", "CRADLE_TO_GATE"


def baseline(milli: int = 10_500, boundary: str = S1S2, since: date = date(2026, 1, 1)) -> Baseline:
    return Baseline("World average", boundary, milli, since, "a test", is_verified=False)


def difference(milli: int, kg: int, base: int = 10_500) -> int | None:
    return compare(Metal(S1S2, milli, kg), [baseline(base)], on=DAY).difference_kg


def test_500_t_at_3_200_against_10_500() -> None:
    assert difference(3_200, 500_000) == 3_650_000
    assert co2e_tonnes(3_650_000) == "3,650.000"
    assert co2e_tonnes(3_650_000, grouped=False) == "3650.000"


def test_dirtier_metal_has_a_negative_difference() -> None:
    assert difference(14_000, 1_000) == -3_500
    assert [co2e_tonnes(one) for one in (-3_500, -1, 0, 7)] == [
        "-3.500",
        "-0.001",
        "0.000",
        "0.007",
    ]


def test_half_a_kilogram_goes_away_from_zero_on_both_sides() -> None:
    assert difference(10_499, 500) == 1
    assert difference(10_501, 500) == -1
    assert difference(10_499, 499) == difference(10_501, 499) == 0


@given(st.integers(10, 25_000), st.integers(10, 25_000), st.integers(1, 500_000_000))
def test_within_half_a_kilogram_of_the_exact_value(base: int, milli: int, kg: int) -> None:
    found = difference(milli, kg, base)
    assert found is not None
    assert abs(found * 1000 - (base - milli) * kg) <= 500
    assert difference(base, kg, milli) == -found


def test_only_a_baseline_of_the_same_boundary_in_force_counts() -> None:
    metal = Metal(S1S2, 3_200, 1_000)
    old, new = baseline(10_500), baseline(10_200, since=DAY)
    later = baseline(9_000, since=date(2026, 11, 25))
    known = [new, later, old, baseline(13_200, C2G)]
    assert compare(metal, known, on=DAY).baseline == new
    assert compare(metal, known, on=date(2026, 11, 23)).baseline == old
    nothing = compare(metal, [baseline(13_200, C2G), later], on=DAY)
    assert (nothing.baseline, nothing.difference_kg) == (None, None)


def test_sums_are_those_of_the_lines_and_stay_within_year_and_boundary() -> None:
    smelter = Comparison(Metal(S1S2, 10_499, 500), baseline())
    cradle = Comparison(Metal(C2G, 4_000, 1_000), baseline(13_200, C2G))
    bare = Comparison(Metal(S1S2, 3_200, 9_000), None)
    rows = [(2026, smelter), (2027, cradle), (2026, smelter), (2026, bare), (2026, cradle)]
    assert totals(rows) == [
        Total(2027, C2G, 1, 1_000, 9_200, 0),
        Total(2026, C2G, 1, 1_000, 9_200, 0),
        Total(2026, S1S2, 3, 1_000, 2, 1),
    ]
    assert totals([]) == []

"""What an average can reach, against every way of taking kilograms."""

from fractions import Fraction
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from matching.averages import reach

PARTS = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 9)), max_size=4)


def test_the_published_average() -> None:
    """600 t at 3.600 and 400 t at 4.500: 1,000 t at 3.960, within 4.000."""
    found = reach([(400_000, 4_500), (600_000, 3_600)], volume_kg=1_000_000, limit_milli=4_000)

    assert (found.kg, found.average_milli) == (1_000_000, Fraction(3_960))
    assert (found.whole_kg, found.whole_milli) == (1_000_000, Fraction(3_960))
    assert str(found.average) == str(found.whole_average) == "3960"


def test_where_the_whole_volume_is_too_much() -> None:
    found = reach([(600_000, 3_800), (400_000, 4_500)], volume_kg=1_000_000, limit_milli=4_000)

    assert found.kg == 600_000 + 600_000 * 200 // 500
    assert found.average_milli == 4_000
    assert (found.whole_kg, found.whole_milli) == (1_000_000, Fraction(4_080))


def test_nothing_is_nothing() -> None:
    found = reach([], volume_kg=5, limit_milli=4_000)

    assert (found.kg, found.average, found.whole_kg, found.whole_average) == (0, None, 0, None)


@given(PARTS, st.integers(1, 9), st.integers(1, 9), st.integers(0, 12))
def test_no_choice_of_kilograms_does_better(
    parts: list[tuple[int, int]], volume: int, limit: int, allowance: int
) -> None:
    found = reach(parts, volume_kg=volume, limit_milli=limit, allowance=allowance)
    best, whole, lowest = 0, min(volume, sum(kg for kg, _ci in parts)), None
    for taken in product(*(range(kg + 1) for kg, _ci in parts)):
        kg = sum(taken)
        carbon = sum(one * ci for one, (_kg, ci) in zip(taken, parts, strict=True))
        if kg <= volume and carbon <= limit * kg + allowance:
            best = max(best, kg)
        if kg == whole and kg and (lowest is None or Fraction(carbon, kg) < lowest):
            lowest = Fraction(carbon, kg)
    assert found.kg == best
    if found.average_milli is not None:
        assert found.average_milli * found.kg <= limit * found.kg + allowance
    assert (found.whole_kg, found.whole_milli) == (whole, lowest)

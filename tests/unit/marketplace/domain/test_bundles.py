"""What a requirement asks of a bundle: the worked example first, then its edges."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.bundles import Part, Position, Rule, average_milli, holds

AVERAGE = Rule(volume_kg=1_000_000, average_milli=4_000)
A, B = Part(600_000, 3_600), Part(400_000, 4_500)


def test_the_worked_example() -> None:
    """domain.md, scenario 4: 600 t at 3.600 and 400 t at 4.500 are 1,000 t at 3.960."""
    assert average_milli([A, B]) == 3_960
    assert AVERAGE.excess([A, B]) == -40_000_000
    assert holds(AVERAGE, Position(), [A, B])
    assert holds(AVERAGE, Position(), [A])
    assert not holds(AVERAGE, Position(), [B])


def test_what_is_contracted_below_the_limit_may_be_used_up_to_the_last_kilogram() -> None:
    contracted = Position(600_000, AVERAGE.excess([A]))
    assert contracted.allowance == 240_000_000
    assert holds(AVERAGE, contracted, [B])
    assert holds(AVERAGE, contracted, [Part(480_000, 4_500)])
    assert not holds(AVERAGE, contracted, [Part(480_001, 4_500)])


def test_what_is_contracted_above_the_limit_is_not_for_the_bundle_to_mend() -> None:
    contracted = Position(400_000, AVERAGE.excess([B]))
    assert contracted.allowance == 0
    assert holds(AVERAGE, contracted, [Part(1, 4_000)])
    assert not holds(AVERAGE, contracted, [Part(1, 4_001)])


def test_without_partial_fill_the_least_volume_counts_what_is_contracted() -> None:
    """domain.md, scenario 7: of 1,000 t with 2 %, 985 t are full and 975 t are no match."""
    rule = Rule(volume_kg=1_000_000, partial_ok=False, tolerance_centi_pct=200)
    assert (rule.minimum_kg, rule.enough_kg) == (980_000, 980_000)
    assert holds(rule, Position(), [Part(985_000, 9_000)])
    assert not holds(rule, Position(), [Part(975_000, 9_000)])
    assert holds(rule, Position(5_000), [Part(975_000, 9_000)])


def test_a_least_volume_is_rounded_up() -> None:
    assert Rule(volume_kg=1, partial_ok=False, tolerance_centi_pct=1_000).minimum_kg == 1
    assert Rule(volume_kg=10_001, partial_ok=False, tolerance_centi_pct=1).minimum_kg == 10_000


def test_an_ordinary_requirement_asks_nothing_of_a_bundle() -> None:
    rule = Rule(volume_kg=1_000)
    assert (rule.minimum_kg, rule.enough_kg, rule.excess([B])) == (0, 1_000, 0)
    assert holds(rule, Position(), [B])


parts = st.lists(
    st.builds(Part, st.integers(1, 10**9), st.integers(10, 25_000)), min_size=1, max_size=6
)


@given(st.integers(10, 25_000), parts)
def test_the_excess_says_what_the_average_says(limit: int, given_parts: list[Part]) -> None:
    rule = Rule(volume_kg=1, average_milli=limit)
    assert holds(rule, Position(), given_parts) == (average_milli(given_parts) <= limit)
    total = sum(part.kg for part in given_parts)
    assert Fraction(rule.excess(given_parts), total) == average_milli(given_parts) - limit

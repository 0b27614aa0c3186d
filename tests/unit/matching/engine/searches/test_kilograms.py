"""Whole kilograms from a solver's floats, exact or a little off: no rule breaks, little is lost."""

import numpy as np
import pytest

from matching.engine.errors import EngineError
from matching.engine.searches import bounded, kilograms, program
from matching.engine.searches.program import Pattern
from tests.factories.parts import ints, part


def pattern(*amounts: float, trades: tuple[bool, ...] | None = None, served: int = 1) -> Pattern:
    return Pattern(
        kilograms=np.array(amounts),
        trades=np.array(trades or (True,) * len(amounts)),
        served=np.ones(served, dtype=np.bool_),
        bound=0.0,
        ended=True,
    )


CLEAN, DIRTY = (0, 0, 5, 1, -1_000), (1, 0, 9, 1, 1_000)


def test_an_average_that_is_a_little_over_loses_its_dirtiest_kilograms() -> None:
    found = part(CLEAN, DIRTY, available=(100, 200), volume=(300,))
    assert kilograms.whole(found, pattern(100.0, 101.4)).tolist() == [100, 100]


def test_an_average_that_was_rounded_down_is_topped_up() -> None:
    found = part(CLEAN, DIRTY, available=(100, 200), volume=(300,))
    assert kilograms.whole(found, pattern(99.6, 99.5)).tolist() == [100, 100]


def test_a_portion_that_the_average_cannot_carry_goes_whole() -> None:
    found = part(CLEAN, (1, 0, 9, 50, 1_000), available=(40, 200), volume=(300,))
    assert kilograms.whole(found, pattern(40.0, 50.0)).tolist() == [40, 0]


def test_an_average_below_its_floor_is_dropped_whole() -> None:
    found = part(CLEAN, DIRTY, available=(100, 200), volume=(300,), floor=(250,))
    assert kilograms.whole(found, pattern(100.0, 150.0)).tolist() == [0, 0]


def test_an_average_reaches_its_floor_by_what_is_contracted_below_it() -> None:
    """Floats left it a kilogram short; 50 kg more than the clean ones carry may be dirty."""
    found = part(
        CLEAN, DIRTY, available=(100, 200), volume=(300,), floor=(250,), allowance=(50_000,)
    )
    assert kilograms.whole(found, pattern(100.0, 149.4)).tolist() == [100, 150]


def test_an_average_that_nothing_can_break_is_none() -> None:
    found = part(
        DIRTY, (1, 1, 9, 1, 1_000), available=(1, 200), volume=(100, 100),
        allowance=(100_000, 99_999),
    )  # fmt: skip
    assert program.averaging(found).tolist() == [False, True]


def test_an_average_gives_way_to_a_portion_that_it_left_too_little() -> None:
    """The solver's tolerance gave 51 of 100 kg to the average and 50 to a portion of 50."""
    found = part(CLEAN, DIRTY, (0, 1, 7, 50, 0), available=(100, 200), volume=(300, 50))
    amounts = kilograms.whole(found, pattern(51.0, 51.0, 50.0, served=2))
    assert amounts.tolist() == [0, 0, 50]


def test_rounding_up_an_average_leaves_others_their_portions() -> None:
    found = part(CLEAN, DIRTY, (0, 1, 7, 51, 0), available=(100, 200), volume=(300, 51))
    amounts = kilograms.whole(found, pattern(49.0, 48.6, 51.0, served=2))
    assert amounts.tolist() == [49, 49, 51]


def test_an_average_is_not_rounded_up_where_a_floor_needs_the_kilogram() -> None:
    found = part(
        CLEAN, DIRTY, (0, 1, 7, 1, 0), available=(100, 200), volume=(300, 51), floor=(0, 51)
    )
    amounts = kilograms.whole(found, pattern(49.0, 48.6, 51.0, served=2))
    assert amounts.tolist() == [49, 49, 51]


def test_of_two_averages_that_take_too_much_the_lesser_gives_way() -> None:
    found = part(
        CLEAN, DIRTY, (0, 1, 1, 1, -1_000), (1, 1, 1, 1, 1_000),
        available=(100, 300), volume=(60, 60),
    )  # fmt: skip
    amounts = kilograms.whole(found, pattern(60.0, 0.0, 60.0, 0.0, served=2))
    assert amounts.tolist() == [60, 0, 0, 0]


def test_portions_that_cannot_all_be_are_an_error_never_an_answer() -> None:
    found = part((0, 0, 5, 60, 0), (0, 1, 5, 60, 0), available=(100,), volume=(60, 60))
    with pytest.raises(EngineError, match="do not fit"):
        kilograms.whole(found, pattern(60.0, 60.0, served=2))


def test_a_floor_beyond_what_there_is_is_an_error() -> None:
    found = part((0, 0, 5, 1, 0), available=(100,), volume=(200,), floor=(150,))
    with pytest.raises(EngineError, match="must be served"):
        bounded.solve(found, ints(0), found.floor)


def test_a_program_without_an_answer_is_an_error() -> None:
    five_at_least = program.Rows(ints(0), ints(0), np.ones(1), np.full(1, 5.0), np.full(1, 9.0))
    with pytest.raises(EngineError, match="no answer"):
        program._solved(five_at_least, np.ones(1), np.ones(1), 0)

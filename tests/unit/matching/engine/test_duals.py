"""Duals settle for an optimal flow only."""

import numpy as np
import pytest

from matching.engine import duals
from matching.engine.columns import Ints
from matching.engine.errors import EngineError


def ints(*values: int) -> Ints:
    return np.array(values, dtype=np.int64)


def test_the_highest_duals_of_a_flow_by_hand() -> None:
    """Two lots compete for one requirement that takes the better one whole: 9 against 4."""
    sides = duals.Sides(
        a=ints(0, 1),
        b=ints(0, 0),
        profit=ints(9, 4),
        flow=ints(100, 0),
        full_a=np.array([True, False]),
        count_b=1,
    )
    of_lots, of_requirements = duals.highest(sides)
    assert (of_lots.tolist(), of_requirements.tolist()) == ([5, 0], [4])


def test_a_flow_that_another_beats_has_no_duals() -> None:
    """The lots take each other's better requirement: turning them round gains for ever."""
    sides = duals.Sides(
        a=ints(0, 0, 1, 1),
        b=ints(0, 1, 0, 1),
        profit=ints(1, 9, 9, 1),
        flow=ints(100, 0, 0, 100),
        full_a=np.array([True, True]),
        count_b=2,
    )
    with pytest.raises(EngineError, match="not optimal"):
        duals.highest(sides)

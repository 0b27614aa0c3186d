"""Parts of a market that are searched, from a few numbers."""

from typing import Any

import numpy as np

from matching.engine.searches.parts import Pairs, Part


def ints(*values: int) -> Any:
    return np.array(values, dtype=np.int64)


def part(
    *pairs: tuple[int, int, int, int, int],
    available: tuple[int, ...],
    volume: tuple[int, ...],
    floor: tuple[int, ...] | None = None,
    allowance: tuple[int, ...] | None = None,
) -> Part:
    """Pairs are (lot, requirement, value, least, excess)."""
    columns = [ints(*column) for column in zip(*pairs, strict=True)]
    return Part(
        pairs=Pairs(*columns),
        lots=np.arange(len(available)),
        requirements=np.arange(len(volume)),
        available=ints(*available),
        volume=ints(*volume),
        floor=ints(*(floor or (0,) * len(volume))),
        allowance=ints(*(allowance or (0,) * len(volume))),
    )

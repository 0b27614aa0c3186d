"""Names of the arrays that the engine works on, and sums over them that cannot wrap."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Places = NDArray[np.int32]
Flags = NDArray[np.bool_]
Bits = NDArray[np.uint64]
# Structured arrays of ``columns``: LOT, ROW or STATED.
Records = NDArray[Any]


def total(each: Ints, count: Ints) -> int:
    """Exact sum of products: NumPy's own would wrap silently beyond 64 bits."""
    return sum(map(int.__mul__, each.tolist(), count.tolist()))


def sums_at(places: Ints | Places, amounts: Ints, count: int) -> Ints:
    """The sum of the amounts at each of ``count`` places; of kilograms, which 64 bits hold."""
    found = np.zeros(count, dtype=np.int64)
    np.add.at(found, places, amounts)
    return found

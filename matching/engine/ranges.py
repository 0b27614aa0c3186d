"""How large the market's numbers may be, so that the engine's arithmetic is exact."""

from collections.abc import Iterable

import numpy as np

from matching.engine.arrays import Ints
from matching.engine.columns import ABSENT
from matching.engine.errors import EngineError
from matching.engine.rows import NO_CAP

# Kilograms, 0.0001 USD/t, milli t/t, 0.1 USD per t CO2e, 1/100 %: far beyond the trade's, and such
# that no sum or product of the engine leaves 64 bits.
KILOGRAMS, MONEY, SHARE, ANY = (0, 2**40), (-(2**40), 2**40), (0, 10_000), (0, 2**31 - 1)
RANGES = {
    **dict.fromkeys(("available", "take", "volume", "least", "floor"), KILOGRAMS),
    **dict.fromkeys(("ask", "maximum"), MONEY),
    **dict.fromkeys(("renewable", "recycled"), SHARE),
    "carbon intensity": (ABSENT, 10**6),
    "limit": (0, 10**6),
    "cap": (0, NO_CAP),
    "allowance": (0, 2**60),
    "carbon_price": (0, 10**6),
}


def ints(name: str, values: Iterable[int]) -> Ints:
    """EngineError where a number is beyond what the engine's arithmetic is made for."""
    low, high = RANGES.get(name, ANY)
    try:
        found = np.fromiter(values, dtype=np.int64)
    except OverflowError as error:
        raise EngineError(f"{name}: a number is beyond the range of the engine.") from error
    if len(found) and not low <= int(found.min()) <= int(found.max()) <= high:
        worst = int(found.min()) if int(found.min()) < low else int(found.max())
        raise EngineError(f"{name}: {worst} is beyond the range of the engine, {low} to {high}.")
    return found

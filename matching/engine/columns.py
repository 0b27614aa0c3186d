"""The market as tables of numbers: what the rules compare, one record a lot or requirement.

Texts and sets are numbered; what depends on a boundary is a table of its own, STATED, of shape
(boundaries + 1, lots), whose last row is for a boundary that no lot states.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from matching.engine.arrays import Flags, Ints, Records

ABSENT = -1
NEVER = 2**62
# The highest carbon intensity that the trade knows, in milli t CO2e per t.
HIGHEST_MILLI = 25_000
_LONG, _CODE, _FLAG = np.int64, np.int32, np.bool_
# ``place``: position in the market. ``ask``: 0 without an exchange rate, and then not ``sound``.
# ``guarded``: bars some buyers. ``blocked``: in some pair that stays apart.
LOT = np.dtype(
    [
        *((name, _LONG) for name in ("place", "ask", "available", "take")),
        *((name, _CODE) for name in ("form", "grade", "producer", "party", "group", "schemes")),
        *((name, _CODE) for name in ("origin", "energy", "renewable", "recycled", "regions")),
        *((name, _CODE) for name in ("start", "end", "incoterm", "duty", "barring")),
        *((name, _FLAG) for name in ("sound", "offsets", "guarded", "blocked")),
    ],
    align=True,
)
# ``maximum``: of the premium. ``limit`` holds for the average where it ``averages``, ``cap`` for
# each lot. ``allowance``: kg x milli t/t that may come above that average, for what is contracted
# lies so far below. ``picky``: names the producers it allows. ``listing``: allows or bars some.
ROW = np.dtype(
    [
        *((name, _LONG) for name in ("place", "maximum", "carbon_price", "limit", "cap")),
        *((name, _LONG) for name in ("volume", "least", "floor", "allowance")),
        *((name, _CODE) for name in ("forms", "grades", "party", "group", "boundary", "schemes")),
        *((name, _CODE) for name in ("origins", "producers", "energies", "renewable")),
        *((name, _CODE) for name in ("recycled", "region", "start", "end", "incoterms", "duties")),
        *((name, _FLAG) for name in ("sound", "averages", "verified_only", "offsets")),
        *((name, _FLAG) for name in ("picky", "listing", "special")),
    ],
    align=True,
)
STATED = np.dtype([("ci", _LONG), ("verified", _FLAG)], align=True)


class Tables(NamedTuple):
    """Who accepts what: flags of shape (different demands, different offers).

    Sparse relations are sorted numbers ``first * width + second``, closed by NEVER.
    """

    forms: Flags
    grades: Flags
    schemes: Flags
    origins: Flags
    energies: Flags
    regions: Flags
    incoterms: Flags
    duties: Flags
    welcome: Ints
    barred: Ints
    barring: Ints
    blocked: Ints
    producers: int
    parties: int
    rows: int


@dataclass(frozen=True)
class Columns:
    """``sha256``: over everything that can influence a result, in canonical order.

    ``words``: what the numbers of a column stand for, by "lots" or "rows" and its name.
    """

    lots: Records
    stated: Records
    rows: Records
    tables: Tables
    words: Mapping[tuple[str, str], Sequence[object]]
    sha256: str

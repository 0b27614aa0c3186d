"""The market by product: lots and requirements that no chain of accepted products joins."""

from collections.abc import Iterator

import numpy as np

from matching.engine.arrays import Ints, Records
from matching.engine.columns import Columns


def split(columns: Columns) -> Iterator[tuple[Ints, Ints]]:
    """(places of lots, places of requirements) of each sector, the one of the first lot first.

    Parties that take no part (over, or without an exchange rate) and those without a counterpart
    of their product are in none.
    """
    lots, rows = columns.lots, columns.rows
    sound, open_ = np.flatnonzero(lots["sound"]), np.flatnonzero(rows["sound"])
    product, first = _numbered(lots[sound], "form", "grade")
    demand, first_asking = _numbered(rows[open_], "forms", "grades")
    offered, asking = lots[sound[first]], rows[open_[first_asking]]
    sector = np.arange(len(first))
    of_demand = np.full(len(first_asking), -1)
    for place, one in enumerate(asking):
        accepted = np.flatnonzero(
            columns.tables.forms[one["forms"]][offered["form"]]
            & columns.tables.grades[one["grades"]][offered["grade"]]
        )
        if len(accepted):
            joined = np.isin(sector, sector[accepted])
            sector[joined] = sector[joined].min()
            of_demand[place] = accepted[0]
    of_lots = sector[product]
    # A demand that nobody meets keeps its -1: the last of the appended.
    of_rows = np.append(sector, -1)[of_demand][demand]
    for number in np.unique(of_rows[of_rows >= 0]):
        yield sound[of_lots == number], open_[of_rows == number]


def _numbered(records: Records, one: str, other: str) -> tuple[Ints, Ints]:
    """(number of each record's combination in order of appearance, first record of each)."""
    code = records[one].astype(np.int64) << 32 | records[other]
    _codes, first, number = np.unique(code, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(first), dtype=np.int64)
    rank[order] = np.arange(len(first))
    return rank[number], first[order]

"""From where a party would be matched, or matched further: premiums and carbon limits, exactly.

Raising a limit adds the same to all pairs of a requirement. It gets a kilogram more in every
optimum once 2w + 1 exceeds, for some lot that fits, what a kilogram of that lot is worth to the
others: the lot's highest dual, in the market where this requirement keeps what it has and asks no
more (``relief``). Cutting an ask is the mirror image: either way a price takes a step towards the
other side. Parts that were searched, and parties with portions, have no such answer.
"""

from typing import NamedTuple

import numpy as np

from matching.engine.arrays import Flags, Ints
from matching.engine.columns import HIGHEST_MILLI, NEVER, Columns
from matching.engine.compatibility import Rule, affordable
from matching.engine.reasons import tally
from matching.engine.reasons.relief import gap, step
from matching.engine.reasons.standing import Standing


class Pairs(NamedTuple):
    """Near pairs by their places; arrays of one length, in 0.0001 USD/t.

    ``short``: what the ask is above the maximum. ``worth``: w. ``passing``: compatible. ``clean``:
    not above the carbon limit, or what is contracted below it lets an average take some of the lot.
    """

    lot: Ints
    row: Ints
    short: Ints
    worth: Ints
    passing: Flags
    clean: Flags

    @classmethod
    def at(cls, columns: Columns, rows: Standing, lot: Ints, row: Ints) -> "Pairs":
        """``rows``: how the requirements stand."""
        names = "maximum", "carbon_price", "limit"
        offered = {"ask": columns.lots["ask"][lot]}
        wanted = {name: columns.rows[name][row] for name in names}
        stated = {"ci": columns.stated["ci"][columns.rows["boundary"][row], lot]}
        passing = affordable(offered, wanted, stated, None)
        clean = stated["ci"] <= wanted["limit"]
        some = np.flatnonzero(~clean & (columns.rows["allowance"][row] > 0))
        if len(some):
            carbon = stated["ci"][some] - wanted["limit"][some]
            carbon *= _smallest(columns, rows, lot[some], row[some])
            clean[some] = carbon <= rows.carbon[row[some]]
        return cls(lot, row, *gap(offered, wanted, stated), passing, clean)

    def where(self, kept: Flags) -> "Pairs":
        return Pairs(
            self.lot[kept], self.row[kept], self.short[kept], self.worth[kept],
            self.passing[kept], self.clean[kept],
        )  # fmt: skip


class Prospects(NamedTuple):
    """Of the parties of one side, over their near counterparts; steps in 0.0001 USD/t.

    ``step``: the smallest step of its price with which a pair is worth more than the counterpart's
    dual; NEVER where nobody is near. ``opening``: the smallest step at which somebody too dear
    today is in reach, who would be worth that already: there its own kilograms change places.
    ``doubtful``: somebody near is. ``outbid``: somebody compatible deals with another. ``clean``:
    somebody compatible is ``Pairs.clean``.
    """

    step: Ints
    opening: Ints
    doubtful: Flags
    outbid: Flags
    clean: Flags

    @classmethod
    def of(cls, parties: int) -> "Prospects":
        return cls(*np.full((2, parties), NEVER), *np.zeros((3, parties), dtype=np.bool_))

    def note(self, own: Ints, facing: Ints, faced: Standing, pairs: Pairs) -> None:
        """Take up pairs of parties at the places ``own`` with counterparts at ``facing``."""
        dual = faced.highest[facing]
        np.minimum.at(self.step, own, step(pairs.short, pairs.worth, dual))
        opens = (pairs.short > 0) & (2 * pairs.worth + 1 > dual)
        np.minimum.at(self.opening, own[opens], pairs.short[opens])
        self.doubtful[own[faced.doubtful[facing]]] = True
        self.outbid[own[pairs.passing & faced.deals_beside(facing, own)]] = True
        self.clean[own[pairs.passing & pairs.clean]] = True


def _smallest(columns: Columns, rows: Standing, lot: Ints, row: Ints) -> Ints:
    """The least kilograms that pairs can trade, or trade more than they do."""
    least = np.maximum(columns.lots["take"][lot], columns.rows["least"][row])
    return np.where(rows.deals_with(row, lot), 1, np.maximum(least, 1))


def limits(columns: Columns, rows: Ints, lots: Standing) -> tuple[Ints, Flags]:
    """(the lowest carbon limit that lets each have a lot that nothing else stops, doubtful or not).

    In milli t/t, NEVER where there is none; arrays over all requirements, filled for ``rows``.
    """
    lowest = np.full(len(columns.rows), NEVER)
    doubtful = np.zeros(len(lowest), dtype=np.bool_)
    leaving = frozenset({Rule.CI_TOO_HIGH, Rule.PREMIUM_TOO_HIGH})
    for lot, row in tally.near(columns, np.arange(len(columns.lots)), rows, leaving):
        ci = columns.stated["ci"][columns.rows["boundary"][row], lot]
        room = columns.rows["maximum"][row] - columns.lots["ask"][lot]
        fits = (room >= 0) & (ci <= HIGHEST_MILLI)
        doubtful[row[fits & lots.doubtful[lot]]] = True
        # What its carbon price must still add to the pair's worth, in 0.0001 USD/t.
        short = np.maximum((lots.highest[lot] + 1) // 2 - room, 0)
        rate = columns.rows["carbon_price"][row]
        needed = ci + -(-short // np.maximum(rate, 1))
        fits &= ((rate > 0) | (short == 0)) & (needed <= HIGHEST_MILLI)
        np.minimum.at(lowest, row[fits], needed[fits])
    return lowest, doubtful

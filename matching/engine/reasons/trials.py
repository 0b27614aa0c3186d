"""From where a party would be matched, by solving its part of the market again with other values.

Where portions or averages decide, no dual tells. Bisection keeps two values, of which one was seen
to bring a kilogram more and the other was not, until they are neighbours: so both halves of what is
told were tried, although what a search finds need not grow evenly. The budget counts solutions,
never seconds, so that the same question has the same answer.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from matching.engine.columns import HIGHEST_MILLI
from matching.engine.compatibility import Rule
from matching.engine.market import Market
from matching.engine.reasons import tally
from matching.engine.results import Result

# Markets that may be solved for all parties together, at most for one, and lots x requirements of
# such a market.
SOLUTIONS, EACH, LARGEST = 2_000, 26, 400
# What may be changed, how far (0.0001 USD/t, milli t/t), and the rules that give way then.
ENDS = {"ask_e4": -500_000, "max_premium_e4": 10_000_000, "max_ci_milli": HIGHEST_MILLI}
BY_PRICE = frozenset({Rule.PREMIUM_TOO_HIGH})
GIVING_WAY = {
    "ask_e4": BY_PRICE,
    "max_premium_e4": BY_PRICE,
    "max_ci_milli": BY_PRICE | {Rule.CI_TOO_HIGH},
}


@dataclass
class Trials:
    """``solve``: the engine's; ``left``: how many markets it may still be given."""

    market: Market
    result: Result
    solve: Callable[[Market], Result]
    left: int = SOLUTIONS

    def find(self, key: str, field: str) -> int | None:
        """A value of the lot's or requirement's ``field`` with which it gets a kilogram more.

        One unit less far it was seen not to. None where none was found within the budget.
        """
        name = _side(field)
        side = getattr(self.market, name)
        place = next(place for place, party in enumerate(side) if party.key == key)
        part = self._part(place, field)
        if len(part.lots) * len(part.requirements) > LARGEST or self.left < EACH:
            return None
        before, short, far = _got(self.result, key, name), getattr(side[place], field), ENDS[field]
        if self._tried(part, key, field, short) != before:
            return None
        if self._tried(part, key, field, far) <= before:
            return None
        while abs(far - short) > 1:
            middle = (far + short) // 2
            if self._tried(part, key, field, middle) > before:
                far = middle
            else:
                short = middle
        return far

    def _part(self, place: int, field: str) -> Market:
        """All that can influence the party, with whatever value of ``field``."""
        columns, is_lot = self.market.columns, _side(field) == "lots"
        lots, rows = np.arange(len(columns.lots)), np.arange(len(columns.rows))
        own_lots, own_rows = (lots == place) & is_lot, (rows == place) & (not is_lot)
        near = tally.near(
            columns,
            lots[own_lots] if is_lot else lots,
            rows if is_lot else rows[own_rows],
            GIVING_WAY[field],
        )
        for lot, row in near:
            own_lots[lot] = own_rows[row] = True
        of_lots, of_rows = np.array(self.result.lot_parts), np.array(self.result.requirement_parts)
        parts = np.union1d(of_lots[own_lots], of_rows[own_rows])
        parts = parts[parts >= 0]
        kept_lots = np.flatnonzero(own_lots | np.isin(of_lots, parts))
        kept_rows = np.flatnonzero(own_rows | np.isin(of_rows, parts))
        return replace(
            self.market,
            lots=tuple(self.market.lots[place] for place in kept_lots.tolist()),
            requirements=tuple(self.market.requirements[place] for place in kept_rows.tolist()),
        )

    def _tried(self, part: Market, key: str, field: str, value: int) -> int:
        """The kilograms of the party with this value."""
        self.left -= 1
        name = _side(field)
        change: dict[str, Any] = {field: value}
        side = tuple(
            replace(party, **change) if party.key == key else party for party in getattr(part, name)
        )
        changed: dict[str, Any] = {name: side}
        return _got(self.solve(replace(part, **changed)), key, name)


def _side(field: str) -> str:
    return "lots" if field == "ask_e4" else "requirements"


def _got(result: Result, key: str, side: str) -> int:
    """The kilograms of the lot or requirement of this key."""
    return sum(
        match.quantity_kg
        for match in result.matches
        if key == (match.lot if side == "lots" else match.requirement)
    )

"""All compatible pairs once more, for the checker: lot by lot, by code of its own.

The solver looks from the requirements' side at numbered columns. Here each lot meets the
requirements for its product, dearest first, so that its ask cuts off a tail of them; rows of bits
(``sieve``) drop those that fail a rule, and what is left is looked at one by one. A rule lost on
one side shows as a difference.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from matching.engine.arrays import Flags, Ints
from matching.engine.market import Market
from matching.engine.proofs import recheck_rules as rules
from matching.engine.proofs.sieve import Least, Names, Rows, common, flags, ints, numbered
from matching.engine.rows import LotRow


@dataclass(frozen=True)
class Offer:
    """A lot with all requirements compatible with it: arrays over those, dearest first.

    ``wanted``: places in the market. ``profit``: 2w + 1, w in 0.0001 USD/t. ``excess``: milli t/t
    above the requirement's average limit, 0 where it has none.
    """

    lot: int
    wanted: Ints
    profit: Ints
    excess: Ints


def offers(market: Market) -> Iterator[Offer]:
    """Every compatible pair once, product by product; lots without any are left out."""
    requirements = Requirements(market)
    products: dict[object, list[int]] = {}
    for place, lot in enumerate(market.lots):
        if lot.ask_e4 is not None and lot.window_end >= market.as_of:
            products.setdefault(requirements.product.key(lot), []).append(place)
    for product, places in products.items():
        counterparts = requirements.of(product)
        for place in _by_party(market.lots, places):
            offer = counterparts.meet(place, market.lots[place])
            if len(offer.wanted):
                yield offer


def _by_party(lots: Sequence[LotRow], places: list[int]) -> list[int]:
    """Lots of one party in a row: whom it may deal with is worked out once."""
    _parties, number = numbered(rules.party(lots[place]) for place in places)
    return [places[n] for n in np.argsort(number, kind="stable").tolist()]


class Requirements:
    """The requirements that take part, as columns, with their rules."""

    def __init__(self, market: Market) -> None:
        takes_part = flags(
            row.max_premium_e4 is not None
            and row.window_end >= market.as_of
            and row.min_lot_kg <= row.volume_kg
            for row in market.requirements
        )
        self.places = np.flatnonzero(takes_part)
        rows = [market.requirements[place] for place in self.places.tolist()]
        self.product, self.parties = rules.product(rows), rules.Parties(rows)
        self.rules = (rules.on_names(rows), rules.on_numbers(rows))
        self.boundaries, self.boundary = numbered(row.boundary for row in rows)
        self.highest = ints(row.max_premium_e4 or 0 for row in rows)
        self.price = ints(row.carbon_price_e1 for row in rows)
        self.limit = ints(row.max_ci_milli for row in rows)
        self.averages = flags(row.averages for row in rows)
        self.blocked: dict[str, list[int]] = {}
        place = {row.key: number for number, row in enumerate(market.requirements)}
        for lot, wanted in market.blocked_pairs:
            if wanted in place:
                self.blocked.setdefault(lot, []).append(place[wanted])

    def of(self, product: object) -> "Counterparts":
        """Those who take this form and grade."""
        found = np.flatnonzero(self.product.passing(product, np.arange(len(self.places))))
        return Counterparts(self, found[np.argsort(-self.highest[found], kind="stable")])


class Counterparts:
    """The requirements for one product, dearest first."""

    def __init__(self, market: Requirements, own: Ints) -> None:
        names, numbers = market.rules
        both: list[Names | Least] = [*names, *numbers]
        self._places, self._blocked = market.places[own], market.blocked
        self._rows = [Rows(rule, own) for rule in both]
        self._rounded = [(rule.held, rule.asked[own]) for rule in numbers if rule.rounded]
        self._dealings = rules.Dealings.at(own, market.parties)
        self._party: object = None
        self._allowed = np.zeros(0, dtype=np.bool_)
        self._boundaries, self._boundary = market.boundaries, market.boundary[own]
        self._price, self._limit = market.price[own], market.limit[own]
        self._cheapness = -market.highest[own]
        self._worth = market.highest[own] + self._price * self._limit
        self._averages = market.averages[own]

    def meet(self, place: int, lot: LotRow) -> Offer:
        ask = lot.ask_e4 or 0
        found = self._candidates(lot, ask)
        stated = ints(lot.carbon_milli.get(name, 0) for name in self._boundaries)
        ci = stated[self._boundary[found]]
        value = self._worth[found] - ask - self._price[found] * ci
        fits = self._may_deal_with(lot)[found] & (value >= 0)
        for held, asked in self._rounded:
            fits &= asked[found] <= held(lot)
        if lot.key in self._blocked:
            fits &= ~np.isin(self._places[found], self._blocked[lot.key])
        if not fits.all():
            found, ci, value = found[fits], ci[fits], value[fits]
        excess = np.where(self._averages[found], ci - self._limit[found], 0)
        return Offer(place, self._places[found], 2 * value + 1, excess)

    def _candidates(self, lot: LotRow, ask: int) -> Ints:
        """Those whom the ask and the rows of bits leave."""
        affordable = int(np.searchsorted(self._cheapness, -ask, side="right"))
        rows = [row for rule in self._rows if (row := rule.of(lot)) is not None]
        return common(rows, affordable)

    def _may_deal_with(self, lot: LotRow) -> Flags:
        """Kept for the next lot: lots come party by party."""
        party = rules.party(lot)
        if party != self._party:
            self._party, self._allowed = party, self._dealings.allowed(lot)
        return self._allowed

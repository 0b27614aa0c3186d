"""Parties that are alike to a rule: it is asked once for all of them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from matching.engine.arrays import Bits, Flags, Ints, Records
from matching.engine.columns import ABSENT, Columns
from matching.engine.compatibility import Rule

# With so few counterparts asking everybody is quicker than finding out who is alike.
FEW = 32
# What a rule reads of a lot and of a requirement; ``place`` for whatever a lot states of carbon.
READS: Mapping[Rule, tuple[tuple[str, ...], tuple[str, ...]]] = {
    Rule.PRODUCT: (("form",), ("forms",)),
    Rule.GRADE: (("grade",), ("grades",)),
    Rule.SAME_PARTY: (("group", "party"), ("group", "party")),
    Rule.NOT_COMPARABLE: (("place",), ("boundary",)),
    Rule.CI_TOO_HIGH: (("place",), ("boundary", "cap")),
    Rule.CI_UNVERIFIED: (("place",), ("boundary", "verified_only")),
    Rule.SCHEME_MISSING: (("schemes",), ("schemes",)),
    Rule.OFFSETS: (("offsets",), ("offsets",)),
    Rule.ORIGIN: (("origin",), ("origins",)),
    Rule.PRODUCER_EXCLUDED: (("producer",), ("producers", "picky")),
    Rule.BUYER_EXCLUDED: (("barring",), ("party",)),
    Rule.ENERGY: (("energy",), ("energies",)),
    Rule.RENEWABLE: (("renewable",), ("renewable",)),
    Rule.RECYCLED: (("recycled",), ("recycled",)),
    Rule.REGION: (("regions",), ("region",)),
    Rule.WINDOW: (("start", "end"), ("start", "end")),
    Rule.TERMS: (("incoterm", "duty"), ("incoterms", "duties")),
    Rule.BLOCKED: (("place",), ("place",)),
    Rule.MIN_TAKE: (("take", "available"), ("least", "volume")),
    Rule.PREMIUM_TOO_HIGH: (("place", "ask"), ("boundary", "maximum", "carbon_price", "limit")),
}


class Kinds(NamedTuple):
    """Those whom a rule tells apart: the columns that it reads, and the kind of each party.

    ``number`` is None where each party is a kind of its own.
    """

    columns: Mapping[str, Any]
    number: Ints | None

    def each(self, of_kinds: Bits) -> Bits:
        """The rows of the parties, from those of their kinds."""
        return of_kinds if self.number is None else of_kinds[self.number]

    def along(self, of_kinds: Flags) -> Flags:
        """The same for flags of shape (anything, kinds)."""
        return of_kinds if self.number is None else of_kinds.take(self.number, axis=1)


class Group(NamedTuple):
    """Some parties of one side: places in the market, whether they take part, and their kinds.

    ``stated``: columns of shape (boundaries + 1, lots); for requirements there are none.
    """

    places: Ints
    sound: Flags
    kinds: Mapping[Rule, Kinds]
    stated: Mapping[str, Any]


class Statements:
    """The carbon statements of lots at the boundaries of some requirements, as rules read them."""

    def __init__(self, stated: Mapping[str, Any], boundary: Ints) -> None:
        self._stated, self._boundary = stated, boundary

    def __getitem__(self, name: str) -> Any:
        return self._stated[name].take(self._boundary, axis=0)


def of_lots(columns: Columns, places: Ints, counterparts: int) -> Group:
    """``counterparts``: how many they will be asked about."""
    records = columns.lots[places]
    reads = {rule: names for rule, (names, _rows) in READS.items()}
    kinds = _kinds(records, reads, records["blocked"], counterparts)
    stated = {name: columns.stated[name].take(places, axis=1) for name in ("ci", "verified")}
    return Group(places, records["sound"], kinds, stated)


def of_rows(columns: Columns, places: Ints, counterparts: int) -> Group:
    """As ``of_lots``, of requirements."""
    records, tables = columns.rows[places], columns.tables
    reads = {rule: names for rule, (_lots, names) in READS.items()}
    blocked = np.isin(places, tables.blocked[:-1] % max(tables.rows, 1))
    return Group(places, records["sound"], _kinds(records, reads, blocked, counterparts), {})


def _kinds(
    records: Records, reads: Mapping[Rule, Sequence[str]], blocked: Flags, counterparts: int
) -> dict[Rule, Kinds]:
    """``blocked``: who has a counterpart to stay apart from; all others are alike in that."""
    found = {}
    for rule, names in reads.items():
        columns = {name: np.ascontiguousarray(records[name]) for name in names}
        keys = dict(columns)
        if rule == Rule.BLOCKED:
            keys["place"] = np.where(blocked, columns["place"], ABSENT)
        first, number = _different(keys) if counterparts > FEW else (None, None)
        if first is not None:
            columns = {name: column[first] for name, column in columns.items()}
        found[rule] = Kinds(columns, number)
    return found


def _different(keys: Mapping[str, Any]) -> tuple[Ints | None, Ints | None]:
    """(the first of each kind, the kind of each), or twice None where most differ anyway."""
    code: Any = 0
    for column in keys.values():
        values, number = np.unique(column, return_inverse=True)
        code = code * len(values) + number
    _codes, first, number = np.unique(code, return_index=True, return_inverse=True)
    return (None, None) if 2 * len(first) > len(number) else (first, number)

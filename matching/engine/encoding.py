"""Rows of the market -> its columns: texts and sets get numbers, in the order of appearance."""

import hashlib
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from datetime import date
from operator import attrgetter
from typing import Any

import numpy as np

from matching.engine.arrays import Flags, Ints, Places, Records
from matching.engine.columns import ABSENT, LOT, NEVER, ROW, STATED, Columns, Tables
from matching.engine.ranges import ints
from matching.engine.rows import LotRow, RequirementRow


class Numbers:
    """Numbers for the different values of a column, in the order of their first appearance."""

    def __init__(self) -> None:
        self._known: dict[Hashable, int] = {}

    def of(self, values: Iterable[Hashable]) -> Places:
        values, known = list(values), self._known
        for value in dict.fromkeys(values):
            known.setdefault(value, len(known))
        return np.fromiter(map(known.__getitem__, values), dtype=np.int32, count=len(values))

    def of_pairs(self, ones: Iterable[Hashable], others: Iterable[Hashable]) -> Places:
        """Of two values together; a tuple is made only for those that differ."""
        left, right = Numbers(), Numbers()
        code = left.of(ones).astype(np.int64) << 32 | right.of(others)
        different, first = np.unique(code, return_index=True)
        different = different[np.argsort(first)]
        lefts, rights = list(left), list(right)
        own = self.of((lefts[one >> 32], rights[one & 0xFFFFFFFF]) for one in different.tolist())
        order = np.argsort(different)
        found: Places = own[order[np.searchsorted(different[order], code)]]
        return found

    def __iter__(self) -> Iterator[Any]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def __getitem__(self, value: Hashable) -> int:
        return self._known.get(value, ABSENT)


def build(
    offered: Sequence[LotRow],
    wanted: Sequence[RequirementRow],
    as_of: date,
    blocked: Iterable[tuple[str, str]],
) -> Columns:
    """Columns of rows that are in canonical order already."""
    encoder = _Encoder()
    lots, stated = encoder.lots(offered, as_of), encoder.stated(offered)
    rows = encoder.rows(wanted, as_of)
    tables = encoder.tables(_blocked(offered, wanted, blocked), len(wanted))
    lots["blocked"][tables.blocked[:-1] // max(len(wanted), 1)] = True
    keys = [row.key for row in offered], [row.key for row in wanted]
    digest = hashlib.sha256(repr([as_of.isoformat(), encoder.vocabulary(), keys]).encode())
    for table in (lots, stated, rows):
        for name in table.dtype.names or ():
            if name != "allowance":
                digest.update(np.ascontiguousarray(table[name]).tobytes())
    digest.update(tables.blocked.tobytes())
    # Told only where there is one: markets without keep the hash that their stored rounds have.
    if rows["allowance"].any():
        digest.update(b"allowance" + rows["allowance"].tobytes())
    return Columns(lots, stated, rows, tables, encoder.words(), digest.hexdigest())


class _Encoder:
    """Numbers texts and sets alike on both sides, so that the same text has the same number."""

    def __init__(self) -> None:
        self._numbers: dict[str, Numbers] = {}
        self._stated: list[str] = []

    def __getitem__(self, name: str) -> Numbers:
        return self._numbers.setdefault(name, Numbers())

    def vocabulary(self) -> list[object]:
        return [[name, [_plain(one) for one in own]] for name, own in self._numbers.items()]

    def words(self) -> dict[tuple[str, str], list[object]]:
        names = {("lots", name): name for name in LOT.names or () if name in self._numbers}
        names |= {("rows", name): name for name in ROW.names or () if name in self._numbers}
        names["rows", "schemes"] = "wanted_schemes"
        words = {place: [_plain(one) for one in self[name]] for place, name in names.items()}
        # Boundaries that no lot states are one: that of the last table of ``stated``.
        words["rows", "boundary"] = [*self._stated, "stated by no lot"]
        return words

    def lots(self, rows: Sequence[LotRow], as_of: date) -> Records:
        found = np.zeros(len(rows), dtype=LOT)
        texts: dict[str, Iterable[Hashable]] = {
            "form": map(attrgetter("product_form"), rows),
            "grade": map(attrgetter("grade"), rows),
            "producer": map(attrgetter("producer"), rows),
            "party": map(attrgetter("producer"), rows),
            "group": map(attrgetter("group"), rows),
            "schemes": map(attrgetter("schemes"), rows),
            "origin": map(attrgetter("origin_country"), rows),
            "energy": (row.energy_source or "" for row in rows),
            "regions": map(attrgetter("delivery_regions"), rows),
            "incoterm": map(attrgetter("incoterm"), rows),
            "duty": map(attrgetter("duty_status"), rows),
            "barring": map(attrgetter("excluded_buyers"), rows),
        }
        numbers: dict[str, Iterable[int]] = {
            "place": range(len(rows)),
            "ask": (row.ask_e4 or 0 for row in rows),
            "available": map(attrgetter("available_kg"), rows),
            "take": map(attrgetter("min_take_kg"), rows),
            "renewable": map(attrgetter("renewable_centi_pct"), rows),
            "recycled": map(attrgetter("recycled_post_centi_pct"), rows),
            "start": map(date.toordinal, map(attrgetter("window_start"), rows)),
            "end": map(date.toordinal, map(attrgetter("window_end"), rows)),
            "sound": (row.ask_e4 is not None and row.window_end >= as_of for row in rows),
            "offsets": map(attrgetter("offsets_used"), rows),
            "guarded": map(bool, map(attrgetter("excluded_buyers"), rows)),
        }
        return self._filled(found, texts, numbers)

    def stated(self, rows: Sequence[LotRow]) -> Records:
        boundaries = sorted({name for row in rows for name in row.carbon_milli})
        self["boundary"].of(boundaries)
        self._stated = boundaries
        found = np.zeros((len(boundaries) + 1, len(rows)), dtype=STATED)
        found["ci"] = ABSENT
        for place, name in enumerate(boundaries):
            found["ci"][place] = ints(
                "carbon intensity", (row.carbon_milli.get(name, ABSENT) for row in rows)
            )
            found["verified"][place] = [name in row.ci_verified for row in rows]
        return found

    def rows(self, rows: Sequence[RequirementRow], as_of: date) -> Records:
        found = np.zeros(len(rows), dtype=ROW)
        known = len(self["boundary"])
        texts: dict[str, Iterable[Hashable]] = {
            "forms": map(attrgetter("product_forms"), rows),
            "grades": map(attrgetter("grades"), rows),
            "party": map(attrgetter("buyer"), rows),
            "group": map(attrgetter("group"), rows),
            "boundary": map(attrgetter("boundary"), rows),
            "energies": map(attrgetter("energy_sources"), rows),
            "region": map(attrgetter("delivery_region"), rows),
            "incoterms": map(attrgetter("accepted_incoterms"), rows),
            "duties": map(attrgetter("accepted_duty_statuses"), rows),
        }
        numbers: dict[str, Iterable[int]] = {
            "place": range(len(rows)),
            "maximum": (row.max_premium_e4 or 0 for row in rows),
            "carbon_price": map(attrgetter("carbon_price_e1"), rows),
            "limit": map(attrgetter("max_ci_milli"), rows),
            "cap": map(attrgetter("cap_milli"), rows),
            "volume": map(attrgetter("volume_kg"), rows),
            "least": map(attrgetter("min_lot_kg"), rows),
            "floor": map(attrgetter("floor_kg"), rows),
            "allowance": (row.allowance if row.averages else 0 for row in rows),
            "renewable": map(attrgetter("min_renewable_centi_pct"), rows),
            "recycled": map(attrgetter("min_recycled_post_centi_pct"), rows),
            "start": map(date.toordinal, map(attrgetter("window_start"), rows)),
            "end": map(date.toordinal, map(attrgetter("window_end"), rows)),
            "sound": (row.max_premium_e4 is not None and row.window_end >= as_of for row in rows),
            "averages": map(attrgetter("averages"), rows),
            "verified_only": map(attrgetter("verified_ci_only"), rows),
            "offsets": map(attrgetter("accept_offsets"), rows),
            "picky": map(bool, map(attrgetter("allowed_producers"), rows)),
            "listing": (bool(row.allowed_producers or row.excluded_producers) for row in rows),
            "special": map(attrgetter("special"), rows),
        }
        found = self._filled(found, texts, numbers)
        for name, one, other in (
            ("wanted_schemes", "required_schemes", "schemes_rule"),
            ("origins", "allowed_origins", "excluded_origins"),
            ("producers", "allowed_producers", "excluded_producers"),
        ):
            found[name.removeprefix("wanted_")] = self[name].of_pairs(
                map(attrgetter(one), rows), map(attrgetter(other), rows)
            )
        np.minimum(found["boundary"], known, out=found["boundary"])
        return found

    def _filled(
        self,
        found: Records,
        texts: dict[str, Iterable[Hashable]],
        numbers: dict[str, Iterable[int]],
    ) -> Records:
        for name, words in texts.items():
            found[name] = self[name].of(words)
        for name, values in numbers.items():
            found[name] = ints(name, values)
        return found

    def tables(self, blocked: Ints, rows: int) -> Tables:
        producers, parties = max(len(self["producer"]), 1), max(len(self["party"]), 1)
        lists = list(self["producers"])
        return Tables(
            forms=self._listing("forms", "form"),
            grades=self._listing("grades", "grade"),
            schemes=self._accepting("wanted_schemes", "schemes", _certified),
            origins=self._accepting("origins", "origin", _from_there),
            energies=self._listing("energies", "energy"),
            regions=self._accepting("region", "regions", lambda a, b: a in b or "GLOBAL" in b),
            incoterms=self._listing("incoterms", "incoterm"),
            duties=self._listing("duties", "duty"),
            welcome=_relation([names for names, _barred in lists], self["producer"], producers),
            barred=_relation([names for _allowed, names in lists], self["producer"], producers),
            barring=_relation(self["barring"], self["party"], parties),
            blocked=blocked,
            producers=producers,
            parties=parties,
            rows=rows,
        )

    def _listing(self, demand: str, offer: str) -> Flags:
        """Lists of what is accepted; an empty list accepts all."""
        accepting = np.zeros((len(self[demand]), len(self[offer])), dtype=np.bool_)
        for place, wanted in enumerate(self[demand]):
            known = [self[offer][one] for one in wanted]
            accepting[place, [one for one in known if one != ABSENT] if wanted else slice(None)] = 1
        return accepting

    def _accepting(self, demand: str, offer: str, accepts: Callable[[Any, Any], bool]) -> Flags:
        demands, offers = self[demand], self[offer]
        flags = [[accepts(wanted, one) for one in offers] for wanted in demands]
        return np.array(flags, dtype=np.bool_).reshape(len(demands), len(offers))


def _from_there(wanted: tuple[frozenset[str], frozenset[str]], country: str) -> bool:
    allowed, excluded = wanted
    return country not in excluded and (not allowed or country in allowed)


def _certified(wanted: tuple[frozenset[str], str], held: frozenset[str]) -> bool:
    schemes, rule = wanted
    if not schemes:
        return True
    return bool(schemes & held) if rule == "ANY" else schemes <= held


def _relation(owners: Iterable[Iterable[str]], names: Numbers, width: int) -> Ints:
    """Owner's number x width + name's number, of those names that occur at all."""
    found = [
        owner * width + names[name]
        for owner, own in enumerate(owners)
        for name in own
        if names[name] != ABSENT
    ]
    return np.array([*sorted(found), NEVER], dtype=np.int64)


def _blocked(
    offered: Sequence[LotRow],
    wanted: Sequence[RequirementRow],
    pairs: Iterable[tuple[str, str]],
) -> Ints:
    lots = {row.key: place for place, row in enumerate(offered)}
    rows = {row.key: place for place, row in enumerate(wanted)}
    found = [lots[i] * len(rows) + rows[j] for i, j in pairs if i in lots and j in rows]
    return np.array([*sorted(found), NEVER], dtype=np.int64)


def _plain(value: object) -> object:
    """Sets in one order, whatever order they were made in."""
    if isinstance(value, frozenset):
        return sorted(value)
    return [_plain(part) for part in value] if isinstance(value, tuple) else value

"""The hard rules as the checker asks them, written apart from those of the solver's side."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from matching.engine.arrays import Flags, Ints, Places
from matching.engine.proofs.sieve import Least, Names, flags, numbered
from matching.engine.rows import LotRow, RequirementRow

# Asked by those whom a carbon limit does not concern, held by those who state no carbon.
NOTHING = -(2**62)


def product(rows: Sequence[RequirementRow]) -> Names:
    return Names(
        ((row.product_forms, row.grades) for row in rows),
        lambda lot: (lot.product_form, lot.grade),
        lambda asked, held: held[0] in asked[0] and _listed(asked[1], held[1]),
    )


def on_names(rows: Sequence[RequirementRow]) -> list[Names]:
    return [
        Names(
            ((row.verified_ci_only, row.boundary) for row in rows),
            lambda lot: lot.ci_verified,
            lambda asked, verified: not asked[0] or asked[1] in verified,
        ),
        Names(
            ((row.required_schemes, row.schemes_rule) for row in rows),
            lambda lot: lot.schemes,
            _certified,
        ),
        Names(
            (row.accept_offsets for row in rows),
            lambda lot: lot.offsets_used,
            lambda accepts, used: accepts or not used,
        ),
        Names(
            ((row.allowed_origins, row.excluded_origins) for row in rows),
            lambda lot: lot.origin_country,
            lambda asked, country: country not in asked[1] and _listed(asked[0], country),
        ),
        Names(
            (row.delivery_region for row in rows),
            lambda lot: lot.delivery_regions,
            lambda region, reached: region in reached or "GLOBAL" in reached,
        ),
        Names((row.energy_sources for row in rows), lambda lot: lot.energy_source, _listed),
        Names((row.accepted_incoterms for row in rows), lambda lot: lot.incoterm, _listed),
        Names((row.accepted_duty_statuses for row in rows), lambda lot: lot.duty_status, _listed),
    ]


def on_numbers(rows: Sequence[RequirementRow]) -> list[Least]:
    """Shares, windows and portions; and for each boundary its carbon limits."""
    return [
        Least((row.min_renewable_centi_pct for row in rows), lambda lot: lot.renewable_centi_pct),
        Least(
            (row.min_recycled_post_centi_pct for row in rows),
            lambda lot: lot.recycled_post_centi_pct,
        ),
        Least(
            (row.window_start.toordinal() for row in rows), lambda lot: lot.window_end.toordinal()
        ),
        Least(
            (-row.window_end.toordinal() for row in rows),
            lambda lot: -lot.window_start.toordinal(),
        ),
        Least((row.min_lot_kg for row in rows), lambda lot: lot.available_kg),
        Least((-row.volume_kg for row in rows), lambda lot: -lot.min_take_kg),
        *(_carbon(rows, name) for name in sorted({row.boundary for row in rows})),
    ]


def _carbon(rows: Sequence[RequirementRow], boundary: str) -> Least:
    def held(lot: LotRow) -> int:
        ci = lot.carbon_milli.get(boundary)
        return NOTHING if ci is None else -ci

    return Least((-row.cap_milli if row.boundary == boundary else NOTHING for row in rows), held)


def _listed(accepted: frozenset[str], value: str | None) -> bool:
    return not accepted or value in accepted


def _certified(asked: tuple[frozenset[str], str], held: frozenset[str]) -> bool:
    schemes, rule = asked
    if not schemes:
        return True
    return bool(schemes & held) if rule == "ANY" else schemes <= held


class Lists:
    """The different pairs of producers allowed and excluded, and who is named in which."""

    def __init__(self, lists: Iterable[tuple[frozenset[str], frozenset[str]]]) -> None:
        kinds, self.kind = numbered(lists)
        self._open = flags(not allowed for allowed, _excluded in kinds)
        self._allowing = _naming(allowed for allowed, _excluded in kinds)
        self._barring = _naming(excluded for _allowed, excluded in kinds)

    def accepting(self, producer: str) -> Flags:
        accepted = self._open.copy()
        accepted[self._allowing.get(producer, [])] = True
        accepted[self._barring.get(producer, [])] = False
        return accepted


def _naming(lists: Iterable[frozenset[str]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for number, names in enumerate(lists):
        for name in names:
            found.setdefault(name, []).append(number)
    return found


class Parties:
    """Buyers as numbers: of organisations, of groups, and of the lists of producers they keep."""

    def __init__(self, rows: Sequence[RequirementRow]) -> None:
        self.names, self.buyer = numbered(row.buyer for row in rows)
        self.groups, self.group = numbered(row.group for row in rows)
        self.lists = Lists((row.allowed_producers, row.excluded_producers) for row in rows)


def party(lot: LotRow) -> tuple[str, str, frozenset[str]]:
    """Lots of which this is the same may deal with the same requirements."""
    return lot.producer, lot.group, lot.excluded_buyers


@dataclass(frozen=True)
class Dealings:
    """Which of the requirements at some places a lot's party may deal with."""

    parties: Parties
    buyer: Places
    group: Places
    kind: Places

    @classmethod
    def at(cls, own: Ints, parties: Parties) -> "Dealings":
        return cls(parties, parties.buyer[own], parties.group[own], parties.lists.kind[own])

    def allowed(self, lot: LotRow) -> Flags:
        names = self.parties.names
        barred = {lot.producer, *lot.excluded_buyers} & names.keys()
        buyers = np.ones(len(names), dtype=np.bool_)
        buyers[[names[name] for name in barred]] = False
        lists = self.parties.lists.accepting(lot.producer)
        strange = self.group != self.parties.groups.get(lot.group, -1)
        found: Flags = buyers[self.buyer] & lists[self.kind] & strange
        return found

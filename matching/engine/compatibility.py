"""The hard rules, in the order in which they are told.

Each rule is a line over records of ``columns``, written once for three uses: one lot and one
requirement (also in compiled loops), one requirement towards all lots, one lot towards all
requirements. ``stated`` is the lot's carbon statement at the requirement's boundary.
"""

from collections.abc import Callable
from enum import IntEnum
from typing import Any

import numpy as np

from matching.engine.columns import Tables
from matching.engine.compiled import shared


class Rule(IntEnum):
    """Order of docs/matching.md; a counterpart counts for the first rule that it fails."""

    PRODUCT = 1
    GRADE = 2
    SAME_PARTY = 3
    NOT_COMPARABLE = 4
    CI_TOO_HIGH = 5
    CI_UNVERIFIED = 6
    SCHEME_MISSING = 7
    OFFSETS = 8
    ORIGIN = 9
    PRODUCER_EXCLUDED = 10
    BUYER_EXCLUDED = 11
    ENERGY = 12
    RENEWABLE = 13
    RECYCLED = 14
    REGION = 15
    WINDOW = 16
    TERMS = 17
    BLOCKED = 18
    MIN_TAKE = 19
    PREMIUM_TOO_HIGH = 20


PASSES = 0
# A record, or a table of them: what comes back has its shape.
One = Any


@shared
def implies(asked: Any, held: Any) -> Any:
    return asked <= held


@shared
def unrelated(relation: Any, code: Any) -> Any:
    """Whether the numbers are missing from a sparse relation of ``Tables``."""
    return relation[np.searchsorted(relation, code)] != code


@shared
def product(lot: One, row: One, stated: One, tables: Tables) -> Any:
    return tables.forms[row["forms"], lot["form"]]


@shared
def grade(lot: One, row: One, stated: One, tables: Tables) -> Any:
    return tables.grades[row["grades"], lot["grade"]]


@shared
def strangers(lot: One, row: One, stated: One, _tables: object) -> Any:
    return (lot["group"] != row["group"]) & (lot["party"] != row["party"])


@shared
def comparable(lot: One, row: One, stated: One, _tables: object) -> Any:
    return stated["ci"] >= 0


@shared
def clean(lot: One, row: One, stated: One, _tables: object) -> Any:
    return stated["ci"] <= row["cap"]


@shared
def verified(lot: One, row: One, stated: One, _tables: object) -> Any:
    return implies(row["verified_only"], stated["verified"])


@shared
def certified(lot: One, row: One, stated: One, tables: Tables) -> Any:
    return tables.schemes[row["schemes"], lot["schemes"]]


@shared
def offsets(lot: One, row: One, stated: One, _tables: object) -> Any:
    return implies(lot["offsets"], row["offsets"])


@shared
def origin(lot: One, row: One, stated: One, tables: Tables) -> Any:
    return tables.origins[row["origins"], lot["origin"]]


@shared
def producer(lot: One, row: One, stated: One, tables: Tables) -> Any:
    code = row["producers"] * np.int64(tables.producers) + lot["producer"]
    unlisted = unrelated(tables.welcome, code) & row["picky"]
    return implies(unlisted, False) & unrelated(tables.barred, code)


@shared
def buyer(lot: One, row: One, stated: One, tables: Tables) -> Any:
    code = lot["barring"] * np.int64(tables.parties) + row["party"]
    return unrelated(tables.barring, code)


@shared
def energy(lot: One, row: One, stated: One, tables: Tables) -> Any:
    return tables.energies[row["energies"], lot["energy"]]


@shared
def renewable(lot: One, row: One, stated: One, _tables: object) -> Any:
    return lot["renewable"] >= row["renewable"]


@shared
def recycled(lot: One, row: One, stated: One, _tables: object) -> Any:
    return lot["recycled"] >= row["recycled"]


@shared
def region(lot: One, row: One, stated: One, tables: Tables) -> Any:
    return tables.regions[row["region"], lot["regions"]]


@shared
def begun(lot: One, row: One, stated: One, _tables: object) -> Any:
    return lot["start"] <= row["end"]


@shared
def lasting(lot: One, row: One, stated: One, _tables: object) -> Any:
    return lot["end"] >= row["start"]


@shared
def window(lot: One, row: One, stated: One, _tables: object) -> Any:
    """The two windows share a day: each begins before the other is over."""
    return begun(lot, row, stated, None) & lasting(lot, row, stated, None)


@shared
def terms(lot: One, row: One, stated: One, tables: Tables) -> Any:
    return (
        tables.incoterms[row["incoterms"], lot["incoterm"]]
        & tables.duties[row["duties"], lot["duty"]]
    )


@shared
def unblocked(lot: One, row: One, stated: One, tables: Tables) -> Any:
    code = lot["place"] * np.int64(tables.rows) + row["place"]
    return unrelated(tables.blocked, code)


@shared
def portion(lot: One, row: One, stated: One, _tables: object) -> Any:
    """The smallest kilograms of one match, of either side, fit into what either side has."""
    return (
        (row["least"] <= lot["available"])
        & (lot["take"] <= row["volume"])
        & (row["least"] <= row["volume"])
        & (lot["take"] <= lot["available"])
    )


@shared
def affordable(lot: One, row: One, stated: One, _tables: object) -> Any:
    return (lot["ask"] <= row["maximum"]) & (value(lot, row, stated) >= 0)


@shared
def value(lot: One, row: One, stated: One) -> Any:
    """w in 0.0001 USD/t; meaningful where every other rule passes."""
    saved = row["carbon_price"] * (row["limit"] - stated["ci"])
    return row["maximum"] - lot["ask"] + saved


@shared
def excess(lot: One, row: One, stated: One) -> Any:
    """Milli t/t above the requirement's average limit; 0 where each lot counts alone."""
    return row["averages"] * (stated["ci"] - row["limit"])


RULES: dict[Rule, Callable[[One, One, One, Any], Any]] = {
    Rule.PRODUCT: product,
    Rule.GRADE: grade,
    Rule.SAME_PARTY: strangers,
    Rule.NOT_COMPARABLE: comparable,
    Rule.CI_TOO_HIGH: clean,
    Rule.CI_UNVERIFIED: verified,
    Rule.SCHEME_MISSING: certified,
    Rule.OFFSETS: offsets,
    Rule.ORIGIN: origin,
    Rule.PRODUCER_EXCLUDED: producer,
    Rule.BUYER_EXCLUDED: buyer,
    Rule.ENERGY: energy,
    Rule.RENEWABLE: renewable,
    Rule.RECYCLED: recycled,
    Rule.REGION: region,
    Rule.WINDOW: window,
    Rule.TERMS: terms,
    Rule.BLOCKED: unblocked,
    Rule.MIN_TAKE: portion,
    Rule.PREMIUM_TOO_HIGH: affordable,
}

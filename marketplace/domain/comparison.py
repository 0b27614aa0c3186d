"""CO2e difference of bought metal to a named baseline of the same boundary. A comparison only.

It is no credit, no offset and no inventory reduction. Values of different boundaries are neither
compared nor summed. Masses of CO2e are integer kg; carbon intensities milli t CO2e per t.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from marketplace.domain.errors import gettext_noop

CAVEAT = gettext_noop("Comparison only: no credit, no offset and no inventory reduction.")
GRAMS_PER_KG = 1_000


@dataclass(frozen=True)
class Baseline:
    """``valid_from``: the first day on which it counts, until a later one of its boundary."""

    name: str
    boundary: str
    ci_milli: int
    valid_from: date
    source: str
    is_verified: bool


@dataclass(frozen=True)
class Metal:
    """``kg`` of metal at an intensity within a boundary."""

    boundary: str
    ci_milli: int
    kg: int


@dataclass(frozen=True)
class Comparison:
    """``baseline``: None where none of the metal's boundary was in force on the day."""

    metal: Metal
    baseline: Baseline | None

    @property
    def difference_kg(self) -> int | None:
        """kg CO2e that the baseline has more than the metal; negative where the metal has more."""
        if self.baseline is None:
            return None
        # Milli t/t times kg are grams: exact, then rounded once, half away from zero.
        grams = (self.baseline.ci_milli - self.metal.ci_milli) * self.metal.kg
        kg = (abs(grams) + GRAMS_PER_KG // 2) // GRAMS_PER_KG
        return kg if grams >= 0 else -kg


@dataclass(frozen=True)
class Total:
    """Of one year and one boundary. ``kg`` and ``difference_kg``: of compared metal only."""

    year: int
    boundary: str
    count: int
    kg: int
    difference_kg: int
    without_baseline: int


def compare(metal: Metal, baselines: Iterable[Baseline], *, on: date) -> Comparison:
    """With the newest baseline of the same boundary that is in force on the day."""
    fitting = (one for one in baselines if one.boundary == metal.boundary and one.valid_from <= on)
    return Comparison(metal, max(fitting, key=lambda one: one.valid_from, default=None))


def totals(compared: Iterable[tuple[int, Comparison]]) -> list[Total]:
    """By year, newest first, and boundary: the sums of what the single comparisons show."""
    groups: dict[tuple[int, str], list[Comparison]] = {}
    for year, one in compared:
        groups.setdefault((-year, one.metal.boundary), []).append(one)
    return [_total(-year, boundary, groups[year, boundary]) for year, boundary in sorted(groups)]


def _total(year: int, boundary: str, group: list[Comparison]) -> Total:
    told = [(one.metal.kg, one.difference_kg) for one in group]
    known = [(kg, difference) for kg, difference in told if difference is not None]
    return Total(
        year=year,
        boundary=boundary,
        count=len(group),
        kg=sum(kg for kg, _difference in known),
        difference_kg=sum(difference for _kg, difference in known),
        without_baseline=len(group) - len(known),
    )


def co2e_tonnes(kilograms: int, *, grouped: bool = True) -> str:
    """Signed, 3 decimals: 3650000 -> "3,650.000"; with ``grouped`` off "3650.000"."""
    whole, rest = divmod(abs(kilograms), 1000)
    sign = "-" if kilograms < 0 else ""
    return f"{sign}{whole:{',' if grouped else ''}}.{rest:03d}"

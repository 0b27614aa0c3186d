"""What a carbon average can reach over some lots, the cleanest first; exact, nothing is rounded."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction


@dataclass(frozen=True)
class Reach:
    """Of a volume out of some lots, portions and other buyers aside.

    ``kg``: the most that keeps the limit, at most the volume, and ``average_milli`` over it.
    ``whole_kg``: as much of the volume as there is at all, and ``whole_milli`` over that: without
    an allowance the lowest limit at which all of it would be reached. Averages are None where
    there is nothing.
    """

    kg: int
    average_milli: Fraction | None
    whole_kg: int
    whole_milli: Fraction | None

    @property
    def average(self) -> Decimal | None:
        """As pages write it; it may be rounded there, the comparison was not."""
        return _decimal(self.average_milli)

    @property
    def whole_average(self) -> Decimal | None:
        return _decimal(self.whole_milli)


def reach(
    parts: Iterable[tuple[int, int]], *, volume_kg: int, limit_milli: int, allowance: int = 0
) -> Reach:
    """``parts``: (kilograms, milli t CO2e/t) of each lot. ``allowance``: how far all of them
    together may lie above the limit, in kg x milli t CO2e/t, for what is bought lies below it.

    The cleanest first is the best for either question: each further kilogram raises the average.
    """
    kg = carbon = best_kg = best_carbon = 0
    for size, ci in sorted(parts, key=lambda part: part[1]):
        taken = min(size, volume_kg - kg)
        # What of this lot still keeps (carbon - limit x kg) within it, in whole kilograms.
        room, above = allowance + limit_milli * best_kg - best_carbon, ci - limit_milli
        kept = taken if above <= 0 else min(taken, max(room, 0) // above)
        best_kg, best_carbon = best_kg + kept, best_carbon + kept * ci
        kg, carbon = kg + taken, carbon + taken * ci
    return Reach(best_kg, _average(best_carbon, best_kg), kg, _average(carbon, kg))


def _decimal(exact: Fraction | None) -> Decimal | None:
    return None if exact is None else Decimal(exact.numerator) / exact.denominator


def _average(carbon: int, kg: int) -> Fraction | None:
    return Fraction(carbon, kg) if kg else None

"""What a requirement asks of the proposals of a bundle together: least volume, average carbon."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

WHOLE = 10_000


@dataclass(frozen=True)
class Part:
    """One accepted proposal: kilograms, and milli t CO2e per t for the requirement's boundary."""

    kg: int
    ci_milli: int


@dataclass(frozen=True)
class Rule:
    """Of one requirement. ``average_milli`` None: its carbon limit holds for each lot alone."""

    volume_kg: int
    partial_ok: bool = True
    tolerance_centi_pct: int = 0
    average_milli: int | None = None

    @property
    def minimum_kg(self) -> int:
        """Less than this is no deal at all, contracted kilograms included."""
        if self.partial_ok:
            return 0
        return -(-self.volume_kg * (WHOLE - self.tolerance_centi_pct) // WHOLE)

    @property
    def enough_kg(self) -> int:
        """From so many contracted kilograms on the requirement is filled."""
        return self.volume_kg if self.partial_ok else self.minimum_kg

    def excess(self, parts: Sequence[Part]) -> int:
        """How far they lie above the average limit, in kg x milli t CO2e/t; below it negative."""
        if self.average_milli is None:
            return 0
        return sum(part.kg * (part.ci_milli - self.average_milli) for part in parts)


@dataclass(frozen=True)
class Position:
    """What is contracted already; the excess counts open bundles that lie above the limit too."""

    contracted_kg: int = 0
    contracted_excess: int = 0

    @property
    def allowance(self) -> int:
        """What a bundle may lie above the average limit. Above it already: nothing."""
        return max(0, -self.contracted_excess)


def holds(rule: Rule, position: Position, parts: Sequence[Part]) -> bool:
    """Whether the buyer may be left with these deals beside those that are contracted."""
    volume = position.contracted_kg + sum(part.kg for part in parts)
    return volume >= rule.minimum_kg and rule.excess(parts) <= position.allowance


def average_milli(parts: Sequence[Part]) -> Fraction:
    """Tonnage-weighted, exact. ``parts`` are not empty."""
    return Fraction(sum(part.kg * part.ci_milli for part in parts), sum(part.kg for part in parts))

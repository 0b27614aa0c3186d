"""Green premiums of several deals together."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

CENT = Decimal("0.01")
E4 = Decimal(10_000)


@dataclass(frozen=True)
class PremiumSum:
    """Premiums in 1/10000 USD/t, each times its kilograms, over all these kilograms."""

    usd_e4_kg: int
    kg: int

    @property
    def usd_per_t(self) -> Decimal:
        """Weighted by tonnes, to the cent."""
        return (Decimal(self.usd_e4_kg) / self.kg / E4).quantize(CENT, ROUND_HALF_EVEN)

    @property
    def usd(self) -> Decimal:
        """All of it, to the cent."""
        return (Decimal(self.usd_e4_kg) / 1_000 / E4).quantize(CENT, ROUND_HALF_EVEN)

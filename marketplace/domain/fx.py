"""Premium units and dated exchange rates: amounts become integers of 0.0001 USD/t."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from marketplace.domain.vocabulary import PremiumUnit

# Pounds per tonne / 100, as the trade uses it (domain facts, section 2 and 7.5).
USD_T_PER_USC_LB = Decimal("22.0462")
LONGEST_USE = timedelta(days=5)
CURRENCIES = {PremiumUnit.EUR_T: "EUR", PremiumUnit.CNY_T: "CNY"}
STEP = Decimal("0.0001")


@dataclass(frozen=True)
class FxRates:
    """The rate of each currency that counts on one day: currency -> (USD per unit, its date)."""

    rates: Mapping[str, tuple[Decimal, date]]

    @classmethod
    def latest(cls, rows: Iterable[tuple[str, Decimal, date]], on: date) -> "FxRates":
        """The newest of the rows dated on the day or at most 5 days before it."""
        found: dict[str, tuple[Decimal, date]] = {}
        for currency, usd_per_unit, day in rows:
            known = found.get(currency)
            if on - LONGEST_USE <= day <= on and (known is None or known[1] < day):
                found[currency] = (usd_per_unit, day)
        return cls(found)

    def rate(self, unit: str) -> Decimal | None:
        """USD per unit of the currency of a premium unit; None when no rate counts."""
        currency = CURRENCIES.get(PremiumUnit(unit))
        if currency is None:
            return Decimal(1)
        known = self.rates.get(currency)
        return known[0] if known else None

    def dated(self, unit: str) -> date | None:
        """The day of that rate; None where none is needed or none counts."""
        known = self.rates.get(CURRENCIES.get(PremiumUnit(unit), ""))
        return known[1] if known else None

    def usd_per_t(self, amount: Decimal, unit: str) -> Decimal | None:
        """USD/t, unrounded; None without a rate."""
        rate = self.rate(unit)
        if rate is None:
            return None
        factor = USD_T_PER_USC_LB if unit == PremiumUnit.USC_LB else Decimal(1)
        return amount * factor * rate

    def usd_e4(self, amount: Decimal, unit: str) -> int | None:
        """Integer of 0.0001 USD/t, ties away from zero; None without a rate."""
        exact = self.usd_per_t(amount, unit)
        if exact is None:
            return None
        return int(exact.quantize(STEP, rounding=ROUND_HALF_UP).scaleb(4))

"""The green premium's range: refuses a total price typed as a premium."""

from decimal import Decimal

from marketplace.domain.errors import gettext_noop
from marketplace.domain.fields import Reader
from marketplace.domain.fx import FxRates
from marketplace.domain.vocabulary import PremiumUnit

LOWEST, HIGHEST, UNUSUAL = Decimal(-50), Decimal(1000), Decimal(200)
# Without a rate the range in USD cannot be told; this only keeps absurd numbers out.
WITHOUT_RATE = Decimal(100_000)
RANGE = gettext_noop(
    "The green premium is from -50 to 1000 USD/t; leave out the metal price and regional premium."
)
HIGH = gettext_noop("A premium above 200 USD/t is unusual: is it the green premium only?")


def read(
    row: Reader, name: str, *, fx: FxRates, warnings: list[str]
) -> tuple[Decimal, PremiumUnit] | None:
    """Amount with 2 decimals and its unit; None when refused."""
    amount = row.decimal(name, decimals=2, required=True)
    unit = row.code("premium_unit", PremiumUnit, default=PremiumUnit.USD_T)
    if amount is None or unit is None:
        return None
    usd = fx.usd_per_t(amount, unit)
    low, high = (-WITHOUT_RATE, WITHOUT_RATE) if usd is None else (LOWEST, HIGHEST)
    compared = amount if usd is None else usd
    if not low <= compared <= high:
        row.refuse(name, "premium_out_of_range", RANGE)
        return None
    if usd is not None and usd > UNUSUAL:
        warnings.append(HIGH)
    return amount.quantize(Decimal("0.01")), unit

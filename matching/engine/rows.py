"""One lot, one requirement, as the engine sees them.

Quantities are integer kilograms, intensities integer milli t CO2e per t, premiums integers of
0.0001 USD/t. Codes and names are compared as they are: callers give them in comparable form.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NO_CAP = 10**9


@dataclass(frozen=True, slots=True)
class LotRow:
    """One lot. ``ask_e4`` None: no exchange rate. ``carbon_milli``: boundary -> intensity."""

    key: str
    producer: str
    group: str
    product_form: str
    grade: str
    available_kg: int
    carbon_milli: Mapping[str, int]
    origin_country: str
    window_start: date
    window_end: date
    ask_e4: int | None
    min_take_kg: int = 0
    ci_verified: frozenset[str] = frozenset()
    offsets_used: bool = False
    schemes: frozenset[str] = frozenset()
    energy_source: str | None = None
    renewable_centi_pct: int = 0
    recycled_post_centi_pct: int = 0
    delivery_regions: frozenset[str] = frozenset({"GLOBAL"})
    excluded_buyers: frozenset[str] = frozenset()
    incoterm: str = ""
    duty_status: str = ""
    listed_at: datetime = EPOCH


@dataclass(frozen=True, slots=True)
class RequirementRow:
    """One requirement. Empty sets mean "no rule"; ``max_premium_e4`` None: no exchange rate.

    ``volume_kg`` is still open beside ``contracted_kg``, which are bought already. ``allowance``:
    how far those lie below the average limit, in kg x milli t CO2e/t; nothing without an average.
    """

    key: str
    buyer: str
    group: str
    product_forms: frozenset[str]
    volume_kg: int
    max_ci_milli: int
    boundary: str
    max_premium_e4: int | None
    delivery_region: str
    window_start: date
    window_end: date
    grades: frozenset[str] = frozenset()
    min_lot_kg: int = 0
    partial_ok: bool = True
    tolerance_centi_pct: int = 0
    ci_basis: str = "PER_LOT"
    per_lot_cap_milli: int | None = None
    internal_carbon_price: Decimal = Decimal(0)
    required_schemes: frozenset[str] = frozenset()
    schemes_rule: str = "ALL"
    energy_sources: frozenset[str] = frozenset()
    min_renewable_centi_pct: int = 0
    min_recycled_post_centi_pct: int = 0
    verified_ci_only: bool = False
    accept_offsets: bool = False
    allowed_origins: frozenset[str] = frozenset()
    excluded_origins: frozenset[str] = frozenset()
    allowed_producers: frozenset[str] = frozenset()
    excluded_producers: frozenset[str] = frozenset()
    accepted_incoterms: frozenset[str] = frozenset()
    accepted_duty_statuses: frozenset[str] = frozenset()
    posted_at: datetime = EPOCH
    contracted_kg: int = 0
    allowance: int = 0

    @property
    def averages(self) -> bool:
        """Whether its carbon limit holds for the average of what it gets, not for each lot."""
        return self.ci_basis == "PORTFOLIO_AVERAGE"

    @property
    def special(self) -> bool:
        """Whether a flow alone may not know what it can get."""
        return self.averages or self.floor_kg > 0 or self.min_lot_kg > 0

    @property
    def cap_milli(self) -> int:
        """The intensity that each single lot must keep to."""
        if not self.averages:
            return self.max_ci_milli
        return NO_CAP if self.per_lot_cap_milli is None else self.per_lot_cap_milli

    @property
    def floor_kg(self) -> int:
        """With ``partial_ok`` False: so much more or nothing, in whole kilograms; 0 otherwise, and
        where what is contracted is enough within the tolerance.
        """
        if self.partial_ok:
            return 0
        whole = self.volume_kg + self.contracted_kg
        enough = -(-whole * (10_000 - self.tolerance_centi_pct) // 10_000)
        return max(0, enough - self.contracted_kg)

    @property
    def carbon_price_e1(self) -> int:
        """Internal carbon price in 0.1 USD per t CO2e."""
        return int(self.internal_carbon_price * 10)

    def value_e4(self, ask_e4: int, ci_milli: int) -> int:
        """w of docs/matching.md: what a tonne is worth here above its ask, in 0.0001 USD/t."""
        saved = self.carbon_price_e1 * (self.max_ci_milli - ci_milli)
        return (self.max_premium_e4 or 0) - ask_e4 + saved

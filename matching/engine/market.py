"""The market as the engine sees it: rows in canonical order, and their columns as arrays.

Quantities are integer kilograms, intensities integer milli t CO2e per t, premiums integers of
0.0001 USD/t. Codes and names are compared as they are: callers give them in comparable form.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property

from matching.engine.errors import EngineError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NO_CAP = 10**9


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class RequirementRow:
    """One requirement. Empty sets mean "no rule"; ``max_premium_e4`` None: no exchange rate."""

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

    @property
    def averages(self) -> bool:
        """Whether its carbon limit holds for the average of what it gets, not for each lot."""
        return self.ci_basis == "PORTFOLIO_AVERAGE"

    @property
    def special(self) -> bool:
        """Whether a flow alone may not know what it can get."""
        return self.averages or not self.partial_ok or self.min_lot_kg > 0

    @property
    def cap_milli(self) -> int:
        """The intensity that each single lot must keep to."""
        if not self.averages:
            return self.max_ci_milli
        return NO_CAP if self.per_lot_cap_milli is None else self.per_lot_cap_milli

    @property
    def floor_kg(self) -> int:
        """With ``partial_ok`` False: so much or nothing, in whole kilograms; 0 otherwise."""
        if self.partial_ok:
            return 0
        return -(-self.volume_kg * (10_000 - self.tolerance_centi_pct) // 10_000)

    @property
    def carbon_price_e1(self) -> int:
        """Internal carbon price in 0.1 USD per t CO2e."""
        return int(self.internal_carbon_price * 10)

    def value_e4(self, ask_e4: int, ci_milli: int) -> int:
        """w of docs/matching.md: what a tonne is worth here above its ask, in 0.0001 USD/t."""
        saved = self.carbon_price_e1 * (self.max_ci_milli - ci_milli)
        return (self.max_premium_e4 or 0) - ask_e4 + saved


@dataclass(frozen=True)
class Market:
    """Rows sorted by time of listing, then key, so that the order they came in never shows."""

    lots: tuple[LotRow, ...]
    requirements: tuple[RequirementRow, ...]
    as_of: date
    blocked_pairs: frozenset[tuple[str, str]] = field(default=frozenset())

    @classmethod
    def build(
        cls,
        lots: Iterable[LotRow],
        requirements: Iterable[RequirementRow],
        as_of: date,
        blocked_pairs: Iterable[tuple[str, str]] = (),
    ) -> "Market":
        """``blocked_pairs``: (lot key, requirement key) that stay apart, such as declined ones.

        Raises EngineError for keys that are not unique, quantities below 1 kg, and minimum takes
        above what is there: the rest of a partly sold lot is offered with its own size at most.
        """
        offered = tuple(sorted(lots, key=lambda row: (row.listed_at, row.key)))
        wanted = tuple(sorted(requirements, key=lambda row: (row.posted_at, row.key)))
        _check_lots(offered)
        _check_requirements(wanted)
        return cls(offered, wanted, as_of, frozenset(blocked_pairs))

    @cached_property
    def inputs_sha256(self) -> str:
        """Hash over everything that can influence the result, whatever order it came in."""
        rows = {
            "as_of": self.as_of,
            "lots": [asdict(row) for row in self.lots],
            "requirements": [asdict(row) for row in self.requirements],
            "blocked": sorted(self.blocked_pairs),
        }
        text = json.dumps(rows, default=_plain, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(value)
    return str(value)


def _check_lots(lots: tuple[LotRow, ...]) -> None:
    if len({row.key for row in lots}) != len(lots):
        raise EngineError("Two lots have the same key.")
    for row in lots:
        if row.available_kg < 1:
            raise EngineError(f"Lot {row.key}: available_kg {row.available_kg} is below 1.")
        if not 0 <= row.min_take_kg <= row.available_kg:
            raise EngineError(f"Lot {row.key}: min_take_kg {row.min_take_kg} is out of its range.")


def _check_requirements(requirements: tuple[RequirementRow, ...]) -> None:
    if len({row.key for row in requirements}) != len(requirements):
        raise EngineError("Two requirements have the same key.")
    for row in requirements:
        if row.volume_kg < 1:
            raise EngineError(f"Requirement {row.key}: volume_kg {row.volume_kg} is below 1.")
        if row.min_lot_kg < 0 or not 0 <= row.tolerance_centi_pct <= 1_000:
            raise EngineError(f"Requirement {row.key}: min_lot_kg or tolerance is out of range.")

"""The market: rows in canonical order, with the columns that the engine works on."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from matching.engine import encoding
from matching.engine.columns import Columns
from matching.engine.errors import EngineError
from matching.engine.rows import LotRow, RequirementRow


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
    def columns(self) -> Columns:
        return encoding.build(self.lots, self.requirements, self.as_of, self.blocked_pairs)

    @property
    def inputs_sha256(self) -> str:
        """Hash over everything that can influence the result, whatever order it came in."""
        return self.columns.sha256


def _check_lots(lots: tuple[LotRow, ...]) -> None:
    if len({row.key for row in lots}) != len(lots):
        raise EngineError("Two lots have the same key.")
    for row in lots:
        if row.available_kg < 1:
            raise EngineError(f"Lot {row.key}: available_kg {row.available_kg} is below 1.")
        if not 0 <= row.min_take_kg <= row.available_kg:
            raise EngineError(f"Lot {row.key}: min_take_kg {row.min_take_kg} is out of its range.")
        if min(row.carbon_milli.values(), default=0) < 0:
            raise EngineError(f"Lot {row.key}: a carbon intensity is below 0.")


def _check_requirements(requirements: tuple[RequirementRow, ...]) -> None:
    if len({row.key for row in requirements}) != len(requirements):
        raise EngineError("Two requirements have the same key.")
    for row in requirements:
        if row.volume_kg < 1:
            raise EngineError(f"Requirement {row.key}: volume_kg {row.volume_kg} is below 1.")
        if row.min_lot_kg < 0 or not 0 <= row.tolerance_centi_pct <= 1_000:
            raise EngineError(f"Requirement {row.key}: min_lot_kg or tolerance is out of range.")
        if row.contracted_kg < 0 or row.allowance < 0:
            raise EngineError(f"Requirement {row.key}: contracted_kg or allowance is below 0.")

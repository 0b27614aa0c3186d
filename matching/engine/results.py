"""What the engine says."""

from dataclasses import dataclass
from decimal import Decimal

# Multipliers of averages are integers in 1/1000 of the profit's unit, per milli t/t.
SCALE = 1000


@dataclass(frozen=True)
class Match:
    """Kilograms of a lot for a requirement; ``surplus_e7`` is of the whole match, in 1e-7 USD."""

    lot: str
    requirement: str
    quantity_kg: int
    ci_milli: int
    ask_e4: int
    surplus_e7: int


@dataclass(frozen=True)
class Result:
    """Matches by requirement, then lot, in canonical order; and how good they are, provably.

    ``lot_duals`` and ``requirement_duals`` belong to the doubled costs 2w + 1, in canonical order;
    half of them, rounded down, are the marginal values in 0.0001 USD/t. The lots' are the highest
    optimal ones; ``lowest_lot_duals`` and ``highest_requirement_duals`` are the other end of the
    optimal duals. ``lot_parts`` and ``requirement_parts`` number the parts of the market that
    cannot influence each other; -1 where there is no compatible pair.
    ``average_duals`` are in 1/1000 of that unit per milli t/t. ``gap``: share of the bound that
    these multipliers leave open, checked by ``verify``; 0 is a proof. ``searched``: requirements
    of parts that a mixed-integer search decided; there ``optimal`` says that the search ended by
    itself, and ``gap_solver`` what it left open by its own word.
    """

    matches: tuple[Match, ...]
    lot_duals: tuple[int, ...]
    requirement_duals: tuple[int, ...]
    highest_requirement_duals: tuple[int, ...]
    average_duals: tuple[int, ...]
    searched: frozenset[str]
    compatible_pairs: int
    segments: int
    total_surplus_e7: int
    inputs_sha256: str
    result_sha256: str
    optimal: bool
    gap: Decimal
    gap_solver: Decimal = Decimal(0)
    lowest_lot_duals: tuple[int, ...] = ()
    lot_parts: tuple[int, ...] = ()
    requirement_parts: tuple[int, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """``problems`` is empty when everything was checked and holds."""

    ok: bool
    problems: tuple[str, ...]

"""What the file command writes: matches.csv, unmatched.csv, round.json."""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from pathlib import Path

from marketplace.domain.exports import safe
from marketplace.domain.fx import FxRates
from matching.engine import ENGINE_VERSION, Market, Reason, Result, Verdict

MATCH_COLUMNS = (
    "match_id", "lot_id", "requirement_id", "quantity_t", "ci", "boundary", "premium_usd_t",
    "surplus_usd",
)  # fmt: skip
UNMATCHED_COLUMNS = ("kind", "id", "open_t", "reason", "detail", "starts_to_match_at")
CENT = Decimal("0.01")


def matches_csv(market: Market, result: Result) -> str:
    boundary = {row.key: row.boundary for row in market.requirements}
    ordered = sorted(result.matches, key=lambda match: (match.requirement, match.lot))
    return _csv(
        MATCH_COLUMNS,
        (
            (
                number, safe(match.lot), safe(match.requirement), _scaled(match.quantity_kg, 3),
                _scaled(match.ci_milli, 3), boundary[match.requirement], _scaled(match.ask_e4, 4),
                _scaled(match.surplus_e7, 7).quantize(CENT),
            )
            for number, match in enumerate(ordered, start=1)
        ),
    )  # fmt: skip


def unmatched_csv(reasons: Sequence[Reason], units: Mapping[str, str], fx: FxRates) -> str:
    """``units``: premium unit by ``L:id`` and ``R:id``, in which thresholds are told."""
    return _csv(
        UNMATCHED_COLUMNS,
        (
            (
                "LOT" if one.is_lot else "REQUIREMENT",
                safe(one.key),
                _scaled(one.open_kg, 3),
                one.reason,
                _detail(one),
                _threshold(one, units[("L:" if one.is_lot else "R:") + one.key], fx),
            )
            for one in reasons
        ),
    )


def round_json(
    market: Market, result: Result, verdict: Verdict, files: Iterable[str], seconds: float
) -> str:
    matched = sum(match.quantity_kg for match in result.matches)
    carbon = sum(match.quantity_kg * match.ci_milli for match in result.matches)
    average = Decimal(carbon) / matched / 1000 if matched else None
    digest = hashlib.sha256("".join(files).encode()).hexdigest()
    facts = {
        "engine_version": ENGINE_VERSION,
        "inputs_sha256": result.inputs_sha256,
        "result_sha256": digest,
        "lots": len(market.lots),
        "requirements": len(market.requirements),
        "compatible_pairs": result.compatible_pairs,
        "segments": result.segments,
        "total_surplus_usd": str(_scaled(result.total_surplus_e7, 7).quantize(CENT)),
        "matched_t": str(_scaled(matched, 3)),
        "average_ci": None if average is None else str(average.quantize(Decimal("0.001"))),
        "optimal": result.optimal,
        "gap": _share(result.gap),
        "gap_solver": _share(result.gap_solver),
        "verified": verdict.ok,
        "seconds": round(seconds, 3),
    }
    return json.dumps(facts, indent=2) + "\n"


def write_all(folder: Path, files: Mapping[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")


def _detail(reason: Reason) -> str:
    """Counterparts by the rule that they fail first; "alone": those that would pass without it."""
    alone = reason.passing_alone
    return "; ".join(
        f"{rule} {count}" + (f" ({alone[rule]} alone)" if rule in alone else "")
        for rule, count in reason.failing_first.items()
    )


def _threshold(reason: Reason, unit: str, fx: FxRates) -> str:
    """In the party's own unit, in the smallest step that still holds."""
    if reason.not_computed:
        return "NOT_COMPUTED"
    if reason.starts_at_milli is not None:
        return str(_scaled(reason.starts_at_milli, 3))
    one = fx.usd_per_t(Decimal(1), unit)
    if reason.starts_at_e4 is None or one is None:
        return ""
    wanted = reason.starts_at_e4
    rounding, step = (ROUND_FLOOR, -CENT) if reason.is_lot else (ROUND_CEILING, CENT)
    amount = (Decimal(wanted) / 10_000 / one).quantize(CENT, rounding=rounding)
    told = fx.usd_e4(amount, unit)
    inside = told is not None and (told <= wanted if reason.is_lot else told >= wanted)
    # Amounts compare after rounding to 0.0001 USD/t: one step may be won or lost by it.
    if not inside:
        return str(amount + step)
    nearer = fx.usd_e4(amount - step, unit)
    if nearer is not None and (nearer <= wanted if reason.is_lot else nearer >= wanted):
        return str(amount - step)
    return str(amount)


def _scaled(number: int, decimals: int) -> Decimal:
    return Decimal(number).scaleb(-decimals)


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def _share(gap: Decimal) -> str:
    """A share of the bound with 9 decimals, rounded up: never smaller than it is."""
    return str(gap.quantize(Decimal("1e-9"), ROUND_CEILING)) if gap else "0"

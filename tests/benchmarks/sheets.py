"""A market as the two CSV files of the spreadsheet door, so that reading them can be timed."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from matching.engine import LotRow, Market, RequirementRow


def write(market: Market, folder: Path) -> tuple[Path, Path]:
    """Paths of the lots and the requirements."""
    lots, requirements = folder / "lots.csv", folder / "requirements.csv"
    _write(lots, map(_lot, market.lots))
    _write(requirements, map(_requirement, market.requirements))
    return lots, requirements


def _write(path: Path, rows: Iterable[Mapping[str, object]]) -> None:
    lines = iter(rows)
    first = next(lines)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(first))
        writer.writeheader()
        writer.writerow(first)
        writer.writerows(lines)


def _lot(row: LotRow) -> dict[str, object]:
    return {
        "lot_id": row.key,
        "producer": row.producer,
        "product_form": row.product_form,
        "grade": row.grade,
        "quantity_t": row.available_kg / 1000,
        "min_take_t": row.min_take_kg / 1000,
        "ci_smelter_s1s2": _milli(row.carbon_milli.get("SMELTER_S1S2")),
        "ci_cradle_to_gate": _milli(row.carbon_milli.get("CRADLE_TO_GATE")),
        "ci_verified": _yes(bool(row.ci_verified)),
        "offsets_used": _yes(row.offsets_used),
        "certificates": "|".join(f"{scheme}:{row.key}" for scheme in sorted(row.schemes)),
        "energy_source": row.energy_source,
        "renewable_pct": row.renewable_centi_pct / 100,
        "recycled_post_pct": row.recycled_post_centi_pct / 100,
        "origin_country": row.origin_country,
        "delivery_regions": _listed(row.delivery_regions),
        "window_start": row.window_start,
        "window_end": row.window_end,
        "ask_premium": (row.ask_e4 or 0) / 10_000,
        "excluded_buyers": _listed(row.excluded_buyers),
        "incoterm": row.incoterm,
        "duty_status": row.duty_status,
        "listed_at": row.listed_at.isoformat(),
    }


def _requirement(row: RequirementRow) -> dict[str, object]:
    return {
        "requirement_id": row.key,
        "buyer": row.buyer,
        "product_forms": _listed(row.product_forms),
        "grades": _listed(row.grades),
        "volume_t": row.volume_kg / 1000,
        "min_lot_t": row.min_lot_kg / 1000,
        "partial_ok": _yes(row.partial_ok),
        "tolerance_pct": row.tolerance_centi_pct / 100,
        "max_ci": _milli(row.max_ci_milli),
        "boundary": row.boundary,
        "ci_basis": row.ci_basis,
        "per_lot_cap_ci": _milli(row.per_lot_cap_milli),
        "max_premium": (row.max_premium_e4 or 0) / 10_000,
        "internal_carbon_price": row.internal_carbon_price,
        "required_schemes": _listed(row.required_schemes),
        "schemes_rule": row.schemes_rule,
        "energy_sources": _listed(row.energy_sources),
        "min_renewable_pct": row.min_renewable_centi_pct / 100,
        "min_recycled_post_pct": row.min_recycled_post_centi_pct / 100,
        "verified_ci_only": _yes(row.verified_ci_only),
        "accept_offsets": _yes(row.accept_offsets),
        "allowed_origins": _listed(row.allowed_origins),
        "excluded_origins": _listed(row.excluded_origins),
        "allowed_producers": _listed(row.allowed_producers),
        "excluded_producers": _listed(row.excluded_producers),
        "delivery_region": row.delivery_region,
        "window_start": row.window_start,
        "window_end": row.window_end,
        "posted_at": row.posted_at.isoformat(),
    }


def _listed(names: Iterable[str]) -> str:
    return "|".join(sorted(names))


def _milli(value: int | None) -> object:
    return "" if value is None else value / 1000


def _yes(value: bool) -> str:
    return "yes" if value else "no"

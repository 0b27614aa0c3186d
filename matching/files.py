"""The spreadsheet door: CSV or XLSX market files -> rows of the engine, or every error at once.

A file is read whole before anything is done with it; ``BadFiles`` lists every bad row as
``file:line: column: "value": rule``.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Generic, TypeVar

from marketplace.domain import lots as lot_rules
from marketplace.domain import product
from marketplace.domain import requirements as requirement_rules
from marketplace.domain.errors import FieldError, InvalidInput
from marketplace.domain.fields import as_list
from marketplace.domain.fx import CURRENCIES, FxRates
from marketplace.domain.names import comparable
from marketplace.domain.vocabulary import PremiumUnit, Scheme
from matching import tables
from matching.engine import LotRow, Market, RequirementRow
from matching.tables import BadFiles

__all__ = ["BadFiles", "MarketFiles", "read_fx", "read_market"]

LOT_COLUMNS = {"lot_id", "producer", "certificates", "site", "excluded_buyers", *lot_rules.COLUMNS}
REQUIREMENT_COLUMNS = {
    "requirement_id", "buyer", "allowed_producers", "excluded_producers",
    *requirement_rules.COLUMNS,
}  # fmt: skip
FX_COLUMNS = {"currency", "usd_per_unit", "date"}
Row = TypeVar("Row", LotRow, RequirementRow)
Terms = TypeVar("Terms")


@dataclass(frozen=True)
class MarketFiles:
    """The market, and the premium unit of each lot ("L:<lot_id>") and requirement ("R:<id>")."""

    market: Market
    units: Mapping[str, str]


@dataclass
class _File(Generic[Row]):
    """What one file gave: its rows, their premium units by id, and what was wrong with it."""

    rows: list[Row]
    units: dict[str, str]
    problems: list[str]


def read_market(lots: Path, requirements: Path, as_of: date, fx: FxRates) -> MarketFiles:
    """Both files are read before anything is refused, so that all bad rows are told at once."""
    offered = _read(lots, LOT_COLUMNS, "lot_id", lambda cells: _lot(cells, as_of, fx))
    wanted = _read(
        requirements,
        REQUIREMENT_COLUMNS,
        "requirement_id",
        lambda cells: _requirement(cells, as_of, fx),
    )
    if offered.problems or wanted.problems:
        raise BadFiles([*offered.problems, *wanted.problems])
    units = {f"L:{key}": unit for key, unit in offered.units.items()}
    units |= {f"R:{key}": unit for key, unit in wanted.units.items()}
    return MarketFiles(Market.build(offered.rows, wanted.rows, as_of), units)


def read_fx(path: Path | None, as_of: date) -> FxRates:
    if path is None:
        return FxRates({})
    rows: dict[tuple[str, date], Decimal] = {}
    problems: list[str] = []
    for line in tables.read(path, FX_COLUMNS):
        currency = line.cells.get("currency", "").strip().upper()
        rate, day = _rate(line.cells), _day(line.cells)
        if currency not in CURRENCIES.values():
            problems.append(f"{line.place}: currency: known are {', '.join(CURRENCIES.values())}")
        if rate is None:
            problems.append(f"{line.place}: usd_per_unit: give a plain number above 0")
        if day is None:
            problems.append(f"{line.place}: date: give an ISO date, such as 2026-11-24")
        if day is not None and (currency, day) in rows:
            problems.append(f"{line.place}: date: {currency} has a rate of this day already")
        if day is not None and rate is not None:
            rows[currency, day] = rate
    if problems:
        raise BadFiles(problems)
    return FxRates.latest(((name, rate, day) for (name, day), rate in rows.items()), as_of)


def _rate(cells: Mapping[str, str]) -> Decimal | None:
    try:
        rate = Decimal(cells.get("usd_per_unit", "").strip())
    except ArithmeticError:
        return None
    return rate if rate.is_finite() and rate > 0 else None


def _day(cells: Mapping[str, str]) -> date | None:
    try:
        return date.fromisoformat(cells.get("date", "").strip())
    except ValueError:
        return None


def _read(
    path: Path, columns: set[str], id_column: str, parse: Callable[[Mapping[str, str]], Row]
) -> _File[Row]:
    found: _File[Row] = _File([], {}, [])
    try:
        lines = tables.read(path, columns)
    except BadFiles as bad:
        found.problems += bad.problems
        return found
    places: dict[str, str] = {}
    for line in lines:
        try:
            found.rows.append(parse(line.cells))
        except InvalidInput as refused:
            found.problems += [_problem(line.place, one) for one in refused.errors]
        key = line.cells.get(id_column, "").strip()
        name = comparable(key)
        if name and name in places:
            found.problems.append(
                f'{line.place}: {id_column}: "{key}": is the same as in {places[name]}'
            )
        places.setdefault(name, line.place)
        unit = line.cells.get("premium_unit", "").strip().upper()
        found.units[key] = unit or PremiumUnit.USD_T.value
    return found


def _problem(place: str, error: FieldError) -> str:
    return f'{place}: {error.field}: "{error.value}": {error}'


def _lot(cells: Mapping[str, str], as_of: date, fx: FxRates) -> LotRow:
    key, producer = _named(cells, "lot_id", 64), _named(cells, "producer", 200)
    schemes, wrong = _schemes(cells.get("certificates", ""))
    own = {name: text for name, text in cells.items() if name in lot_rules.COLUMNS}
    terms = _checked(lambda: lot_rules.parse_lot(own, as_of=as_of, fx=fx), key, producer, wrong)
    return LotRow(
        key=cells["lot_id"].strip(),
        producer=comparable(cells["producer"]),
        group=comparable(cells["producer"]),
        product_form=terms.product_form,
        grade=product.grade_key(terms.grade),
        available_kg=terms.quantity_kg,
        min_take_kg=terms.min_take_kg,
        carbon_milli={str(name): milli for name, milli in terms.carbon_milli.items()},
        origin_country=terms.origin_country,
        window_start=terms.window_start,
        window_end=terms.window_end,
        ask_e4=fx.usd_e4(terms.ask_premium, terms.premium_unit),
        ci_verified=frozenset(terms.carbon_milli) if terms.ci_verified else frozenset(),
        offsets_used=terms.offsets_used,
        schemes=schemes,
        energy_source=terms.energy_source,
        renewable_centi_pct=terms.renewable_centi_pct,
        recycled_post_centi_pct=terms.recycled_post_centi_pct,
        delivery_regions=frozenset(terms.delivery_regions),
        excluded_buyers=_names(cells.get("excluded_buyers", "")),
        listed_at=terms.listed_at or datetime.combine(as_of, time(0), UTC),
    )


def _requirement(cells: Mapping[str, str], as_of: date, fx: FxRates) -> RequirementRow:
    key, buyer = _named(cells, "requirement_id", 64), _named(cells, "buyer", 200)
    own = {name: text for name, text in cells.items() if name in requirement_rules.COLUMNS}
    terms = _checked(
        lambda: requirement_rules.parse_requirement(own, as_of=as_of, fx=fx), key, buyer
    )
    return RequirementRow(
        key=cells["requirement_id"].strip(),
        buyer=comparable(cells["buyer"]),
        group=comparable(cells["buyer"]),
        product_forms=frozenset(terms.product_forms),
        volume_kg=terms.volume_kg,
        min_lot_kg=terms.min_lot_kg,
        partial_ok=terms.partial_ok,
        tolerance_centi_pct=terms.tolerance_centi_pct,
        ci_basis=terms.ci_basis,
        per_lot_cap_milli=terms.per_lot_cap_milli,
        max_ci_milli=terms.max_ci_milli,
        boundary=terms.boundary,
        max_premium_e4=fx.usd_e4(terms.max_premium, terms.premium_unit),
        delivery_region=terms.delivery_region,
        window_start=terms.window_start,
        window_end=terms.window_end,
        grades=frozenset(product.grade_key(one) for one in terms.grades),
        internal_carbon_price=terms.internal_carbon_price,
        required_schemes=frozenset(terms.required_schemes),
        schemes_rule=terms.schemes_rule,
        energy_sources=frozenset(terms.energy_sources),
        min_renewable_centi_pct=terms.min_renewable_centi_pct,
        min_recycled_post_centi_pct=terms.min_recycled_post_centi_pct,
        verified_ci_only=terms.verified_ci_only,
        accept_offsets=terms.accept_offsets,
        allowed_origins=terms.allowed_origins,
        excluded_origins=terms.excluded_origins,
        allowed_producers=_names(cells.get("allowed_producers", "")),
        excluded_producers=_names(cells.get("excluded_producers", "")),
        posted_at=terms.posted_at or datetime.combine(as_of, time(0), UTC),
    )


def _checked(parse: Callable[[], Terms], *found: Iterable[FieldError]) -> Terms:
    """The terms, unless they or the columns beside them were refused: then all errors at once."""
    errors = [error for some in found for error in some]
    try:
        terms = parse()
    except InvalidInput as refused:
        raise InvalidInput([*errors, *refused.errors]) from refused
    if errors:
        raise InvalidInput(errors)
    return terms


def _named(cells: Mapping[str, str], column: str, limit: int) -> list[FieldError]:
    text = cells.get(column, "").strip()
    if 0 < len(text) <= limit and comparable(text):
        return []
    return [FieldError(column, text[:limit], "required", f"Give 1 to {limit} characters.")]


def _schemes(text: str) -> tuple[frozenset[str], list[FieldError]]:
    found, wrong = set(), []
    for part in as_list(text):
        scheme, colon, number = part.partition(":")
        if colon and number.strip() and scheme.strip().upper() in Scheme.__members__:
            found.add(scheme.strip().upper())
        else:
            words = "Give SCHEME:NUMBER with a known scheme."
            wrong.append(FieldError("certificates", part[:100], "unknown_scheme", words))
    if not found and not wrong:
        words = "Name at least one certificate as SCHEME:NUMBER."
        wrong.append(FieldError("certificates", "", "required", words))
    return frozenset(found), wrong


def _names(text: str) -> frozenset[str]:
    return frozenset(comparable(part) for part in as_list(text))

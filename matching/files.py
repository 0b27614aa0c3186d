"""The spreadsheet door: CSV or XLSX market files -> rows of the engine, or every error at once.

A file is read whole before anything is done with it; ``BadFiles`` lists every bad row as
``file:line: column: "value": rule``.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Generic, TypeVar

from marketplace.domain import lots as lot_rules
from marketplace.domain import product, sheets, tables
from marketplace.domain import requirements as requirement_rules
from marketplace.domain.errors import FieldError, InvalidInput
from marketplace.domain.fields import as_list
from marketplace.domain.fx import CURRENCIES, FxRates
from marketplace.domain.imports import certificate_refs, named
from marketplace.domain.names import comparable
from marketplace.domain.problems import BadTable
from marketplace.domain.tables import Line
from marketplace.domain.vocabulary import PremiumUnit
from marketplace.domain.workbooks import Size
from matching.engine import LotRow, Market, RequirementRow

FX_COLUMNS = {"currency", "usd_per_unit", "date"}
# An analyst's own files, on the analyst's own machine.
LIMITS = tables.Limits(
    rows=2_000_000,
    cell=100_000,
    workbook=Size(unpacked=500 * 1024**2, outside=500 * 1024**2, texts=20_000_000),
)
Row = TypeVar("Row", LotRow, RequirementRow)
Terms = TypeVar("Terms")


class BadFiles(Exception):
    """Every bad row as ``file:line: column: reason``."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = tuple(problems)


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
    offered = _read(lots, sheets.LOTS, lambda cells: _lot(cells, as_of, fx))
    wanted = _read(requirements, sheets.REQUIREMENTS, lambda cells: _requirement(cells, as_of, fx))
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
    for line in _lines(path, FX_COLUMNS):
        place = f"{path.name}:{line.number}"
        currency = line.cells.get("currency", "").strip().upper()
        rate, day = _rate(line.cells), _day(line.cells)
        if currency not in CURRENCIES.values():
            problems.append(f"{place}: currency: known are {', '.join(CURRENCIES.values())}")
        if rate is None:
            problems.append(f"{place}: usd_per_unit: give a plain number above 0")
        if day is None:
            problems.append(f"{place}: date: give an ISO date, such as 2026-11-24")
        if day is not None and (currency, day) in rows:
            problems.append(f"{place}: date: {currency} has a rate of this day already")
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


def _read(path: Path, sheet: sheets.Sheet, parse: Callable[[Mapping[str, str]], Row]) -> _File[Row]:
    found: _File[Row] = _File([], {}, [])
    try:
        lines = _lines(path, sheet.names)
    except BadFiles as bad:
        found.problems += bad.problems
        return found
    again = tables.repeats(lines, sheet.key)
    for line in lines:
        place = f"{path.name}:{line.number}"
        try:
            found.rows.append(parse(line.cells))
        except InvalidInput as refused:
            found.problems += [_problem(place, one) for one in refused.errors]
        key = line.cells.get(sheet.key, "").strip()
        if line.number in again:
            first = f"{path.name}:{again[line.number]}"
            found.problems.append(f'{place}: {sheet.key}: "{key}": is the same as in {first}')
        unit = line.cells.get("premium_unit", "").strip().upper()
        found.units[key] = unit or PremiumUnit.USD_T.value
    return found


def _lines(path: Path, columns: Iterable[str]) -> list[Line]:
    if not path.is_file():
        raise BadFiles([f"{path.name}: file: there is no such file"])
    try:
        with path.open("rb") as stream:
            is_workbook = path.suffix.lower() == ".xlsx"
            return tables.read(stream, set(columns), workbook=is_workbook, limits=LIMITS)
    except BadTable as bad:
        raise BadFiles(
            [
                f"{path.name}{f':{one.line}' if one.line else ''}: {one.column}: {one}"
                for one in bad.problems
            ]
        ) from bad


def _problem(place: str, error: FieldError) -> str:
    return f'{place}: {error.field}: "{error.value}": {error}'


def _lot(cells: Mapping[str, str], as_of: date, fx: FxRates) -> LotRow:
    key, producer = named(cells, "lot_id", 64), named(cells, "producer", 200)
    papers, wrong = certificate_refs(cells.get("certificates", ""))
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
        schemes=frozenset(one.scheme.value for one in papers),
        energy_source=terms.energy_source,
        renewable_centi_pct=terms.renewable_centi_pct,
        recycled_post_centi_pct=terms.recycled_post_centi_pct,
        delivery_regions=frozenset(terms.delivery_regions),
        excluded_buyers=_names(cells.get("excluded_buyers", "")),
        listed_at=terms.listed_at or datetime.combine(as_of, time(0), UTC),
    )


def _requirement(cells: Mapping[str, str], as_of: date, fx: FxRates) -> RequirementRow:
    key, buyer = named(cells, "requirement_id", 64), named(cells, "buyer", 200)
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


def _names(text: str) -> frozenset[str]:
    return frozenset(comparable(part) for part in as_list(text))

"""The spreadsheet door: CSV or XLSX market files -> rows of plain text, all errors by line and column.

A file is read whole before anything is done with it; ``BadFiles`` lists every bad row.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from marketplace.domain import lots as lot_rules
from marketplace.domain import product
from marketplace.domain import requirements as requirement_rules
from marketplace.domain.errors import FieldError, InvalidInput
from marketplace.domain.fields import as_list
from marketplace.domain.fx import FxRates
from marketplace.domain.names import comparable
from marketplace.domain.vocabulary import Scheme
from matching.engine import LotRow, RequirementRow

LOT_COLUMNS = {"lot_id", "producer", "certificates", "site", "excluded_buyers", *lot_rules.COLUMNS}
REQUIREMENT_COLUMNS = {
    "requirement_id", "buyer", "allowed_producers", "excluded_producers",
    *requirement_rules.COLUMNS,
}  # fmt: skip
FX_COLUMNS = {"currency", "usd_per_unit", "date"}
FLOAT_NOISE = re.compile(r"-?\d{1,7}\.\d{10,}")
LARGEST = 50 * 1024 * 1024
LARGEST_UNPACKED = 500 * 1024 * 1024


class BadFiles(Exception):
    """Every bad row as ``file:line: column: reason``."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Line:
    """One row of a table: where it stands and its text by column."""

    place: str
    cells: Mapping[str, str]


def read_table(path: Path, columns: set[str]) -> list[Line]:
    """Rows of the first sheet or of the CSV; raises BadFiles for unknown or missing headers."""
    if not path.is_file():
        raise BadFiles([f"{path.name}: file: there is no such file"])
    if path.stat().st_size > LARGEST:
        raise BadFiles([f"{path.name}: file: larger than 50 MB"])
    try:
        rows = list(_xlsx(path) if path.suffix.lower() == ".xlsx" else _csv(path))
    except (UnicodeDecodeError, csv.Error, zipfile.BadZipFile, InvalidFileException) as error:
        raise BadFiles([f"{path.name}: file: cannot be read as a table ({error})"]) from error
    if not rows:
        raise BadFiles([f"{path.name}:1: file: is empty"])
    header = [cell.strip() for cell in rows[0][1]]
    problems = [
        f"{path.name}:1: {name or '(empty)'}: there is no such column"
        for name in header
        if name not in columns
    ]
    problems += [
        f"{path.name}:1: {name}: stands twice"
        for name in {n for n in header if header.count(n) > 1}
    ]
    if problems:
        raise BadFiles(problems)
    return _lines(path, header, rows[1:])


def _lines(path: Path, header: list[str], rows: list[tuple[int, list[str]]]) -> list[Line]:
    found, problems = [], []
    for number, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if any(cell.strip() for cell in cells[len(header) :]):
            problems.append(f"{path.name}:{number}: file: more cells than columns")
        padded = [*cells, *[""] * len(header)]
        found.append(Line(f"{path.name}:{number}", dict(zip(header, padded, strict=False))))
    if problems:
        raise BadFiles(problems)
    return found


def _csv(path: Path) -> Iterator[tuple[int, list[str]]]:
    text = path.read_bytes().decode("utf-8-sig")
    first = text.split("\n", 1)[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    for row in reader:
        yield reader.line_num, [_without_noise(cell) for cell in row]


def _without_noise(cell: str) -> str:
    """Undo what a program's binary floats left in a CSV: 122.51599999999999 is 122.516."""
    if not FLOAT_NOISE.fullmatch(cell.strip()):
        return cell
    return format(Decimal(f"{float(cell):.12g}"), "f")


def _xlsx(path: Path) -> Iterator[tuple[int, list[str]]]:
    with zipfile.ZipFile(path) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > LARGEST_UNPACKED:
            raise BadFiles([f"{path.name}: file: unpacks to more than 500 MB"])
    book = load_workbook(path, read_only=True, data_only=True)
    for number, row in enumerate(book.worksheets[0].iter_rows(values_only=True), start=1):
        yield number, [_cell(value) for value in row]


def _cell(value: object) -> str:
    """Spreadsheet numbers are binary floats: 12 significant digits give back what was typed."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return format(Decimal(f"{value:.12g}"), "f")
    if isinstance(value, datetime):
        midnight = value.time() == time(0)
        return value.date().isoformat() if midnight else value.isoformat()
    return str(value)


def read_fx(path: Path | None, as_of: date) -> FxRates:
    if path is None:
        return FxRates({})
    rows, problems = [], []
    for line in read_table(path, FX_COLUMNS):
        try:
            rate = Decimal(line.cells["usd_per_unit"])
            if not (rate.is_finite() and rate > 0):
                raise ValueError
            day = date.fromisoformat(line.cells["date"].strip())
            rows.append((line.cells["currency"].strip().upper(), rate, day))
        except (ValueError, ArithmeticError, KeyError):
            problems.append(f"{line.place}: usd_per_unit: needs currency, a rate above 0, a date")
    if problems:
        raise BadFiles(problems)
    return FxRates.latest(rows, as_of)


def read_lots(path: Path, as_of: date, fx: FxRates) -> list[LotRow]:
    return _read(path, LOT_COLUMNS, "lot_id", lambda cells: _lot(cells, as_of, fx))


def read_requirements(path: Path, as_of: date, fx: FxRates) -> list[RequirementRow]:
    return _read(
        path, REQUIREMENT_COLUMNS, "requirement_id", lambda cells: _requirement(cells, as_of, fx)
    )


def _read(path, columns, id_column, parse):  # type: ignore[no-untyped-def]
    rows, problems, places = [], [], dict[str, str]()
    for line in read_table(path, columns):
        try:
            rows.append(parse(line.cells))
        except InvalidInput as refused:
            problems += [f"{line.place}: {one.field}: {one}" for one in refused.errors]
        name = comparable(line.cells.get(id_column, ""))
        if name and name in places:
            problems.append(f"{line.place}: {id_column}: is the same as in {places[name]}")
        places.setdefault(name, line.place)
    if problems:
        raise BadFiles(problems)
    return rows


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
        carbon_milli=dict(terms.carbon_milli),
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


def _checked(parse, *found: Iterable[FieldError]):  # type: ignore[no-untyped-def]
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

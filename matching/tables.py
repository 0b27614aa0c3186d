"""CSV and XLSX tables -> rows of plain text, with the place where each row stands."""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from itertools import repeat
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

FLOAT_NOISE = re.compile(r"-?\d{1,7}\.\d{10,}")
# What csv, zipfile, openpyxl and its XML parser (SyntaxError) raise for files that are no tables.
UNREADABLE = (
    UnicodeDecodeError, csv.Error, zipfile.BadZipFile, InvalidFileException, KeyError, ValueError,
    TypeError, AttributeError, IndexError, SyntaxError, EOFError, zlib.error,
)  # fmt: skip
FORMULA = re.compile(rb"<f[ >/]")
MOST_COLUMNS = 200
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


def read(path: Path, columns: set[str]) -> list[Line]:
    """Rows of the first sheet or of the CSV; raises BadFiles for unknown or missing headers."""
    if not path.is_file():
        raise BadFiles([f"{path.name}: file: there is no such file"])
    if path.stat().st_size > LARGEST:
        raise BadFiles([f"{path.name}: file: larger than 50 MB"])
    try:
        rows = list(_xlsx(path) if path.suffix.lower() == ".xlsx" else _csv(path))
    except UNREADABLE as error:
        raise BadFiles([f"{path.name}: file: cannot be read as a table ({error})"]) from error
    if not rows:
        raise BadFiles([f"{path.name}:1: file: is empty"])
    header = [cell.strip() for cell in rows[0][1]]
    while header and not header[-1]:
        # A comma at the end of each line, or a column that only was formatted once.
        header.pop()
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
        named = dict(zip(header, padded, strict=False))
        named |= {name: _without_noise(named[name]) for name in header if name.endswith("_t")}
        found.append(Line(f"{path.name}:{number}", named))
    if problems:
        raise BadFiles(problems)
    return found


def _csv(path: Path) -> Iterator[tuple[int, list[str]]]:
    text = path.read_bytes().decode("utf-8-sig")
    first = text.split("\n", 1)[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    for row in reader:
        yield reader.line_num, row


def _without_noise(cell: str) -> str:
    """Undo what a program's binary floats left of tonnes: 122.51599999999999 is 122.516."""
    if not FLOAT_NOISE.fullmatch(cell.strip()):
        return cell
    return format(Decimal(f"{float(cell):.12g}"), "f")


def _xlsx(path: Path) -> Iterator[tuple[int, list[str]]]:
    with zipfile.ZipFile(path) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > LARGEST_UNPACKED:
            raise BadFiles([f"{path.name}: file: unpacks to more than 500 MB"])
        sheets = (name for name in archive.namelist() if name.startswith("xl/worksheets/"))
        computed = any(FORMULA.search(archive.read(name)) for name in sheets)
    formulas = _sheet(path, data_only=False) if computed else repeat((0, ()))
    for (number, row), (_same, written) in zip(
        _sheet(path, data_only=True), formulas, strict=False
    ):
        for place, formula in enumerate(written):
            if formula is not None and (place >= len(row) or row[place] is None):
                told = f"{path.name}:{number}: file: a formula without a value: {formula}"
                raise BadFiles([told])
        yield number, [_cell(value) for value in row]


def _sheet(path: Path, *, data_only: bool) -> Iterator[tuple[int, Sequence[object]]]:
    """Rows of the first sheet, as many as there are whatever size the file says it has."""
    sheet = load_workbook(path, read_only=True, data_only=data_only).worksheets[0]
    sheet.reset_dimensions()
    for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        filled = [place for place, value in enumerate(row, start=1) if value is not None]
        width = filled[-1] if filled else 0
        if width > MOST_COLUMNS:
            raise BadFiles([f"{path.name}:{number}: file: more than {MOST_COLUMNS} columns"])
        yield number, row[:width]


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

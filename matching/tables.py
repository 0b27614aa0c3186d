"""CSV and XLSX tables -> rows of plain text, with the place where each row stands."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

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


def read(path: Path, columns: set[str]) -> list[Line]:
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

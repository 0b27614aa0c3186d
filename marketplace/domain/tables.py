"""CSV and XLSX tables -> rows of plain text by column, with the line where each row stands."""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from typing import BinaryIO

from openpyxl.utils.exceptions import InvalidFileException

from marketplace.domain import workbooks
from marketplace.domain.errors import gettext_noop
from marketplace.domain.names import comparable
from marketplace.domain.problems import BadTable, Problem
from marketplace.domain.workbooks import Size

LARGEST = 50 * 1024 * 1024
LONGEST_HEADER = 64 * 1024
FLOAT_NOISE = re.compile(r"-?\d{1,7}\.\d{10,}")
# What csv, zipfile, openpyxl and its XML parser (SyntaxError) raise for files that are no tables.
UNREADABLE = (
    UnicodeDecodeError, csv.Error, zipfile.BadZipFile, InvalidFileException, KeyError, ValueError,
    TypeError, AttributeError, IndexError, SyntaxError, EOFError, OverflowError,
    NotImplementedError, RuntimeError, zlib.error,
)  # fmt: skip
TOO_LARGE = gettext_noop("larger than 50 MB")
EMPTY = gettext_noop("is empty")
NO_TABLE = gettext_noop("cannot be read as a table ({why})")
NO_COLUMN = gettext_noop("there is no such column")
TWICE = gettext_noop("stands twice")
MORE_CELLS = gettext_noop("more cells than columns")
MORE_ROWS = gettext_noop("more than {most} rows")
LONG_CELL = gettext_noop("more than {most} characters")


@dataclass(frozen=True)
class Limits:
    """The most that is read of a table: rows, characters of a cell, and what a workbook holds."""

    rows: int
    cell: int
    workbook: Size


@dataclass(frozen=True)
class Line:
    """One row of a table: the line where it ends in the file, and its text by column."""

    number: int
    cells: Mapping[str, str]


def is_workbook(begin: bytes) -> bool:
    """Told by how a file begins, whatever it is called."""
    return begin.startswith(workbooks.MAGIC)


def read(
    stream: BinaryIO, columns: Collection[str], *, workbook: bool, limits: Limits
) -> list[Line]:
    """Rows of the CSV, or of the workbook's first sheet; empty rows are left out.

    BadTable for what is no table, for columns not among ``columns``, and for what is too large.
    """
    if stream.seek(0, io.SEEK_END) > LARGEST:
        raise BadTable([Problem(0, TOO_LARGE)])
    stream.seek(0)
    try:
        with closing(workbooks.rows(stream, limits.workbook) if workbook else _csv(stream)) as rows:
            first = next(rows, None)
            if first is None:
                raise BadTable([Problem(1, EMPTY)])
            return _lines(_header(first[1], columns), rows, limits)
    except UNREADABLE as error:
        why = {"why": str(error)[:200] or type(error).__name__}
        raise BadTable([Problem(0, NO_TABLE, params=why)]) from error


def repeats(lines: Iterable[Line], column: str) -> dict[int, int]:
    """Line -> the earlier line that has the same name in a column; names compare as everywhere."""
    first: dict[str, int] = {}
    found = {}
    for line in lines:
        name = comparable(line.cells.get(column, ""))
        if name and first.setdefault(name, line.number) != line.number:
            found[line.number] = first[name]
    return found


def _header(cells: Sequence[str], columns: Collection[str]) -> list[str]:
    header = [cell.strip() for cell in cells]
    while header and not header[-1]:
        # A comma at the end of each line, or a column that only was formatted once.
        header.pop()
    problems = [
        Problem(1, NO_COLUMN, name[:100] or "(empty)") for name in header if name not in columns
    ]
    twice = dict.fromkeys(name for name in header if header.count(name) > 1)
    problems += [Problem(1, TWICE, name[:100]) for name in twice]
    if problems:
        raise BadTable(problems)
    return header


def _lines(header: list[str], rows: Iterator[tuple[int, list[str]]], limits: Limits) -> list[Line]:
    found: list[Line] = []
    problems = []
    for number, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if any(cell.strip() for cell in cells[len(header) :]):
            problems.append(Problem(number, MORE_CELLS))
        if len(found) == limits.rows:
            raise BadTable([Problem(number, MORE_ROWS, params={"most": str(limits.rows)})])
        named = dict(zip(header, [*cells, *[""] * len(header)], strict=False))
        problems += [
            Problem(number, LONG_CELL, name, {"most": str(limits.cell)})
            for name, cell in named.items()
            if len(cell) > limits.cell
        ]
        named |= {name: _without_noise(named[name]) for name in header if name.endswith("_t")}
        found.append(Line(number, named))
    if problems:
        raise BadTable(problems)
    return found


def _csv(stream: BinaryIO) -> Generator[tuple[int, list[str]]]:
    first = stream.readline(LONGEST_HEADER)
    delimiter = ";" if first.count(b";") > first.count(b",") else ","
    stream.seek(0)
    text = io.TextIOWrapper(stream, "utf-8-sig", newline="")
    try:
        reader = csv.reader(_narrow(text, delimiter), delimiter=delimiter, strict=True)
        for row in reader:
            yield reader.line_num, row
    finally:
        # The stream stays its owner's.
        text.detach()


def _narrow(lines: Iterable[str], delimiter: str) -> Iterator[str]:
    """The same lines; BadTable before a line of nothing but separators becomes a list."""
    for number, line in enumerate(lines, start=1):
        if line.count(delimiter) > workbooks.MOST_CELLS_IN_A_ROW:
            most = {"most": str(workbooks.MOST_COLUMNS)}
            raise BadTable([Problem(number, workbooks.WIDE, params=most)])
        yield line


def _without_noise(cell: str) -> str:
    """Undo what a program's binary floats left of tonnes: 122.51599999999999 is 122.516."""
    if not FLOAT_NOISE.fullmatch(cell.strip()):
        return cell
    return format(Decimal(f"{float(cell):.12g}"), "f")

"""Tables as CSV and XLSX, row by row. No cell is a formula."""

import csv
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, BinaryIO

from openpyxl import Workbook

from marketplace.domain.exports import NUMBER, safe

# Without it spreadsheet programs take a CSV of names in Chinese for another encoding.
BOM = "\ufeff"
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
Row = Sequence[str]


@dataclass(frozen=True)
class Table:
    """``numbers``: columns whose numbers a spreadsheet shall hold as such; others are text."""

    title: str
    columns: Sequence[str]
    rows: Iterable[Row]
    numbers: Collection[str] = ()


class _Sent:
    """What ``csv`` writes to: hands each line on."""

    def write(self, line: str) -> str:
        return line


def csv_lines(table: Table) -> Iterator[str]:
    writer: Any = csv.writer(_Sent())
    yield BOM + writer.writerow(table.columns)
    for row in table.rows:
        yield writer.writerow([safe(text) for text in row])


def write_xlsx(target: BinaryIO, *tables: Table) -> None:
    """One sheet for each table; none of them is ever whole in memory."""
    book = Workbook(write_only=True)
    for table in tables:
        sheet = book.create_sheet(table.title)
        sheet.append(list(table.columns))
        numbers = [column in table.numbers for column in table.columns]
        for row in table.rows:
            sheet.append([_cell(*one) for one in zip(row, numbers, strict=True)])
    book.save(target)


def _cell(text: str, is_number: bool) -> str | Decimal | None:
    if is_number and NUMBER.fullmatch(text):
        return Decimal(text)
    return safe(text) or None

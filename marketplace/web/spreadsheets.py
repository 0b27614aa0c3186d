"""Tables as files: CSV sent while it is read, XLSX written row by row. No cell is a formula."""

import csv
import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import FileResponse, StreamingHttpResponse
from openpyxl import Workbook

from marketplace.domain.exports import NUMBER, safe

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Without it spreadsheet programs take a CSV of names in Chinese for another encoding.
BOM = "\ufeff"
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


def as_csv(name: str, table: Table) -> StreamingHttpResponse:
    return StreamingHttpResponse(
        _lines(table),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def as_xlsx(name: str, *tables: Table) -> FileResponse:
    """One sheet for each table, in a file that is gone once it is sent."""
    book = Workbook(write_only=True)
    for table in tables:
        sheet = book.create_sheet(table.title)
        sheet.append(list(table.columns))
        numbers = [column in table.numbers for column in table.columns]
        for row in table.rows:
            sheet.append([_cell(*one) for one in zip(row, numbers, strict=True)])
    # The answer closes it.
    target = tempfile.TemporaryFile()  # noqa: SIM115
    book.save(target)
    target.seek(0)
    return FileResponse(target, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)


def _lines(table: Table) -> Iterator[str]:
    writer: Any = csv.writer(_Sent())
    yield BOM + writer.writerow(table.columns)
    for row in table.rows:
        yield writer.writerow([safe(text) for text in row])


def _cell(text: str, is_number: bool) -> str | Decimal | None:
    if is_number and NUMBER.fullmatch(text):
        return Decimal(text)
    return safe(text) or None

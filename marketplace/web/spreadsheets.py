"""Tables as answers: CSV sent while it is read, XLSX when it is written."""

import tempfile
from typing import BinaryIO, cast

from django.http import FileResponse, StreamingHttpResponse

from marketplace.domain.spreadsheets import TYPES, Table, csv_lines, write_xlsx


def as_csv(name: str, table: Table) -> StreamingHttpResponse:
    return StreamingHttpResponse(
        csv_lines(table),
        content_type=TYPES["csv"],
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def as_xlsx(name: str, *tables: Table) -> FileResponse:
    """A file that is gone once it is sent."""
    # The answer closes it.
    target = tempfile.TemporaryFile()  # noqa: SIM115
    write_xlsx(cast("BinaryIO", target), *tables)
    target.seek(0)
    name = f"{name}.xlsx"
    return FileResponse(target, as_attachment=True, filename=name, content_type=TYPES["xlsx"])

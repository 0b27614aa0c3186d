"""The uploaded bytes of an import -> the lines of its table."""

import tempfile
from typing import BinaryIO, cast

from marketplace.domain import tables
from marketplace.domain.errors import gettext_noop
from marketplace.domain.problems import BadTable, Problem
from marketplace.domain.sheets import BY_KIND
from marketplace.domain.workbooks import MAGIC, Size
from marketplace.models import ImportJob

MOST_ROWS, LONGEST_CELL = 20_000, 5_000
LIMITS = tables.Limits(
    rows=MOST_ROWS,
    cell=LONGEST_CELL,
    workbook=Size(unpacked=100 * 1024**2, outside=32 * 1024**2, texts=1_000_000),
)
# A file of bad rows, mended, may be sent as it is.
ADDED_COLUMNS = ("line", "column", "reason")
IN_MEMORY = 8 * 1024**2
NO_ROWS = gettext_noop("has no rows below its first line")


def lines(job: ImportJob) -> list[tables.Line]:
    """BadTable for what is no table of its kind, or is too large."""
    sheet = BY_KIND[job.kind]
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as spooled:
        stream = cast("BinaryIO", spooled)
        for piece in job.parts.order_by("number").values_list("content", flat=True).iterator(4):
            stream.write(piece)
        stream.seek(0)
        workbook = tables.is_workbook(stream.read(len(MAGIC)))
        columns = {*sheet.names, *ADDED_COLUMNS}
        found = tables.read(stream, columns, workbook=workbook, limits=LIMITS)
    if not found:
        raise BadTable([Problem(0, NO_ROWS)])
    return found

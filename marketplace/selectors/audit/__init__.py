"""Rows that only grow, and whether the chain over them holds."""

from marketplace.selectors.audit.checking import Broken, Report, report
from marketplace.selectors.audit.rows import (
    Source,
    append_only_tables,
    chained,
    digests,
    head,
    new_rows,
)

__all__ = [
    "Broken",
    "Report",
    "Source",
    "append_only_tables",
    "chained",
    "digests",
    "head",
    "new_rows",
    "report",
]

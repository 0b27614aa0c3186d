"""Market files as people send them, and the way of one through the workers."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import openpyxl
from django.utils import timezone

from marketplace import tasks
from marketplace.models import ImportJob, ImportRow, OutboxRow
from marketplace.selectors.imports import CHECK, IMPORT
from marketplace.services import imports
from marketplace.services.imports import Upload
from tests.factories.market import Trader

Rows = Sequence[Mapping[str, str]]


def lot_row(number: str, *papers: str, today: date | None = None, **cells: str) -> dict[str, str]:
    """An ordinary lot of lots.csv; ``number``: its reference, ``papers``: SCHEME:NUMBER."""
    return {
        "lot_id": number,
        "product_form": "INGOT",
        "grade": "P1020A",
        "quantity_t": "10",
        "ci_smelter_s1s2": "3.200",
        "certificates": "|".join(papers),
        "origin_country": "CN",
        "delivery_regions": "EU|CN",
        "ask_premium": "20",
        **_window(today),
        **cells,
    }


def requirement_row(number: str, *, today: date | None = None, **cells: str) -> dict[str, str]:
    return {
        "requirement_id": number,
        "product_forms": "INGOT",
        "volume_t": "500",
        "max_ci": "4.000",
        "boundary": "SMELTER_S1S2",
        "max_premium": "25",
        "delivery_region": "EU",
        **_window(today),
        **cells,
    }


def as_csv(rows: Rows, *, delimiter: str = ",", end: str = "\n", bom: bool = False) -> bytes:
    target = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(target, names, delimiter=delimiter, lineterminator=end)
    writer.writeheader()
    writer.writerows(rows)
    return (b"\xef\xbb\xbf" if bom else b"") + target.getvalue().encode()


def as_xlsx(rows: Iterable[Sequence[object]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def sent(by: Trader, kind: str, content: bytes, name: str = "november.csv") -> ImportJob:
    file = Upload(name, len(content), [content])
    return imports.upload(by=by.actor, kind=kind, file=file, now=timezone.now())


def checked(by: Trader, kind: str, content: bytes) -> ImportJob:
    """Uploaded, and looked at by a worker."""
    job = sent(by, kind, content)
    return worked(job, CHECK)


def confirmed(by: Trader, job: ImportJob, *, good_rows_only: bool = False) -> ImportJob:
    """Confirmed, and saved or refused by a worker."""
    imports.confirm(
        by=by.actor,
        public_id=job.public_id,
        good_rows_only=good_rows_only,
        now=timezone.now(),
    )
    return worked(job, IMPORT)


def worked(job: ImportJob, task: str) -> ImportJob:
    row = OutboxRow.objects.get(task=task, argument=job.pk)
    (tasks.check_import if task == CHECK else tasks.run_import)(row.pk)
    row.refresh_from_db()
    assert row.done_at, row.last_error
    job.refresh_from_db()
    return job


def outcomes(job: ImportJob) -> dict[str, str]:
    return {row.reference: row.outcome for row in job.rows.order_by("line")}


def reasons(job: ImportJob) -> dict[int, list[tuple[str, str, str]]]:
    """Line -> column, value, words of each error."""
    return {row.line: _told(row) for row in job.rows.order_by("line") if row.errors}


def _told(row: ImportRow) -> list[tuple[str, str, str]]:
    return [
        (one["column"], one["value"], one["message"].format(**one["params"])) for one in row.errors
    ]


def _window(today: date | None) -> dict[str, str]:
    today = today or timezone.now().date()
    return {
        "window_start": (today + timedelta(days=30)).isoformat(),
        "window_end": (today + timedelta(days=90)).isoformat(),
    }


def sent_back(answer: Any) -> bytes:
    """The whole of a streamed answer."""
    content: bytes = b"".join(answer.streaming_content)
    return content


def table_of(answer: Any) -> list[dict[str, str]]:
    """Its CSV, row by row."""
    text = sent_back(answer).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))

"""Exports of long lists: asked for, written by a worker, found again for a week.

The file holds what the list's page would show to the one who asked when the worker writes it.
Delivered twice it is written once.
"""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import BinaryIO, cast

from marketplace.domain.errors import Conflict, gettext_noop
from marketplace.domain.spreadsheets import Row, Table, csv_lines, write_xlsx
from marketplace.domain.vocabulary import ExportState
from marketplace.models import ExportJob, ExportPart, OutboxRow
from marketplace.models.actors import Actor
from marketplace.selectors import actors, exports
from marketplace.selectors.export_jobs import WRITE
from marketplace.services import locks, outbox, progress
from marketplace.services.constraints import one_transaction
from marketplace.services.progress import Clock, Progress

# A sheet of a workbook holds 1,048,576 rows.
MOST_ROWS, MOST_AT_WORK = 1_000_000, 3
PIECE, IN_MEMORY = 1024**2, 8 * 1024**2
TOO_LONG = gettext_noop("More than {most} rows: narrow the list.")
TOO_MANY = gettext_noop("Three of your exports are at work: wait until one of them is done.")


@one_transaction
def ask(*, by: Actor, table: str, form: str, query: Mapping[str, str], now: datetime) -> ExportJob:
    """Have a worker write the list. Conflict for too long ones, and beyond three at a time."""
    export = exports.EXPORTS[table](by, query, now.date())
    rows = export.rows.count()
    if rows > MOST_ROWS:
        raise Conflict(TOO_LONG, most=f"{MOST_ROWS:,}")
    # Two at once wait here for each other.
    locks.organisations([by.organisation.pk])
    at_work = ExportJob.objects.filter(user=by.user, state=ExportState.ASKED.value)
    if at_work.count() >= MOST_AT_WORK:
        raise Conflict(TOO_MANY)
    job = ExportJob.objects.create(
        organisation=by.organisation,
        user=by.user,
        table=table,
        form=form,
        query=dict(query),
        rows_total=rows,
        created_at=now,
    )
    outbox.add(task=WRITE, argument=job.pk, now=now)
    return job


def write(*, row: OutboxRow, clock: Clock) -> None:
    """Write the file. Nothing when that is done; refused for who has left since."""
    assert row.argument is not None
    waiting = ExportJob.objects.filter(pk=row.argument, state=ExportState.ASKED.value)
    job = waiting.select_related("user", "organisation").first()
    if job is None:
        return
    actor = actors.still_acting(job.user, job.organisation)
    if actor is None:
        waiting.update(state=ExportState.REFUSED.value, finished_at=clock())
        return
    export = exports.EXPORTS[job.table](actor, job.query, clock().date())
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as spooled:
        target = cast("BinaryIO", spooled)
        with progress.shown(job, row, clock) as told:
            _fill(target, job.form, _counted(exports.table_of(job.table, export), told))
        _keep(job, target, rows=told.done, now=clock())


def _fill(target: BinaryIO, form: str, table: Table) -> None:
    if form == "xlsx":
        write_xlsx(target, table)
        return
    for line in csv_lines(table):
        target.write(line.encode())


def _counted(table: Table, told: Progress) -> Table:
    def rows() -> Iterator[Row]:
        for row in table.rows:
            yield row
            told.done += 1

    return replace(table, rows=rows())


@one_transaction
def _keep(job: ExportJob, file: BinaryIO, *, rows: int, now: datetime) -> None:
    size = file.tell()
    waiting = ExportJob.objects.filter(pk=job.pk, state=ExportState.ASKED.value)
    ready = ExportState.READY.value
    columns = {"rows_total": rows, "rows_done": rows, "size_bytes": size, "finished_at": now}
    if not waiting.update(state=ready, **columns):
        return
    file.seek(0)
    for number, piece in enumerate(iter(lambda: file.read(PIECE), b"")):
        ExportPart.objects.create(job=job, number=number, content=piece)

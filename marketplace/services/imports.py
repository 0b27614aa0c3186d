"""Imports of market files: uploaded, checked by a worker, confirmed by a trader, then saved.

The check keeps nothing of what it tries. The import is one transaction: all rows or none, unless
the trader chose to go without the bad ones. Both may be begun twice, and happen once.
"""

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from marketplace.domain import tables
from marketplace.domain.errors import (
    Conflict,
    DomainError,
    FieldError,
    InvalidInput,
    NotAllowed,
    gettext_noop,
)
from marketplace.domain.problems import WHOLE, BadTable, Problem
from marketplace.domain.vocabulary import Confirmation, ImportKind, ImportState, RowOutcome
from marketplace.models import ImportJob, ImportPart, ImportRow, OutboxRow, User
from marketplace.models.actors import Actor
from marketplace.selectors import actors
from marketplace.selectors import imports as selectors
from marketplace.selectors.imports import CHECK, IMPORT
from marketplace.services import authority, locks, outbox, progress
from marketplace.services.constraints import one_transaction
from marketplace.services.importing import files, kinds, rows
from marketplace.services.importing.listings import Listings
from marketplace.services.progress import Clock, Progress

logger = logging.getLogger(__name__)

MOST_AT_WORK, PROBLEMS_KEPT, BATCH = 3, 100, 1_000
# Changed lots and requirements are locked until all are saved, and a round waits for them.
MOST_CHANGED = 1_000
NO_KIND = gettext_noop("Say what the rows are: lots or requirements.")
NO_FILE = gettext_noop("Choose a CSV or XLSX file of up to 50 MB.")
NOT_READ = gettext_noop("This is neither CSV nor XLSX. Save it as one of them.")
TOO_MANY = gettext_noop("Three of your imports are at work: wait until one of them is done.")
BAD_ROWS = gettext_noop("Some rows have errors: mend them, or import the good rows only.")
TOO_MANY_CHANGES = gettext_noop(
    "More than {most} rows change what is listed: split the file, so that matching need not wait."
)
NOTHING = gettext_noop("Nothing in it is new or changed.")
NOT_MEMBER = gettext_noop("Who asked for it does not act for this organisation any more.")


@dataclass(frozen=True)
class Upload:
    """A file as it comes in: what its sender calls it, its bytes, and these piece by piece."""

    name: str
    size: int
    pieces: Iterable[bytes]


class StillAtWork(Exception):
    """Another worker is importing it: this one comes back later."""


class _BadRows(Exception):
    """Rolls back what was saved."""

    def __init__(self, bad: list[ImportRow]) -> None:
        super().__init__(f"{len(bad)} bad rows")
        self.bad = bad


@one_transaction
def upload(
    *,
    by: Actor,
    kind: str,
    file: Upload | None,
    confirmed_as: Confirmation | None = None,
    now: datetime,
) -> ImportJob:
    """Keep the file; a worker checks it. Told by its content, whatever it is called.

    With ``confirmed_as`` the import follows the check unless that found what it leaves to decide.
    """
    _authorise(by, kind)
    if file is None or not 0 < file.size <= tables.LARGEST:
        raise InvalidInput([FieldError("file", "", "no_file", NO_FILE)])
    # Two at once wait here for each other.
    locks.organisations([by.organisation.pk])
    at_work = (ImportState.UPLOADED.value, ImportState.CONFIRMED.value)
    own = ImportJob.objects.filter(organisation=by.organisation, state__in=at_work)
    if own.count() >= MOST_AT_WORK:
        raise Conflict(TOO_MANY)
    job = ImportJob.objects.create(
        organisation=by.organisation,
        user=by.user,
        kind=kind,
        file_name="".join(sign for sign in file.name if sign.isprintable())[:100] or "-",
        size_bytes=file.size,
        confirmed_as=confirmed_as.value if confirmed_as else "",
        created_at=now,
    )
    for number, piece in enumerate(file.pieces):
        if not number and b"\0" in piece and not tables.is_workbook(piece):
            raise InvalidInput([FieldError("file", "", "not_a_table", NOT_READ)])
        ImportPart.objects.create(job=job, number=number, content=piece)
    outbox.add(task=CHECK, argument=job.pk, now=now)
    return job


@one_transaction
def confirm(*, by: Actor, public_id: UUID, good_rows_only: bool, now: datetime) -> ImportJob:
    """Have a worker save what the check showed. Conflict when somebody decided already."""
    job = selectors.own_one(by, public_id)
    _authorise(by, job.kind)
    _confirm(job, selectors.counts(job), user=by.user, good_rows_only=good_rows_only, now=now)
    return job


@one_transaction
def discard(*, by: Actor, public_id: UUID, now: datetime) -> ImportJob:
    """Not to be imported: its rows are gone, that it was is kept for a while."""
    authority.trader(by)
    job = selectors.own_one(by, public_id)
    _move(job, ImportState.CHECKED, ImportState.DISCARDED, finished_at=now)
    job.rows.all().delete()
    return job


def check(*, row: OutboxRow, clock: Clock) -> None:
    """Read the file and find what each row would do. Nothing when it was checked already."""
    now, job = clock(), _job(row, ImportState.UPLOADED)
    if job is None:
        return
    try:
        listings = _listings(job, now)
        lines = files.lines(job)
        ImportJob.objects.filter(pk=job.pk).update(rows_total=len(lines))
        with progress.shown(job, row, clock) as told:
            found = list(rows.judged(listings, lines, told))
    except BadTable as bad:
        _unreadable(job, [_problem(one) for one in bad.problems[:PROBLEMS_KEPT]], clock())
    except DomainError as refused:
        _unreadable(job, [_problem(refused)], clock())
    else:
        _checked(job, found, clock())


def carry_out(*, row: OutboxRow, clock: Clock) -> None:
    """Save the rows. Nothing when that is done; StillAtWork while another worker does it."""
    now, job = clock(), _job(row, ImportState.CONFIRMED)
    if job is None:
        return
    try:
        listings = _listings(job, now)
        with progress.shown(job, row, clock) as told:
            _import(job, listings, told, now)
    except _BadRows as refused:
        _refused(job, refused.bad, [], clock())
    except DomainError as error:
        _refused(job, [], [_problem(error)], clock())


def _confirm(
    job: ImportJob, counts: Counter[str], *, user: User, good_rows_only: bool, now: datetime
) -> None:
    if counts[RowOutcome.ERROR] and not good_rows_only:
        raise Conflict(BAD_ROWS)
    if not counts[RowOutcome.NEW] + counts[RowOutcome.CHANGED]:
        raise Conflict(NOTHING)
    if counts[RowOutcome.CHANGED] > MOST_CHANGED:
        raise Conflict(TOO_MANY_CHANGES, most=f"{MOST_CHANGED:,}")
    _move(
        job,
        ImportState.CHECKED,
        ImportState.CONFIRMED,
        user=user,
        good_rows_only=good_rows_only,
        confirmed_at=now,
        rows_done=0,
    )
    outbox.add(task=IMPORT, argument=job.pk, now=now)


def _confirmed_beforehand(job: ImportJob, now: datetime) -> None:
    """Go on as was said with the file; what that does not decide waits for somebody."""
    good_rows_only = job.confirmed_as == Confirmation.GOOD.value
    counts = selectors.counts(job)
    left_out = counts[RowOutcome.ERROR] if good_rows_only else 0
    if counts[RowOutcome.UNCHANGED] + left_out == counts.total():
        _move(job, ImportState.CHECKED, ImportState.IMPORTED, finished_at=now)
        return
    try:
        _confirm(job, counts, user=job.user, good_rows_only=good_rows_only, now=now)
    except Conflict as left:
        logger.info("import %s waits: %s", job.pk, left.message)


@one_transaction
def _import(job: ImportJob, listings: Listings, told: Progress, now: datetime) -> None:
    told.done = 0
    _alone(job)
    if not ImportJob.objects.filter(pk=job.pk, state=ImportState.CONFIRMED.value).exists():
        return
    good = list(job.rows.exclude(outcome=RowOutcome.ERROR.value).order_by("line"))
    with outbox.one_request():
        bad = list(rows.saved(listings, good, told))
    if bad and not job.good_rows_only:
        raise _BadRows(bad)
    _mark(bad)
    new = [one for one in good if one.outcome == RowOutcome.NEW.value and one.listing]
    ImportRow.objects.bulk_update(new, ["listing"], batch_size=BATCH)
    _move(job, ImportState.CONFIRMED, ImportState.IMPORTED, finished_at=now, rows_done=len(good))


def _alone(job: ImportJob) -> None:
    """Not a lock on the job's row: its progress is written meanwhile."""
    with connection.cursor() as cursor:
        name = f"import:{job.pk}"
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        if not cursor.fetchone()[0]:
            raise StillAtWork(f"import {job.pk}")


@one_transaction
def _checked(job: ImportJob, found: list[ImportRow], now: datetime) -> None:
    for one in found:
        one.job = job
    _end_check(job, ImportState.CHECKED, checked_at=now, rows_done=len(found))
    ImportRow.objects.bulk_create(found, batch_size=BATCH)
    if job.confirmed_as:
        _confirmed_beforehand(job, now)


@one_transaction
def _unreadable(job: ImportJob, problems: list[dict[str, Any]], now: datetime) -> None:
    _end_check(job, ImportState.UNREADABLE, checked_at=now, finished_at=now, problems=problems)


def _end_check(job: ImportJob, state: ImportState, **columns: object) -> None:
    _move(job, ImportState.UPLOADED, state, **columns)
    job.parts.all().delete()


@one_transaction
def _refused(
    job: ImportJob, bad: list[ImportRow], problems: list[dict[str, Any]], now: datetime
) -> None:
    _mark(bad)
    state = ImportState.REFUSED
    _move(job, ImportState.CONFIRMED, state, finished_at=now, problems=problems)


def _mark(bad: list[ImportRow]) -> None:
    for one in bad:
        one.outcome = RowOutcome.ERROR.value
    ImportRow.objects.bulk_update(bad, ["outcome", "errors"], batch_size=BATCH)


def _move(job: ImportJob, before: ImportState, after: ImportState, **columns: object) -> None:
    found = ImportJob.objects.filter(pk=job.pk, state=before.value)
    if not found.update(state=after.value, **columns):
        raise Conflict
    job.refresh_from_db()


def _job(row: OutboxRow, state: ImportState) -> ImportJob | None:
    assert row.argument is not None
    return ImportJob.objects.filter(pk=row.argument, state=state.value).first()


def _authorise(by: Actor, kind: str) -> None:
    if kind not in ImportKind.__members__:
        raise InvalidInput([FieldError("kind", "", "unknown", NO_KIND)])
    (authority.producer if kind == ImportKind.LOTS.value else authority.buyer)(by)


def _listings(job: ImportJob, now: datetime) -> Listings:
    """For whom it is done as they stand now: who left or may not trade any more does nothing."""
    actor = actors.still_acting(job.user, job.organisation)
    if actor is None:
        raise NotAllowed(NOT_MEMBER)
    return kinds.of_kind(job.kind, actor, now)


def _problem(found: Problem | DomainError) -> dict[str, Any]:
    line, column = (found.line, found.column) if isinstance(found, Problem) else (0, WHOLE)
    return {
        "line": line,
        "column": column,
        "message": found.message,
        "params": rows.storable(found.params),
    }

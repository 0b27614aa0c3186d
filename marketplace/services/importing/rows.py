"""Each row by itself: what it would do, and doing it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from marketplace.domain import tables
from marketplace.domain.errors import Conflict, DomainError, FieldError, InvalidInput, gettext_noop
from marketplace.domain.exports import plain
from marketplace.domain.fields import shown
from marketplace.domain.imports import LONGEST_REFERENCE
from marketplace.domain.names import comparable
from marketplace.domain.tables import Line
from marketplace.domain.vocabulary import RowOutcome
from marketplace.models import ImportRow
from marketplace.services import backing
from marketplace.services.importing.listings import Listings
from marketplace.services.progress import Progress

REPEATED = gettext_noop("It is the same as in line {line}.")
MOVED = gettext_noop("It changed after the check; import the file anew.")
# What PostgreSQL stores in no text: NUL, and halves of surrogate pairs.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# Columns of the services that a file has no column of this name for.
COLUMNS = {"produced_from": "certificates", "produced_to": "certificates"}
CHUNK = 200


def judged(listings: Listings, lines: Sequence[Line], progress: Progress) -> Iterator[ImportRow]:
    """The rows with what each would do; nothing is kept of trying it."""
    key = listings.sheet.key
    lines = [
        Line(line.number, {name: plain(text) for name, text in line.cells.items()})
        for line in lines
    ]
    again = tables.repeats(lines, key)
    lines_of: dict[UUID, int] = {}
    for chunk in _chunks(lines):
        names = [line.cells.get(key, "").strip() for line in chunk]
        known = listings.known(names)
        for line, name in zip(chunk, names, strict=True):
            stored = known.get(comparable(name)) if name else None
            first = again.get(line.number)
            if stored is not None and first is None:
                first = lines_of.setdefault(stored.public_id, line.number)
            yield _judged(listings, line, stored, None if first == line.number else first)
            progress.done += 1


def _judged(listings: Listings, line: Line, stored: Any | None, first: int | None) -> ImportRow:
    key, cells = listings.sheet.key, line.cells
    row = ImportRow(
        line=line.number,
        outcome=RowOutcome.ERROR.value,
        reference=_storable(cells.get(key, "").strip()[:LONGEST_REFERENCE]),
        cells=storable(cells),
        listing=stored.public_id if stored else None,
        version=stored.version if stored else None,
    )
    try:
        if first is not None:
            words = ("repeated", REPEATED, {"line": str(first)})
            raise InvalidInput([FieldError(key, row.reference, *words)])
        raw, same = listings.read(cells, stored)
        if same:
            listings.check_proof(cells, stored)
            row.outcome = RowOutcome.UNCHANGED.value
        else:
            row.changes = listings.attempt(cells, raw, stored)
            row.outcome = (RowOutcome.CHANGED if stored else RowOutcome.NEW).value
    except DomainError as error:
        row.errors = told(error, cells, key)
    return row


def saved(listings: Listings, rows: Sequence[ImportRow], progress: Progress) -> Iterator[ImportRow]:
    """Save the rows that were judged good; gives back those that turned out bad, with ``errors``.

    Each is saved whole or not at all; whether the others stay is for the caller to decide.
    """
    listings.lock([row.listing for row in rows if row.version is not None and row.listing])
    for chunk in _chunks(rows):
        begun = progress.done
        try:
            with transaction.atomic(), backing.together():
                bad = list(_saved(listings, chunk, progress))
        except backing.TooFew:
            progress.done = begun
            bad = list(_saved(listings, chunk, progress))
        yield from bad


def _saved(listings: Listings, chunk: Sequence[ImportRow], progress: Progress) -> list[ImportRow]:
    """The bad ones."""
    bad = []
    known = listings.known(row.reference for row in chunk)
    for row in chunk:
        try:
            with backing.undone_on_failure():
                _save(listings, row, known.get(comparable(row.reference)))
        except DomainError as error:
            row.errors = told(error, row.cells, listings.sheet.key)
            bad.append(row)
        progress.done += 1
    return bad


def _save(listings: Listings, row: ImportRow, stored: Any | None) -> None:
    version = stored.version if stored else None
    if version != row.version:
        raise Conflict(MOVED)
    if row.outcome == RowOutcome.UNCHANGED.value:
        return
    raw, _same = listings.read(row.cells, stored)
    row.listing = listings.save(row.cells, raw, stored, row.version).public_id


def told(error: DomainError, cells: Mapping[str, str], key: str) -> list[dict[str, Any]]:
    """As it is kept with a row: column, value, and the words with what fills them."""
    if not isinstance(error, InvalidInput):
        value = shown(cells.get(key, ""))
        return [_told(key, value, error.message, error.params)]
    found = []
    for one in error.errors:
        column = key if one.field == "reference" else COLUMNS.get(one.field, one.field)
        cell = cells.get(column, "")
        # Services know certificates and parties by their ids: the file's own words are shown.
        value = one.value if one.value and one.value in cell else shown(cell)
        found.append(_told(column, value, one.message, one.params))
    return found


def _told(column: str, value: str, message: str, params: Mapping[str, str]) -> dict[str, Any]:
    return {
        "column": column,
        "value": _storable(value),
        "message": message,
        "params": storable(params),
    }


def storable(texts: Mapping[str, str]) -> dict[str, str]:
    """The same, as far as the database can keep them."""
    return {name: _storable(text) for name, text in texts.items()}


def _storable(text: str) -> str:
    return UNSTORABLE.sub("\ufffd", text)


def _chunks(found: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (found[begin : begin + CHUNK] for begin in range(0, len(found), CHUNK))

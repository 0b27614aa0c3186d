"""Taking in a certification body's list, and settling what differs from it."""

import hashlib
from datetime import date, datetime
from io import BytesIO
from typing import BinaryIO

from marketplace.domain import bodies, tables
from marketplace.domain.errors import Conflict, InvalidInput, gettext_noop
from marketplace.domain.names import certificate_issuer
from marketplace.domain.problems import BadTable, Problem
from marketplace.domain.vocabulary import Scheme
from marketplace.domain.workbooks import Size
from marketplace.models import BodyEntry, BodyList, Certificate, SettledDifference, User
from marketplace.selectors import body_lists as selectors
from marketplace.services import authority, reading
from marketplace.services.constraints import one_transaction

LIMITS = tables.Limits(
    rows=20_000,
    cell=500,
    workbook=Size(unpacked=100 * 1024**2, outside=50 * 1024**2, texts=1_000_000),
)
AGAIN = gettext_noop("the same number as in line {line}")
NO_ROWS = gettext_noop("has no rows")
NO_DIFFERENCE = gettext_noop("The newest list does not say this of the certificate.")


@one_transaction
def enter(
    *,
    by: User,
    scheme: Scheme,
    issuer: str,
    as_of: date,
    source: str,
    file: BinaryIO,
    now: datetime,
) -> BodyList:
    """All lines or none. CSV or XLSX with the columns of ``domain.bodies.COLUMNS``.

    Raises BadTable with every bad line, its column and the rule; InvalidInput for a second list of
    the same day.
    """
    authority.admin(by)
    content = file.read(tables.LARGEST + 1)
    entries = _entries(content, scheme)
    found = BodyList.objects.create(
        scheme=scheme.value,
        issuer=issuer.strip(),
        issuer_key=certificate_issuer(issuer),
        as_of=as_of,
        source=source,
        sha256=hashlib.sha256(content).hexdigest(),
        entered_by=by,
        entered_at=now,
    )
    BodyEntry.objects.bulk_create(
        [
            BodyEntry(
                list=found,
                line=line,
                number=one.number,
                number_key=one.number_key,
                holder=one.holder,
                certified_kg=one.certified_kg,
                valid_from=one.valid_from,
                valid_to=one.valid_to,
            )
            for line, one in entries
        ],
        batch_size=2_000,
    )
    return found


@one_transaction
def settle(
    *, by: User, certificate: Certificate, difference: str, reason: str, now: datetime
) -> SettledDifference:
    """It stands for this list: an admin who is no member of the holder says why."""
    authority.impartial_admin(by, certificate.organisation)
    reason = reading.reason(reason)
    known = {(one.certificate.pk, one.kind.value): one.list for one in selectors.differences()}
    newest = known.get((certificate.pk, difference))
    if newest is None:
        raise Conflict(NO_DIFFERENCE)
    return SettledDifference.objects.create(
        list=newest,
        certificate=certificate,
        difference=difference,
        reason=reason,
        settled_by=by,
        settled_at=now,
    )


def _entries(content: bytes, scheme: Scheme) -> list[tuple[int, bodies.Entry]]:
    lines = tables.read(
        BytesIO(content), bodies.COLUMNS, workbook=tables.is_workbook(content), limits=LIMITS
    )
    found: list[tuple[int, bodies.Entry]] = []
    problems = [] if lines else [Problem(0, NO_ROWS)]
    for line in lines:
        try:
            found.append((line.number, bodies.parse_entry(line.cells, scheme)))
        except InvalidInput as refused:
            problems += [
                Problem(line.number, one.message, one.field, one.params) for one in refused.errors
            ]
    problems += [
        Problem(line, AGAIN, "number", {"line": str(first)})
        for line, first in bodies.repeated(found).items()
    ]
    if problems:
        raise BadTable(sorted(problems, key=lambda one: one.line))
    return found

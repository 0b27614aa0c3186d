"""Links audit rows into the hash chain, a little after they were committed."""

import logging
from datetime import datetime

from django.db import connection

from marketplace.domain.chain import link
from marketplace.models import AuditLink, AuditShape
from marketplace.selectors import audit
from marketplace.services.constraints import one_transaction

logger = logging.getLogger(__name__)
LOCK = "audit chain"
MOST = 20_000


@one_transaction
def link_new(*, now: datetime, most: int = MOST) -> int:
    """Every row that has no link yet, at most ``most`` of each table; how many.

    One at a time: whoever finds another at work leaves it to that one. Writers wait for nothing:
    a row that is committed late is linked late. The head is logged, so that it stands outside of
    the database as well.
    """
    if not _alone():
        return 0
    newest = audit.head()
    number, sha256 = newest.number, newest.sha256
    links = []
    for source in audit.chained():
        rows = audit.new_rows(source, most=most)
        if not rows:
            continue
        shape, _new = AuditShape.objects.get_or_create(
            table=source.table, columns=list(source.columns)
        )
        for key, digest in rows:
            number += 1
            sha256 = link(sha256, table=source.table, row=key, digest=digest)
            links.append(
                AuditLink(number=number, shape=shape, row=key, sha256=sha256, linked_at=now)
            )
    AuditLink.objects.bulk_create(links, batch_size=5_000)
    if links:
        logger.info("audit chain %s", audit.head())
    return len(links)


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [LOCK])
        return bool(cursor.fetchone()[0])

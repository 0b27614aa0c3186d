"""What PostgreSQL refused only because of what others did: tried again, or told as an outage."""

import time
from collections.abc import Callable
from typing import TypeVar

from django.db import DatabaseError, Error, InterfaceError, OperationalError, connection

Answer = TypeVar("Answer")

ATTEMPTS = 4
FIRST_WAIT_SECONDS = 0.01
SERIALIZATION_FAILURE, DEADLOCK = "40001", "40P01"
IDLE_IN_TRANSACTION = "25P03"


def repeated(step: Callable[[], Answer]) -> Answer:
    """Run ``step``, which is one whole transaction, up to 4 times while others make it a victim.

    Within a transaction it runs once: only the whole can be repeated, by whoever began it.
    """
    if connection.in_atomic_block:
        return step()
    for attempt in range(ATTEMPTS - 1):
        try:
            return step()
        except OperationalError as error:
            if _code(error) not in (SERIALIZATION_FAILURE, DEADLOCK):
                raise
        time.sleep(FIRST_WAIT_SECONDS * 2**attempt)
    return step()


def is_outage(error: BaseException | None) -> bool:
    """Whether the same request may well succeed soon.

    The server is away or ended the connection, a lock or a statement took too long, a repetition
    did not help: most of these are OperationalError. psycopg2 says a few in other classes.
    """
    if isinstance(error, OperationalError | InterfaceError):
        return True
    if not isinstance(error, DatabaseError) or not isinstance(error.__cause__, Exception):
        return False
    # A plain DatabaseError without a code comes from the client's library: the connection broke.
    return _code(error) == IDLE_IN_TRANSACTION or (
        type(error) is DatabaseError and _code(error) is None
    )


def _code(error: Error) -> str | None:
    return getattr(error.__cause__, "pgcode", None)

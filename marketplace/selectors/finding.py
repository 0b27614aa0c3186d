"""One row by its public id, out of the rows that the reader may see."""

from typing import TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

from marketplace.domain.errors import NotFound

Row = TypeVar("Row", bound=Model)


def one_of(rows: QuerySet[Row], public_id: UUID) -> Row:
    """NotFound for foreign ones as for absent ones."""
    found = rows.filter(public_id=public_id).first()
    if found is None:
        raise NotFound
    return found

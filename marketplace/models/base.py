"""What every aggregate shares: a public id, and an audit trail written by the database."""

import uuid
from collections.abc import Callable
from typing import TypeVar

import pghistory
from django.db import models

Tracked = TypeVar("Tracked", bound=models.Model)


def audited(model: type[Tracked]) -> type[Tracked]:
    """Class decorator: triggers write a row of history at each insert, update and delete."""
    events = (pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
    tracked: type[Tracked] = pghistory.track(*events)(model)
    return tracked


def audited_without(*fields: str) -> Callable[[type[Tracked]], type[Tracked]]:
    """The same, but for columns that say who a person is: history can't be erased."""
    events = (pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())

    def track(model: type[Tracked]) -> type[Tracked]:
        tracked: type[Tracked] = pghistory.track(*events, exclude=list(fields))(model)
        return tracked

    return track


class PublicModel(models.Model):
    """Rows are named to the outside by a random UUID; the integer key stays inside."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        abstract = True

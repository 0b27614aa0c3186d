"""What every aggregate shares: a public id, and an audit trail written by the database."""

import uuid
from typing import TypeVar

import pghistory
from django.db import models

Tracked = TypeVar("Tracked", bound=models.Model)


def audited(model: type[Tracked]) -> type[Tracked]:
    """Class decorator: triggers write a row of history at each insert, update and delete."""
    events = (pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
    tracked: type[Tracked] = pghistory.track(*events)(model)
    return tracked


class PublicModel(models.Model):
    """Rows are named to the outside by a random UUID; the integer key stays inside."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        abstract = True

"""Exports that a worker writes: each reader finds the own ones, nobody else any of them."""

from collections.abc import Iterator
from uuid import UUID

from django.db.models import QuerySet

from marketplace.domain.vocabulary import ExportState
from marketplace.models import ExportJob
from marketplace.models.actors import Actor
from marketplace.selectors import outbox
from marketplace.selectors.finding import one_of

# Name of the task whose outbox rows carry an export's key.
WRITE = "marketplace.tasks.write_export"


def own(actor: Actor) -> QuerySet[ExportJob]:
    """Newest first. A colleague's may hold what only that colleague may see."""
    found = ExportJob.objects.filter(organisation=actor.organisation, user=actor.user)
    return found.order_by("-created_at", "-pk")


def own_one(actor: Actor, public_id: UUID) -> ExportJob:
    """NotFound for foreign ones as for absent ones."""
    return one_of(own(actor), public_id)


def ready_one(actor: Actor, public_id: UUID) -> ExportJob:
    """NotFound also while it is not written."""
    return one_of(own(actor).filter(state=ExportState.READY.value), public_id)


def content(job: ExportJob) -> Iterator[bytes]:
    """The file, piece by piece."""
    pieces = job.parts.order_by("number").values_list("content", flat=True)
    return (bytes(piece) for piece in pieces.iterator(4))


def is_given_up(job: ExportJob) -> bool:
    return job.is_at_work and outbox.is_given_up(job.pk, WRITE)

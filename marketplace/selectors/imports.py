"""Imports of the own organisation: nobody else learns that there are any."""

from collections import Counter
from collections.abc import Iterable, Iterator
from uuid import UUID

from django.db.models import Case, Count, QuerySet, Value, When

from marketplace.domain.vocabulary import RowOutcome
from marketplace.models import ImportJob, ImportRow
from marketplace.models.actors import Actor
from marketplace.selectors import outbox
from marketplace.selectors.finding import one_of

# Names of the tasks whose outbox rows carry an import's key.
CHECK, IMPORT = "marketplace.tasks.check_import", "marketplace.tasks.run_import"


def own(actor: Actor) -> QuerySet[ImportJob]:
    """Newest first."""
    found = ImportJob.objects.filter(organisation=actor.organisation).select_related("user")
    return found.order_by("-created_at", "-pk")


def own_one(actor: Actor, public_id: UUID) -> ImportJob:
    """NotFound for foreign ones as for absent ones."""
    return one_of(own(actor), public_id)


def counts_of(jobs: Iterable[ImportJob]) -> dict[int, Counter[str]]:
    """Key of each import -> how many of its rows have each outcome."""
    found: dict[int, Counter[str]] = {job.pk: Counter() for job in jobs}
    rows = ImportRow.objects.filter(job__in=found).order_by().values_list("job", "outcome")
    for job, outcome, count in rows.annotate(count=Count("pk")):
        found[job][outcome] = count
    return found


def counts(job: ImportJob) -> Counter[str]:
    """How many rows of each outcome."""
    return counts_of([job])[job.pk]


def rows(job: ImportJob, outcome: str = "") -> QuerySet[ImportRow]:
    """In the order of the file, bad ones first; of one outcome only where one is named."""
    found = job.rows.filter(outcome=outcome) if outcome in RowOutcome.__members__ else job.rows
    bad_first = Case(When(outcome=RowOutcome.ERROR.value, then=Value(0)), default=Value(1))
    return found.order_by(bad_first, "line")


def bad_rows(job: ImportJob) -> Iterator[ImportRow]:
    return rows(job, RowOutcome.ERROR.value).iterator(500)


def is_given_up(job: ImportJob) -> bool:
    return job.is_at_work and outbox.is_given_up(job.pk, CHECK, IMPORT)

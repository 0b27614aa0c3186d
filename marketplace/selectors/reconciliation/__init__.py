"""Do the books agree? Counters, ledger, live proposals, deals, records and audit, compared.

Everything is read as of one moment, in few statements over whole tables, and nothing is changed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from django.db import connection, transaction

from marketplace.models import Certificate, Claim, Deal, LedgerPosting, Lot, Proposal, Requirement
from marketplace.selectors.reconciliation import books, history, records, states
from marketplace.selectors.reconciliation.difference import Difference

__all__ = ["Counts", "Difference", "Report", "differences", "report"]


@dataclass(frozen=True)
class Counts:
    """How many rows were looked at."""

    certificates: int
    postings: int
    lots: int
    requirements: int
    proposals: int
    deals: int
    claims: int


@dataclass(frozen=True)
class Report:
    counts: Counts
    differences: list[Difference]

    def as_json(self) -> dict[str, object]:
        found = [{**asdict(one), "difference_kg": one.difference_kg} for one in self.differences]
        return {"checked": asdict(self.counts), "differences": found}


def report() -> Report:
    with _one_moment():
        counted = Counts(
            certificates=Certificate.objects.count(),
            postings=LedgerPosting.objects.count(),
            lots=Lot.objects.count(),
            requirements=Requirement.objects.count(),
            proposals=Proposal.objects.count(),
            deals=Deal.objects.count(),
            claims=Claim.objects.count(),
        )
        return Report(counted, differences())


def differences() -> list[Difference]:
    """Every disagreement once, by kind of row, key and rule."""
    with _one_moment():
        found = [*books.differences(), *states.differences()]
        found += [*records.differences(), *history.differences()]
    return sorted(found, key=lambda one: (one.what, one.id, one.rule))


@contextmanager
def _one_moment() -> Iterator[None]:
    """Every row as of the same moment, unless the caller's own transaction has begun before."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                # Whole tables are read: the limit of the application's short statements is lifted.
                cursor.execute("SET LOCAL statement_timeout = '10min'")
        yield

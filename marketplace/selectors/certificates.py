"""Certificates of the own organisation: balances are their owner's."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import QuerySet, Sum

from marketplace.domain.errors import NotFound
from marketplace.domain.vocabulary import CertificateState, LedgerAccount
from marketplace.models import Certificate, LedgerPosting
from marketplace.models.actors import Actor


def own(actor: Actor) -> QuerySet[Certificate]:
    """Newest first."""
    found = Certificate.objects.filter(organisation=actor.organisation)
    return found.select_related("site").order_by("-created_at", "-pk")


def own_one(actor: Actor, public_id: UUID) -> Certificate:
    found = own(actor).filter(public_id=public_id).first()
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True)
class Balance:
    """Where a certificate's kilograms are, by its ledger; the sum is what was certified."""

    free_kg: int
    listed_kg: int
    reserved_kg: int
    sold_kg: int


def balance(certificate: Certificate) -> Balance:
    held: Counter[str] = Counter()
    postings = LedgerPosting.objects.filter(certificate=certificate).values("source", "target")
    for row in postings.annotate(total=Sum("kg")):
        held[row["target"]] += row["total"]
        held[row["source"]] -= row["total"]
    return Balance(
        free_kg=held[LedgerAccount.FREE.value],
        listed_kg=held[LedgerAccount.LISTED.value],
        reserved_kg=held[LedgerAccount.RESERVED.value],
        sold_kg=held[LedgerAccount.SOLD.value],
    )


def usable(actor: Actor, today: date) -> QuerySet[Certificate]:
    """Own verified ones that are not expired: what a new lot may name."""
    return own(actor).filter(state=CertificateState.VERIFIED.value, valid_to__gte=today)

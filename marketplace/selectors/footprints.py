"""Footprints that an organisation may read, and lots whose footprint is due."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from marketplace.domain.footprints import ACTIVE, DEPRECATED, Criteria, instant
from marketplace.domain.vocabulary import Boundary
from marketplace.models import CarbonStatement, Footprint, Lot, Organisation, PactClient, Proposal
from marketplace.selectors import organisations
from marketplace.selectors.finding import one_of


def visible_to(organisation: Organisation) -> QuerySet[Footprint]:
    """Oldest first: of own lots, and of lots that were proposed to it.

    A footprint names the smelter, and names are told from the proposal on.
    """
    proposed = Proposal.objects.filter(lot=OuterRef("lot"), requirement__organisation=organisation)
    found = Footprint.objects.filter(Q(lot__organisation=organisation) | Exists(proposed))
    return found.select_related("preceding").order_by("pk")


def visible_one(organisation: Organisation, public_id: UUID) -> Footprint:
    """NotFound for those of others as for absent ones."""
    return one_of(visible_to(organisation), public_id)


def matching(
    organisation: Organisation, criteria: Criteria, *, after: UUID | None = None
) -> Iterator[Footprint]:
    """In the order of their making; ``after``: those behind this one of them."""
    found = visible_to(organisation)
    if after is not None:
        last = found.filter(public_id=after).values("pk")[:1]
        found = found.filter(pk__gt=last)
    for one in found.iterator(chunk_size=500):
        if criteria.match(one.body, status(one)):
            yield one


def shown(one: Footprint) -> dict[str, Any]:
    """All of it, as PACT writes it."""
    found = {
        "id": str(one.public_id),
        "created": instant(one.created_at),
        "status": status(one),
        **one.body,
    }
    if one.preceding is not None:
        found["precedingPfIds"] = [str(one.preceding.public_id)]
    return found


def status(one: Footprint) -> str:
    return ACTIVE if one.deprecated_at is None else DEPRECATED


def due() -> QuerySet[Lot]:
    """Lots with a cradle-to-gate value whose footprint is not of their newest version."""
    stated = CarbonStatement.objects.filter(
        lot=OuterRef("pk"), boundary=Boundary.CRADLE_TO_GATE.value
    )
    current = Footprint.objects.filter(
        lot=OuterRef("pk"), deprecated_at__isnull=True, lot_version=OuterRef("version")
    )
    return Lot.objects.filter(
        Exists(stated),
        ~Exists(current),
        organisations.trading("organisation__"),
        organisation__footprint_statement__isnull=False,
    ).order_by("pk")


def clients_of(lot: Lot) -> QuerySet[PactClient]:
    """Systems that may read the lot's footprint and can be called."""
    proposed = Proposal.objects.filter(lot=lot, requirement__organisation=OuterRef("organisation"))
    return PactClient.objects.filter(Exists(proposed)).exclude(callback_url="").order_by("pk")

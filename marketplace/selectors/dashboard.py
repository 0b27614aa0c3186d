"""Numbers on the first page."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet, Sum

from marketplace.domain.vocabulary import Answer, ListingState, ProposalState
from marketplace.models import Lot, Proposal, Requirement
from marketplace.models.actors import Actor
from marketplace.selectors import deals, proposals

OPEN_PROPOSAL = Q(state=ProposalState.PROPOSED.value)


@dataclass(frozen=True)
class ProducerCounts:
    """Kilograms and counts."""

    open_lots: int
    offered_kg: int
    reserved_kg: int
    sold_kg: int
    deals: int


@dataclass(frozen=True)
class BuyerCounts:
    """Kilograms and counts."""

    open_requirements: int
    wanted_kg: int
    reserved_kg: int
    bought_kg: int
    deals: int


def producer(actor: Actor) -> ProducerCounts:
    is_open = Q(state=ListingState.OPEN.value)
    lots = Lot.objects.filter(organisation=actor.organisation).aggregate(
        open=Count("pk", filter=is_open),
        quantity=Sum("quantity_kg", filter=is_open, default=0),
        held=Sum("reserved_kg", filter=is_open, default=0),
        gone=Sum("sold_kg", filter=is_open, default=0),
        reserved=Sum("reserved_kg", default=0),
        sold=Sum("sold_kg", default=0),
    )
    return ProducerCounts(
        open_lots=lots["open"],
        offered_kg=lots["quantity"] - lots["held"] - lots["gone"],
        reserved_kg=lots["reserved"],
        sold_kg=lots["sold"],
        deals=deals.own(actor).filter(producer=actor.organisation).count(),
    )


def buyer(actor: Actor) -> BuyerCounts:
    is_open = Q(state=ListingState.OPEN.value)
    wanted = Requirement.objects.filter(organisation=actor.organisation).aggregate(
        open=Count("pk", filter=is_open),
        volume=Sum("volume_kg", filter=is_open, default=0),
        held=Sum("reserved_kg", filter=is_open, default=0),
        got=Sum("bought_kg", filter=is_open, default=0),
        reserved=Sum("reserved_kg", default=0),
        bought=Sum("bought_kg", default=0),
    )
    return BuyerCounts(
        open_requirements=wanted["open"],
        wanted_kg=wanted["volume"] - wanted["held"] - wanted["got"],
        reserved_kg=wanted["reserved"],
        bought_kg=wanted["bought"],
        deals=deals.own(actor).filter(buyer=actor.organisation).count(),
    )


def waiting(actor: Actor, now: datetime) -> QuerySet[Proposal]:
    """Open proposals that wait for this organisation's answer, the most urgent first."""
    lots = Q(lot__organisation=actor.organisation, producer_answer=Answer.OPEN.value)
    wanted = Q(requirement__organisation=actor.organisation, buyer_answer=Answer.OPEN.value)
    found = proposals.own(actor).filter(OPEN_PROPOSAL, lots | wanted, expires_at__gt=now)
    return found.order_by("expires_at", "pk")

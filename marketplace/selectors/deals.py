"""Deals of the own organisation, as producer or as buyer."""

from uuid import UUID

from django.db.models import Q, QuerySet

from marketplace.domain.errors import NotFound
from marketplace.models import Deal
from marketplace.models.actors import Actor


def own(actor: Actor) -> QuerySet[Deal]:
    """Newest first."""
    mine = Q(producer=actor.organisation) | Q(buyer=actor.organisation)
    found = Deal.objects.filter(mine).select_related("producer", "buyer", "proposal")
    return found.order_by("-concluded_at", "-pk")


def own_one(actor: Actor, public_id: UUID) -> Deal:
    found = own(actor).filter(public_id=public_id).first()
    if found is None:
        raise NotFound
    return found

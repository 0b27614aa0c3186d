"""Deals of the own organisation, as producer or as buyer, and the papers that go with them."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q, QuerySet

from marketplace.domain.vocabulary import DealState, Side
from marketplace.models import Certificate, Deal
from marketplace.models.actors import Actor
from marketplace.selectors.finding import one_of

# What a stop may still flag: a retired claim is history.
UNSETTLED = Q(state=DealState.CONFIRMED.value) | Q(
    state=DealState.DELIVERED.value, claim__retired_at__isnull=True
)


def every() -> QuerySet[Deal]:
    """Of all organisations, with what pages and services read of a deal; newest first."""
    parts = ("producer", "buyer", "proposal", "delivery", "claim", "cancellation_asked_by")
    return Deal.objects.select_related(*parts).order_by("-concluded_at", "-pk")


def own(actor: Actor) -> QuerySet[Deal]:
    """Newest first."""
    return every().filter(Q(producer=actor.organisation) | Q(buyer=actor.organisation))


def own_one(actor: Actor, public_id: UUID) -> Deal:
    return one_of(own(actor), public_id)


def side_of(actor: Actor, deal: Deal) -> Side:
    return Side.PRODUCER if deal.producer_id == actor.organisation.pk else Side.BUYER


def certificates(deal: Deal) -> Sequence[Certificate]:
    """Those named in the deal's record, in its order: both sides of a deal may read them."""
    named = [one["id"] for one in deal.record["certificates"]]
    found = {str(one.public_id): one for one in Certificate.objects.filter(public_id__in=named)}
    return [found[one] for one in named if one in found]

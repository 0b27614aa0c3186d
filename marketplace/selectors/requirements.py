"""Requirements: the own ones whole, the others' without buyer and price limits."""

from uuid import UUID

from django.db.models import F, QuerySet

from marketplace.domain.vocabulary import ListingState
from marketplace.models import Requirement
from marketplace.models.actors import Actor
from marketplace.selectors import organisations
from marketplace.selectors.finding import one_of

SECRETS = ("max_premium", "premium_unit", "internal_carbon_price")


def own(actor: Actor) -> QuerySet[Requirement]:
    """Newest first."""
    found = Requirement.objects.filter(organisation=actor.organisation)
    return found.order_by("-posted_at", "-pk")


def own_one(actor: Actor, public_id: UUID) -> Requirement:
    """NotFound for foreign ones as for absent ones."""
    return one_of(own(actor), public_id)


def open_for_producers(actor: Actor) -> QuerySet[Requirement]:
    """Open requirements of other verified buyers, for verified producers; without limits."""
    if not actor.organisation.trades or not actor.organisation.is_producer:
        return Requirement.objects.none()
    return (
        Requirement.objects.filter(
            organisations.trading("organisation__"),
            state=ListingState.OPEN.value,
            volume_kg__gt=F("reserved_kg") + F("bought_kg"),
        )
        .exclude(organisations.relatives(actor.organisation))
        .defer(*SECRETS)
        .order_by("-posted_at", "-pk")
    )


def open_one_for_producers(actor: Actor, public_id: UUID) -> Requirement:
    return one_of(open_for_producers(actor), public_id)

"""Lots: the own ones whole, the others' as far as the reader may see them."""

from uuid import UUID

from django.db.models import F, QuerySet

from marketplace.domain.errors import NotFound
from marketplace.domain.vocabulary import ListingState
from marketplace.models import Lot, Organisation
from marketplace.models.actors import Actor
from marketplace.selectors import organisations


def own(actor: Actor) -> QuerySet[Lot]:
    """Newest first."""
    return Lot.objects.filter(organisation=actor.organisation).order_by("-listed_at", "-pk")


def own_one(actor: Actor, public_id: UUID) -> Lot:
    """NotFound for foreign ones as for absent ones."""
    found = own(actor).filter(public_id=public_id).first()
    if found is None:
        raise NotFound
    return found


def may_see_asks(actor: Actor) -> bool:
    """Verified buyers only, and nobody whose organisation or group holds a producer."""
    organisation = actor.organisation
    if not organisation.is_buyer or organisation.is_producer or organisation.verified_at is None:
        return False
    if organisation.group_id is None:
        return True
    group = Organisation.objects.filter(group=organisation.group_id, is_producer=True)
    return not group.exists()


def open_for_buyers(actor: Actor) -> QuerySet[Lot]:
    """Open lots of other verified organisations; nothing for an organisation not verified itself.

    Ask whether ``may_see_asks`` before showing an ask: the column is not even read otherwise.
    """
    if actor.organisation.verified_at is None:
        return Lot.objects.none()
    found = (
        Lot.objects.filter(
            state=ListingState.OPEN.value,
            organisation__verified_at__isnull=False,
            quantity_kg__gt=F("reserved_kg") + F("sold_kg"),
        )
        .exclude(organisations.relatives(actor.organisation))
        .exclude(excluded_buyers=actor.organisation)
        .order_by("-listed_at", "-pk")
    )
    return found if may_see_asks(actor) else found.defer("ask_premium")


def visible_one(actor: Actor, public_id: UUID) -> Lot:
    """An own lot or one open to the reader; NotFound otherwise."""
    found = open_for_buyers(actor).filter(public_id=public_id).first()
    return found if found is not None else own_one(actor, public_id)

"""Smelters and casthouses of the own organisation."""

from uuid import UUID

from django.db.models import QuerySet

from marketplace.models import Site
from marketplace.models.actors import Actor
from marketplace.selectors.finding import one_of


def own(actor: Actor) -> QuerySet[Site]:
    return Site.objects.filter(organisation=actor.organisation).order_by("name", "pk")


def own_one(actor: Actor, public_id: UUID) -> Site:
    return one_of(own(actor), public_id)

"""Smelters and casthouses of the own organisation."""

from django.db.models import QuerySet

from marketplace.models import Site
from marketplace.models.actors import Actor


def own(actor: Actor) -> QuerySet[Site]:
    return Site.objects.filter(organisation=actor.organisation).order_by("name", "pk")

"""Certificates of the own organisation: balances are their owner's."""

from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from marketplace.domain.vocabulary import CertificateState
from marketplace.models import Certificate
from marketplace.models.actors import Actor
from marketplace.selectors.finding import one_of


def own(actor: Actor) -> QuerySet[Certificate]:
    """Newest first."""
    found = Certificate.objects.filter(organisation=actor.organisation)
    return found.select_related("site").order_by("-created_at", "-pk")


def own_one(actor: Actor, public_id: UUID) -> Certificate:
    return one_of(own(actor), public_id)


def usable(actor: Actor, today: date) -> QuerySet[Certificate]:
    """Own verified ones that are not expired: what a new lot may name."""
    return own(actor).filter(state=CertificateState.VERIFIED.value, valid_to__gte=today)

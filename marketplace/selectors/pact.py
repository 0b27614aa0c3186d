"""What an organisation set up for the exchange of footprints, and what it read of others."""

from django.db.models import QuerySet

from marketplace.models import FootprintStatement, PactClient, PactEvent, ReadFootprint
from marketplace.models.actors import Actor


def client_of(actor: Actor) -> PactClient | None:
    return PactClient.objects.filter(organisation=actor.organisation).first()


def statement_of(actor: Actor) -> FootprintStatement | None:
    return FootprintStatement.objects.filter(organisation=actor.organisation).first()


def exchanged(actor: Actor) -> QuerySet[PactEvent]:
    """Newest first, in both directions."""
    return PactEvent.objects.filter(client__organisation=actor.organisation).order_by("-pk")


def read_by(actor: Actor) -> QuerySet[ReadFootprint]:
    return ReadFootprint.objects.filter(organisation=actor.organisation)

"""Messages of a proposal, as one of its two sides reads them."""

from django.db.models import Case, CharField, F, QuerySet, Value, When
from django.db.models.functions import Coalesce

from marketplace.models import Message, Proposal
from marketplace.models.actors import Actor


def of(actor: Actor, proposal: Proposal) -> QuerySet[Message]:
    """Oldest first, with ``who``: people by name on the reader's own side only, "" elsewhere.

    ``proposal`` is one that the reader may see.
    """
    own = When(organisation=actor.organisation, then=F("written_by__name"))
    who = Coalesce(Case(own, default=Value(""), output_field=CharField()), Value(""))
    found = Message.objects.filter(proposal=proposal).select_related("organisation")
    return found.annotate(who=who).order_by("pk")

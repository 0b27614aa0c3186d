"""API keys as their holders see them; of the key itself nothing is kept but a hash."""

from django.db.models import QuerySet

from marketplace.domain.vocabulary import Role
from marketplace.models import ApiKey
from marketplace.models.actors import Actor


def visible(actor: Actor) -> QuerySet[ApiKey]:
    """For this organisation: one's own, and for an owner everybody's; newest first."""
    found = ApiKey.objects.filter(organisation=actor.organisation).select_related("user")
    if actor.role is not Role.OWNER:
        found = found.filter(user=actor.user)
    return found.order_by("-created_at", "-pk")

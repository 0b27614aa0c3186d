"""For whom a signed-in user acts."""

from uuid import UUID

from marketplace.domain.vocabulary import Role
from marketplace.models import Membership, User
from marketplace.models.actors import Actor


def for_user(user: User, organisation_public_id: UUID | str | None = None) -> Actor | None:
    """The named organisation if the user is its member, else the first one; None without any."""
    own = Membership.objects.filter(user=user).select_related("organisation__group").order_by("pk")
    memberships = list(own)
    if not memberships:
        return None
    named = [
        one
        for one in memberships
        if str(one.organisation.public_id) == str(organisation_public_id or "")
    ]
    chosen = (named or memberships)[0]
    return Actor(user, chosen.organisation, Role(chosen.role))

"""For whom a signed-in user acts."""

from collections.abc import Sequence
from uuid import UUID

from marketplace.domain.vocabulary import Role
from marketplace.models import Membership, Organisation, User
from marketplace.models.actors import Actor


def memberships(user: User) -> list[Membership]:
    """With their organisations and groups; the oldest first."""
    own = Membership.objects.filter(user=user).select_related("organisation__group")
    return list(own.order_by("pk"))


def for_user(user: User, organisation_public_id: UUID | str | None = None) -> Actor | None:
    """The named organisation if the user is its member, else the first one; None without any."""
    return chosen(user, memberships(user), organisation_public_id)


def still_acting(user: User, organisation: Organisation) -> Actor | None:
    """For work done later in somebody's name: None for who has left, or may not sign in."""
    actor = for_user(user, organisation.public_id)
    if actor is None or actor.organisation != organisation or not user.is_active:
        return None
    return actor


def chosen(
    user: User, own: Sequence[Membership], organisation_public_id: UUID | str | None
) -> Actor | None:
    """``for_user`` where the user's memberships were read already."""
    if not own:
        return None
    wanted = str(organisation_public_id or "")
    named = [one for one in own if str(one.organisation.public_id) == wanted]
    found = (named or own)[0]
    return Actor(user, found.organisation, Role(found.role))

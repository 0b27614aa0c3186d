"""The people of an organisation, and whom it invited."""

import hashlib
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from marketplace.domain.errors import NotFound
from marketplace.domain.vocabulary import Role
from marketplace.models import Invitation, Membership, User
from marketplace.models.actors import Actor
from marketplace.selectors.finding import one_of


def of(actor: Actor) -> QuerySet[Membership]:
    """By name; who may no longer sign in included, for an owner to remove."""
    own = Membership.objects.filter(organisation=actor.organisation).select_related("user")
    return own.order_by("user__name", "user__email")


def one(actor: Actor, user: UUID) -> Membership:
    """Raises NotFound for who is no member of the own organisation."""
    found = of(actor).filter(user__public_id=user).first()
    if found is None:
        raise NotFound
    return found


def invitations(actor: Actor) -> QuerySet[Invitation]:
    """Neither accepted nor revoked, newest first; owners only, the expired among them."""
    if actor.role is not Role.OWNER:
        return Invitation.objects.none()
    rows = Invitation.objects.filter(
        organisation=actor.organisation, accepted_at__isnull=True, revoked_at__isnull=True
    )
    return rows.order_by("-created_at", "-pk")


def invitation(actor: Actor, public_id: UUID) -> Invitation:
    return one_of(invitations(actor), public_id)


def invited(user: User, now: datetime) -> QuerySet[Invitation]:
    """What a user may accept: their address is confirmed, else they would not be signed in."""
    rows = Invitation.objects.filter(
        email=user.email, accepted_at__isnull=True, revoked_at__isnull=True, expires_at__gt=now
    )
    return rows.select_related("organisation", "invited_by").order_by("pk")


def by_token(user: User, token: str, now: datetime) -> Invitation:
    """Raises NotFound for a wrong, used or expired link, and for somebody else's."""
    found = invited(user, now).filter(token_sha256=hashed(token)).first()
    if found is None:
        raise NotFound
    return found


def hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

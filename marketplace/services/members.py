"""Who belongs to an organisation: invited, accepted, given another role, removed."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext

from marketplace.domain.errors import Conflict, FieldError, InvalidInput, NotFound, gettext_noop
from marketplace.domain.vocabulary import Role
from marketplace.models import ApiKey, Invitation, Membership, User
from marketplace.models.actors import Actor
from marketplace.selectors import members
from marketplace.services import authority, letters, locks, users
from marketplace.services.constraints import one_transaction

OPEN_FOR = timedelta(days=7)
MOST_A_DAY, A_DAY = 50, timedelta(days=1)
ROLE_UNKNOWN = gettext_noop("Choose one of these.")
MEMBER_ALREADY = gettext_noop("This person is a member already.")
TOO_MANY = gettext_noop("So many invitations went out within a day: go on tomorrow.")
LAST_OWNER = gettext_noop("This is the last owner: make somebody else an owner first.")


@one_transaction
def invite(*, by: Actor, raw: Mapping[str, object], now: datetime) -> Invitation:
    """Ask an address to join, by a letter with a link that works once, for seven days.

    An open invitation of the same address is revoked: its link works no more. Raises InvalidInput
    for an address that is none, or is a member's, and for a role that is not known; Conflict after
    50 within a day, so that nobody writes to strangers by way of this site.
    """
    authority.owner(by)
    email, role = str(raw.get("email", "")).strip().lower(), str(raw.get("role", ""))
    locks.organisations([by.organisation.pk])
    _refuse(by, email, role)
    members.invitations(by).filter(email=email).update(revoked_at=now)
    sent = Invitation.objects.filter(organisation=by.organisation, created_at__gt=now - A_DAY)
    if sent.count() >= MOST_A_DAY:
        raise Conflict(TOO_MANY)
    token = secrets.token_urlsafe(32)
    made = Invitation.objects.create(
        organisation=by.organisation,
        email=email,
        role=role,
        token_sha256=members.hashed(token),
        invited_by=by.user,
        created_at=now,
        expires_at=now + OPEN_FOR,
    )
    _write(made, token, now)
    return made


@one_transaction
def revoke(*, by: Actor, public_id: UUID, now: datetime) -> None:
    authority.owner(by)
    found = members.invitation(by, public_id)
    ended = Invitation.objects.filter(pk=found.pk, accepted_at__isnull=True, revoked_at=None)
    if not ended.update(revoked_at=now):
        raise Conflict


@one_transaction
def accept(*, by: User, public_id: UUID, now: datetime) -> Membership:
    """Join. Raises NotFound for an invitation that is not the user's own, or not open any more."""
    own = members.invited(by, now).filter(public_id=public_id)
    found = own.select_for_update(no_key=True, of=("self",)).first()
    if found is None:
        raise NotFound
    Invitation.objects.filter(pk=found.pk).update(accepted_at=now)
    return Membership.objects.create(organisation=found.organisation, user=by, role=found.role)


@one_transaction
def change_role(*, by: Actor, user: UUID, role: str, now: datetime) -> Membership:
    """Raises Conflict for the last owner, InvalidInput for a role that is not known."""
    authority.owner(by)
    locks.organisations([by.organisation.pk])
    found = members.one(by, user)
    if role not in {known.value for known in Role}:
        raise InvalidInput([FieldError("role", role[:20], "unknown", ROLE_UNKNOWN)])
    if role != Role.OWNER.value:
        _keep_an_owner(found)
    found.role = role
    found.save(update_fields=["role"])
    return found


@one_transaction
def remove(*, by: Actor, user: UUID, now: datetime) -> None:
    """End a membership and the keys that act for it: an owner anybody's, everybody their own."""
    if user != by.user.public_id:
        authority.owner(by)
    locks.organisations([by.organisation.pk])
    found = members.one(by, user)
    _keep_an_owner(found)
    keys = ApiKey.objects.filter(user=found.user, organisation=by.organisation)
    keys.filter(revoked_at__isnull=True).update(revoked_at=now)
    found.delete()


def _keep_an_owner(leaving: Membership) -> None:
    """Under the organisation's lock. An owner who may not sign in owns nothing."""
    others = Membership.objects.filter(
        organisation=leaving.organisation, role=Role.OWNER.value, user__is_active=True
    ).exclude(pk=leaving.pk)
    if leaving.role == Role.OWNER.value and not others.exists():
        raise Conflict(LAST_OWNER)


def _refuse(by: Actor, email: str, role: str) -> None:
    errors = []
    try:
        validate_email(email)
    except ValidationError:
        errors.append(FieldError("email", email[:254], "invalid", users.NO_ADDRESS))
    if role not in {known.value for known in Role}:
        errors.append(FieldError("role", role[:20], "unknown", ROLE_UNKNOWN))
    if members.of(by).filter(user__email=email).exists():
        errors.append(FieldError("email", email[:254], "member", MEMBER_ALREADY))
    if errors:
        raise InvalidInput(errors)


def _write(made: Invitation, token: str, now: datetime) -> None:
    """In the language of who invites: the other's is not known."""
    context = {"invitation": made, "url": f"{settings.SITE_URL}{reverse('join', args=[token])}"}
    letters.post(
        to=made.email,
        subject=gettext("Invitation to the Green Premium Marketplace"),
        body=render_to_string("marketplace/mail/invitation.txt", context),
        now=now,
    )

"""API keys: shown once, kept as a hash."""

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from marketplace.domain.errors import NotAllowed, NotFound
from marketplace.domain.vocabulary import Role
from marketplace.models import ApiKey, Membership, Organisation, User
from marketplace.models.actors import Actor
from marketplace.services.constraints import one_transaction

LAST_USE_STEP = timedelta(minutes=1)


@one_transaction
def issue(*, user: User, organisation: Organisation | None, now: datetime) -> str:
    """A new key ``gpm_<prefix>_<secret>`` in plain text: the only time that it can be read."""
    if organisation is None and not user.is_staff:
        raise NotAllowed
    if organisation is not None and _membership(user.pk, organisation.pk) is None:
        raise NotAllowed
    prefix = secrets.token_hex(4)
    key = f"gpm_{prefix}_{secrets.token_urlsafe(32)}"
    ApiKey.objects.create(
        user=user,
        organisation=organisation,
        prefix=prefix,
        key_sha256=_hash(key),
        created_at=now,
    )
    return key


def authenticate(*, key: str, now: datetime) -> Actor | User | None:
    """The key's actor; for a market admin's own key the user; None for unknown or revoked ones."""
    found = (
        ApiKey.objects.select_related("user", "organisation")
        .filter(key_sha256=_hash(key), revoked_at__isnull=True, user__is_active=True)
        .first()
    )
    if found is None:
        return None
    _note_use(found, now)
    if found.organisation is None:
        return found.user if found.user.is_staff else None
    membership = _membership(found.user_id, found.organisation.pk)
    if membership is None:
        return None
    return Actor(found.user, found.organisation, Role(membership.role))


@one_transaction
def revoke(*, public_id: UUID, by: User, now: datetime) -> None:
    """One's own key, or any for a market admin; twice is once."""
    keys = ApiKey.objects.filter(public_id=public_id)
    if not by.is_staff:
        keys = keys.filter(user=by)
    if not keys.exists():
        raise NotFound
    keys.filter(revoked_at__isnull=True).update(revoked_at=now)


def _membership(user_id: int, organisation_id: int) -> Membership | None:
    return Membership.objects.filter(user=user_id, organisation=organisation_id).first()


def _note_use(found: ApiKey, now: datetime) -> None:
    """To the minute: a write at every request would make readers wait for each other."""
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - LAST_USE_STEP)
    ApiKey.objects.filter(stale, pk=found.pk).update(last_used_at=now)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()

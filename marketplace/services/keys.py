"""API keys: shown once, kept as a hash; they look only or trade, end by themselves, are revoked."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from marketplace.domain.errors import Conflict, NotAllowed, NotFound, gettext_noop
from marketplace.domain.fields import Reader
from marketplace.domain.vocabulary import KeyScope, Role
from marketplace.models import ApiKey, Membership, Organisation, User
from marketplace.models.actors import Actor
from marketplace.selectors import keys as selectors
from marketplace.services import locks
from marketplace.services.constraints import one_transaction

LAST_USE_STEP = timedelta(minutes=1)
NAME_LENGTH, MOST_KEYS, MOST_DAYS = 80, 20, "366"
TOO_MANY = gettext_noop("You have {most} keys that live: revoke one first.")


@dataclass(frozen=True)
class Issued:
    """``key`` in plain text: the only time that it can be read."""

    row: ApiKey
    key: str


@one_transaction
def issue(*, user: User, organisation: Organisation | None, now: datetime) -> str:
    """A new key of an operator's making: all that its holder may do, for ever."""
    if organisation is None and not user.is_staff:
        raise NotAllowed
    if organisation is not None and _membership(user.pk, organisation.pk) is None:
        raise NotAllowed
    return _issue(user, organisation, now=now).key


@one_transaction
def create(*, by: Actor, raw: Mapping[str, object], now: datetime) -> Issued:
    """A member makes a key of its own, for at most a year. InvalidInput names each broken rule."""
    row = Reader(raw)
    name = row.text("name", limit=NAME_LENGTH, required=True)
    scope = row.code("scope", KeyScope, required=True)
    days = row.scaled("days", "1", MOST_DAYS, decimals=0, required=True)
    row.finish()
    assert scope is not None and days is not None
    locks.organisations([by.organisation.pk])
    own = ApiKey.objects.filter(user=by.user, organisation=by.organisation)
    if own.filter(_lives(now)).count() >= MOST_KEYS:
        raise Conflict(TOO_MANY, most=str(MOST_KEYS))
    return _issue(
        by.user, by.organisation, now=now, name=name, scope=scope, ends=now + timedelta(days=days)
    )


def authenticate(*, key: str, now: datetime) -> Actor | User | None:
    """The key's actor; for a market admin's own key the user; None for one that does not live.

    A key that may only look acts as a viewer, whatever its holder's role.
    """
    found = (
        ApiKey.objects.select_related("user", "organisation")
        .filter(_lives(now), key_sha256=_hash(key), user__is_active=True)
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
    looks_only = found.scope == KeyScope.READ.value
    role = Role.VIEWER if looks_only else Role(membership.role)
    return Actor(found.user, found.organisation, role)


@one_transaction
def revoke(*, public_id: UUID, by: User, now: datetime) -> None:
    """One's own key, or any for a market admin; twice is once."""
    keys = ApiKey.objects.filter(public_id=public_id)
    _revoke(keys if by.is_staff else keys.filter(user=by), now)


@one_transaction
def revoke_of(*, by: Actor, public_id: UUID, now: datetime) -> None:
    """One's own key; an owner's also any other of the organisation. At once, and twice is once."""
    _revoke(selectors.visible(by).filter(public_id=public_id), now)


def _revoke(keys: QuerySet[ApiKey], now: datetime) -> None:
    if not keys.exists():
        raise NotFound
    keys.filter(revoked_at__isnull=True).update(revoked_at=now)


def _issue(
    user: User,
    organisation: Organisation | None,
    *,
    now: datetime,
    name: str = "",
    scope: KeyScope = KeyScope.TRADE,
    ends: datetime | None = None,
) -> Issued:
    """``gpm_<prefix>_<secret>``."""
    prefix = secrets.token_hex(4)
    key = f"gpm_{prefix}_{secrets.token_urlsafe(32)}"
    row = ApiKey.objects.create(
        user=user,
        organisation=organisation,
        prefix=prefix,
        key_sha256=_hash(key),
        name=name,
        scope=scope.value,
        created_at=now,
        expires_at=ends,
    )
    return Issued(row, key)


def _lives(now: datetime) -> Q:
    return Q(revoked_at__isnull=True) & (Q(expires_at__isnull=True) | Q(expires_at__gt=now))


def _membership(user_id: int, organisation_id: int) -> Membership | None:
    return Membership.objects.filter(user=user_id, organisation=organisation_id).first()


def _note_use(found: ApiKey, now: datetime) -> None:
    """To the minute: a write at every request would make readers wait for each other."""
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - LAST_USE_STEP)
    ApiKey.objects.filter(stale, pk=found.pk).update(last_used_at=now)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()

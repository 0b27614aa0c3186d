"""People who sign in."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.contrib.auth.password_validation import validate_password
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from marketplace.domain.errors import (
    Conflict,
    FieldError,
    InvalidInput,
    NotAllowed,
    NotFound,
    gettext_noop,
)
from marketplace.domain.vocabulary import Role
from marketplace.models import (
    ApiKey,
    Invitation,
    Letter,
    Membership,
    Notification,
    NotificationChoice,
    Organisation,
    User,
)
from marketplace.services import authority
from marketplace.services.constraints import one_transaction

CHUNK = 2_000
ERASED = gettext_noop("This person is erased already.")
NOT_ONESELF = gettext_noop("Nobody erases themselves: another admin does it.")
NO_RIGHT = gettext_noop("Only an admin with every right may do this to an admin.")
NO_ADDRESS = gettext_noop("This is not an e-mail address.")
WEAK_PASSWORD = gettext_noop("Choose a longer, less common password of 12 characters or more.")


@one_transaction
def create_user(*, email: str, password: str, name: str, is_staff: bool = False) -> User:
    """Raises InvalidInput for an address that is none or is taken, or a weak password."""
    address, errors = email.strip().lower(), []
    try:
        validate_email(address)
    except ValidationError:
        errors.append(FieldError("email", email, "invalid", NO_ADDRESS))
    try:
        validate_password(password, User(email=address, name=name))
    except ValidationError:
        errors.append(FieldError("password", "", "weak", WEAK_PASSWORD))
    if errors:
        raise InvalidInput(errors)
    return User.objects.create_user(address, password, name=name.strip(), is_staff=is_staff)


@dataclass(frozen=True)
class Erased:
    """The user as it is kept, and the organisations that have no owner any more."""

    user: User
    without_owner: list[Organisation]


@one_transaction
def erase(*, public_id: UUID, by: User, now: datetime) -> Erased:
    """Remove what says who a person is, and end all access; for good.

    The row stays under a name of no meaning: what the organisation did names it, and stays true.
    """
    authority.admin(by)
    user = User.objects.select_for_update(no_key=True).filter(public_id=public_id).first()
    if user is None:
        raise NotFound
    _refuse_erasure(user, by)
    owned = Membership.objects.filter(user=user, role=Role.OWNER.value)
    organisations = list(Organisation.objects.filter(memberships__in=owned).order_by("name_key"))
    Letter.objects.filter(to=user.email).delete()
    Invitation.objects.filter(email=user.email).delete()
    told = (Membership, Notification, NotificationChoice, EmailAddress, Authenticator, UserSession)
    for rows in told:
        rows._default_manager.filter(user=user).delete()
    ApiKey.objects.filter(user=user, revoked_at__isnull=True).update(revoked_at=now)
    Session.objects.filter(pk__in=list(_sessions(user))).delete()
    _rename(user, now)
    owners = Membership.objects.filter(role=Role.OWNER.value, organisation__in=organisations)
    kept = set(owners.values_list("organisation_id", flat=True))
    return Erased(user, [one for one in organisations if one.pk not in kept])


@one_transaction
def remove_second_factor(*, public_id: UUID, by: User) -> User:
    """For who lost the phone and every recovery code: the password alone signs in again."""
    authority.admin(by)
    user = User.objects.filter(public_id=public_id, erased_at__isnull=True).first()
    if user is None:
        raise NotFound
    if user.is_staff and not by.is_superuser:
        raise NotAllowed(NO_RIGHT)
    Authenticator.objects.filter(user=user).delete()
    Session.objects.filter(pk__in=list(_sessions(user))).delete()
    return user


def _refuse_erasure(user: User, by: User) -> None:
    if user.erased_at is not None:
        raise Conflict(ERASED)
    if user.pk == by.pk:
        raise NotAllowed(NOT_ONESELF)
    if user.is_staff and not by.is_superuser:
        raise NotAllowed(NO_RIGHT)


def _rename(user: User, now: datetime) -> None:
    user.email, user.name = f"erased-{user.public_id}@erased.invalid", ""
    user.set_unusable_password()
    user.is_active = user.is_staff = user.is_superuser = False
    user.erased_at = now
    user.save()
    user.groups.clear()
    user.user_permissions.clear()
    # The admin site's own log calls each row as it was called at the time.
    kind = ContentType.objects.get_for_model(User)
    LogEntry.objects.filter(content_type=kind, object_id=str(user.pk)).update(
        object_repr=user.email
    )


def _sessions(user: User) -> Iterator[str]:
    """Keys of the user's sessions. Whose a session is stands inside it, so all of them are read."""
    for session in Session.objects.order_by("pk").iterator(CHUNK):
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            yield session.pk

"""Accepting the market's terms for an organisation."""

from datetime import datetime

from marketplace.domain.errors import Conflict, NotAllowed, gettext_noop
from marketplace.models import Organisation, TermsAcceptance, User
from marketplace.models.actors import Actor
from marketplace.selectors import terms
from marketplace.services import authority
from marketplace.services.constraints import one_transaction

CHANGED = gettext_noop("The terms changed meanwhile. Read their new version.")


@one_transaction
def accept(*, by: Actor, version: str, now: datetime) -> None:
    """An owner accepts the version that they read. Conflict: it is not the one of today.

    Accepting again changes nothing: the first acceptance of a version stays.
    """
    authority.owner(by)
    if version != terms.version():
        raise Conflict(CHANGED)
    record(organisation=by.organisation, user=by.user, version=version, now=now)


def record(*, organisation: Organisation, user: User, version: str, now: datetime) -> None:
    """In the caller's transaction."""
    if not user.is_active:
        raise NotAllowed
    TermsAcceptance.objects.bulk_create(
        [TermsAcceptance(organisation=organisation, user=user, version=version, at=now)],
        ignore_conflicts=True,
    )

"""An admin reads a buyer's limit: by a permission of its own, with a reason, and not unseen."""

from datetime import datetime
from uuid import UUID

from marketplace.domain.errors import NotAllowed, gettext_noop
from marketplace.models import Requirement, Reveal, User
from marketplace.selectors.finding import one_of
from marketplace.services import authority, reading
from marketplace.services.constraints import one_transaction

PERMISSION = "marketplace.reveal_limit"
NOT_YOURS = gettext_noop("Reading a buyer's limit needs a permission of its own.")
OWN_REQUIREMENT = gettext_noop("Nobody reads a limit of their own organisation as an admin.")
NEEDS_REASON = gettext_noop("Say why: the buyer reads it.")


@one_transaction
def limit(*, public_id: UUID, by: User, reason: str, now: datetime) -> Requirement:
    """The requirement with its limit and internal carbon price; the reading is kept for good."""
    authority.admin(by)
    if not by.has_perm(PERMISSION):
        raise NotAllowed(NOT_YOURS)
    why = reading.reason(reason, NEEDS_REASON)
    found = one_of(Requirement.objects.select_related("organisation"), public_id)
    authority.impartial_admin(by, found.organisation, OWN_REQUIREMENT)
    Reveal.objects.create(requirement=found, by=by, reason=why, at=now)
    return found

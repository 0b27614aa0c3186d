"""A second person for large acceptances, where an organisation's owners ask for one."""

from collections.abc import Mapping
from datetime import datetime

from marketplace.domain.errors import Conflict, gettext_noop
from marketplace.domain.fields import Reader
from marketplace.domain.vocabulary import Side
from marketplace.models import Approval, Organisation, Proposal
from marketplace.models.actors import Actor
from marketplace.selectors import approvals
from marketplace.services import authority, locks, news
from marketplace.services.constraints import one_transaction

ANOTHER = gettext_noop("You accepted already: a second person of your organisation has to as well.")
NOBODY = gettext_noop(
    "So many tonnes need a second trader or owner to accept, and your organisation has none."
)


@one_transaction
def choose_limit(*, by: Actor, raw: Mapping[str, object], now: datetime) -> Organisation:
    """``approval_above_t``: acceptances above it need two people; empty turns that off.

    Raises InvalidInput for what is no tonnage of up to three decimals.
    """
    authority.owner(by)
    row = Reader(raw)
    limit = row.kilograms("approval_above_t")
    row.finish()
    held = locks.organisations([by.organisation.pk])[by.organisation.pk]
    held.approval_above_kg = limit
    held.save(update_fields=["approval_above_kg"])
    return held


def waits(*, by: Actor, proposal: Proposal, side: Side, now: datetime) -> bool:
    """Whether this acceptance only asks for a second one. Under the lock of the whole bundle.

    Conflict when the same person comes again, and where nobody else could accept.
    """
    organisation = Organisation.objects.get(pk=by.organisation.pk)
    limit = organisation.approval_above_kg
    if limit is None or approvals.own_kg(by, proposal) <= limit:
        return False
    asked = approvals.waiting(by, proposal)
    if asked is None:
        _ask(by, proposal, side, now)
        return True
    if asked.asked_by_id == by.user.pk:
        raise Conflict(ANOTHER)
    asked.approved_by, asked.approved_at = by.user, now
    asked.save(update_fields=["approved_by", "approved_at"])
    return False


def _ask(by: Actor, proposal: Proposal, side: Side, now: datetime) -> None:
    """Keep it and tell the others. Whoever asked before and left is replaced."""
    others = approvals.traders(by.organisation).exclude(user=by.user)
    readers = list(others.order_by("user").values_list("user", flat=True))
    if not readers:
        raise Conflict(NOBODY)
    asked, _created = Approval.objects.update_or_create(
        organisation=by.organisation,
        scope=approvals.scope(proposal, side),
        defaults={"proposal": proposal, "asked_by": by.user, "asked_at": now},
    )
    kg = approvals.own_kg(by, proposal)
    news.approval_asked(asked, kg=kg, readers=readers, now=now)

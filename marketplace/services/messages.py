"""Writing to the other side of a proposal. What was written stays as it is."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from marketplace.domain import messages as rules
from marketplace.domain.errors import Conflict, NotAllowed, gettext_noop
from marketplace.domain.vocabulary import Event
from marketplace.models import Message
from marketplace.models.actors import Actor
from marketplace.selectors import proposals
from marketplace.services import authority, locks, notifications
from marketplace.services.constraints import one_transaction

AN_HOUR = timedelta(hours=1)
TOO_MANY = gettext_noop("Your organisation wrote {most} messages within an hour: go on later.")


@one_transaction
def write(*, by: Actor, proposal: UUID, text: str, now: datetime) -> Message:
    """Leave a message for the other side, which is told of it, but not its words by e-mail.

    Open to traders of both sides also after the proposal has ended, and while trading is paused:
    what is paused then has to be talked about. Raises InvalidInput for what is no plain text.
    """
    found = proposals.own_one(by, proposal)
    authority.trader(by)
    if by.organisation.suspended_at is not None:
        raise NotAllowed(authority.SUSPENDED, reason=by.organisation.suspended_reason)
    told = rules.read(text)
    locks.organisations([by.organisation.pk])
    recent = Message.objects.filter(organisation=by.organisation, written_at__gt=now - AN_HOUR)
    if recent.count() >= settings.MESSAGES_PER_HOUR:
        raise Conflict(TOO_MANY, most=str(settings.MESSAGES_PER_HOUR))
    message = Message.objects.create(
        proposal=found,
        organisation=by.organisation,
        written_by=by.user,
        text=told,
        written_at=now,
    )
    sides = {found.lot.organisation_id, found.requirement.organisation_id}
    notifications.tell(
        organisations=sides - {by.organisation.pk},
        event=Event.MESSAGE_WRITTEN,
        key=f"message:{message.pk}",
        params={"other": by.organisation.name},
        path=f"/proposals/{found.public_id}",
        now=now,
    )
    return message

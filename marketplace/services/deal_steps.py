"""What every verb about a concluded deal shares: find and lock it, change it, tell its sides."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import F

from marketplace.domain.errors import Conflict, NotAllowed, NotFound, gettext_noop
from marketplace.domain.vocabulary import DealState, Event
from marketplace.models import Deal, User
from marketplace.models.actors import Actor
from marketplace.selectors import deals as selectors
from marketplace.services import authority, locks
from marketplace.services.notifications import Notice

CHANGED = {
    DealState.CONFIRMED.value: gettext_noop("This deal is confirmed and not delivered yet."),
    DealState.DELIVERED.value: gettext_noop("This deal is delivered already."),
    DealState.CANCELLED.value: gettext_noop("This deal is cancelled."),
}
NO_CANCELLATION: Mapping[str, Any] = {"cancellation_asked_by": None, "cancellation_reason": ""}


def performer(by: Actor) -> None:
    """Who fulfils a deal: a pause of trading stops new deals, not what was agreed already."""
    authority.trader(by)
    if by.organisation.suspended_at is not None:
        raise NotAllowed(authority.SUSPENDED, reason=by.organisation.suspended_reason)


def impartial(by: User, deal: Deal) -> None:
    """A market admin who belongs to neither side."""
    for party in (deal.producer, deal.buyer):
        authority.impartial_admin(by, party, authority.OWN_DEAL)


def own(by: Actor, public_id: UUID) -> Deal:
    return selectors.own_one(by, public_id)


def anyone(public_id: UUID) -> Deal:
    """For admins: a deal of whichever parties."""
    found = selectors.every().filter(public_id=public_id).first()
    if found is None:
        raise NotFound
    return found


def lock(found: Deal, *, version: int | None = None, with_requirement: bool = False) -> Deal:
    """The deal under lock, its lot (and requirement) before it; a Conflict when it moved on.

    The lot's lock comes first in every verb, so that a revocation and a verb meet there.
    """
    locks.lots([found.proposal.lot_id])
    if with_requirement:
        locks.requirements([found.proposal.requirement_id])
    deal = locks.deals([found.pk])[found.pk]
    if version is not None and deal.version != version:
        raise Conflict
    return deal


def expect(deal: Deal, state: DealState) -> None:
    if deal.state != state.value:
        raise Conflict(CHANGED[deal.state])


def change(deal: Deal, **columns: Any) -> Deal:
    """Write the columns if the deal is still as it was read; zero rows are a Conflict."""
    changed = Deal.objects.filter(pk=deal.pk, version=deal.version, state=deal.state).update(
        **columns, version=F("version") + 1
    )
    if not changed:
        raise Conflict
    deal.refresh_from_db()
    return deal


def to_both(deal: Deal, event: Event, **params: str) -> list[Notice]:
    return [to_side(deal, event, party, **params) for party in (deal.producer_id, deal.buyer_id)]


def to_side(deal: Deal, event: Event, organisation_id: int, **params: str) -> Notice:
    """Once for each version of the deal: a step that runs twice tells nobody twice."""
    return Notice(
        organisations=(organisation_id,),
        event=event,
        key=f"{event.value.lower()}:{deal.pk}:{deal.version}",
        params={"number": deal.number, **params},
        path=f"/deals/{deal.public_id}",
    )

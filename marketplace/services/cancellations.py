"""Undoing a confirmed deal: agreed by both sides, or decided by an admin. Reversed, not deleted."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from django.db.models import F

from marketplace.domain.errors import Conflict, NotAllowed, gettext_noop
from marketplace.domain.vocabulary import (
    CertificateState,
    DealState,
    Event,
    LedgerAccount,
    ListingState,
)
from marketplace.domain.webhooks import EventType
from marketplace.models import Certificate, Deal, Lot, Requirement, User
from marketplace.models.actors import Actor
from marketplace.selectors import positions
from marketplace.services import (
    authority,
    deal_steps,
    events,
    ledger,
    locks,
    notifications,
    outbox,
    reading,
)
from marketplace.services.constraints import one_transaction

DELIVERED = gettext_noop("This deal is delivered: it is history and cannot be cancelled.")
ASKED_ALREADY = gettext_noop("One side has asked to cancel this deal already.")
NOBODY_ASKS = gettext_noop("Nobody asks to cancel this deal at the moment.")
OTHER_SIDE_ANSWERS = gettext_noop("Your side asked; the other side answers.")
NOT_YOURS_TO_TAKE_BACK = gettext_noop("The other side asked; only it can take that back.")


@one_transaction
def ask(
    *, by: Actor, public_id: UUID, reason: str, version: int | None = None, now: datetime
) -> Deal:
    """One side asks the other to cancel; nothing changes until it agrees."""
    reason = reading.reason(reason)
    deal = _confirmed(by, public_id, version)
    if deal.cancellation_asked_by_id is not None:
        raise Conflict(ASKED_ALREADY)
    deal_steps.change(deal, cancellation_asked_by=by.organisation, cancellation_reason=reason)
    produces = deal.producer_id == by.organisation.pk
    other = deal.buyer_id if produces else deal.producer_id
    notifications.tell_many(
        [deal_steps.to_side(deal, Event.CANCELLATION_ASKED, other, why=reason)], now=now
    )
    return deal


@one_transaction
def agree(*, by: Actor, public_id: UUID, version: int | None = None, now: datetime) -> Deal:
    """The other side agrees: the deal is cancelled for the reason that was given."""
    deal = _asked_of(by, public_id, version)
    return _undo(deal, deal.cancellation_reason, by.user, now)


@one_transaction
def refuse(*, by: Actor, public_id: UUID, version: int | None = None, now: datetime) -> Deal:
    """The other side does not agree: the deal stands."""
    return deal_steps.change(_asked_of(by, public_id, version), **deal_steps.NO_CANCELLATION)


@one_transaction
def take_back(*, by: Actor, public_id: UUID, version: int | None = None, now: datetime) -> Deal:
    """The side that asked does not want it any more."""
    deal = _confirmed(by, public_id, version)
    if deal.cancellation_asked_by_id is None:
        raise Conflict(NOBODY_ASKS)
    if deal.cancellation_asked_by_id != by.organisation.pk:
        raise NotAllowed(NOT_YOURS_TO_TAKE_BACK)
    return deal_steps.change(deal, **deal_steps.NO_CANCELLATION)


@one_transaction
def decide(*, by: User, public_id: UUID, reason: str, now: datetime) -> Deal:
    """A market admin who belongs to neither side cancels the deal, with a reason."""
    reason = reading.reason(reason)
    found = deal_steps.anyone(public_id)
    deal_steps.impartial(by, found)
    return _undo(_lock_confirmed(found), reason, by, now)


def _confirmed(by: Actor, public_id: UUID, version: int | None) -> Deal:
    found = deal_steps.own(by, public_id)
    authority.trader(by)
    return _lock_confirmed(found, version)


def _lock_confirmed(found: Deal, version: int | None = None) -> Deal:
    deal = deal_steps.lock(found, version=version, with_requirement=True)
    if deal.state == DealState.DELIVERED.value:
        raise Conflict(DELIVERED)
    deal_steps.expect(deal, DealState.CONFIRMED)
    return deal


def _asked_of(by: Actor, public_id: UUID, version: int | None) -> Deal:
    deal = _confirmed(by, public_id, version)
    if deal.cancellation_asked_by_id is None:
        raise Conflict(NOBODY_ASKS)
    if deal.cancellation_asked_by_id == by.organisation.pk:
        raise NotAllowed(OTHER_SIDE_ANSWERS)
    return deal


def _undo(deal: Deal, reason: str, by: User, now: datetime) -> Deal:
    """Reverse what the conclusion posted; deal and proposal stay, as history."""
    deal_steps.change(
        deal,
        state=DealState.CANCELLED.value,
        state_reason=reason,
        closed_at=now,
        cancellation_asked_by=None,
    )
    proposal = deal.proposal
    target = _give_back_kilograms(proposal.lot_id, deal.quantity_kg, now)
    ledger.post_for_lot(
        lot_id=proposal.lot_id,
        source=LedgerAccount.SOLD,
        target=target,
        kg=deal.quantity_kg,
        proposal_id=proposal.pk,
        by=by,
        now=now,
    )
    _want_again(proposal.requirement_id, deal.quantity_kg, now)
    events.record([events.of_deal(deal, EventType.DEAL_CANCELLED)], now=now)
    notifications.tell_many(deal_steps.to_both(deal, Event.DEAL_CANCELLED, why=reason), now=now)
    outbox.request_round(now=now)
    return deal


def _give_back_kilograms(lot_id: int, kg: int, now: datetime) -> LedgerAccount:
    """To the lot, which may be sold again; else to its certificates. Where they went."""
    drawn = ledger.drawn_on([lot_id])[lot_id]
    backing = locks.certificates(drawn).values()
    rows = Lot.objects.filter(pk=lot_id)
    lot = rows.get()
    if _offered_again(lot, backing, now.date()):
        rows.update(sold_kg=F("sold_kg") - kg)
        rows.filter(state=ListingState.CLOSED.value).update(state=ListingState.OPEN.value)
        return LedgerAccount.LISTED
    rows.update(sold_kg=F("sold_kg") - kg, returned_kg=F("returned_kg") + kg)
    Certificate.objects.filter(pk__in=drawn).update(allocated_kg=F("allocated_kg") - kg)
    return LedgerAccount.FREE


def _offered_again(lot: Lot, backing: Collection[Certificate], today: date) -> bool:
    """Not withdrawn, its window not over, and each certificate behind it good on the day."""
    good = all(
        one.state == CertificateState.VERIFIED.value and one.valid_from <= today <= one.valid_to
        for one in backing
    )
    return lot.state != ListingState.WITHDRAWN.value and lot.window_end >= today and good


def _want_again(requirement_id: int, kg: int, now: datetime) -> None:
    """What was bought is wanted again; a requirement that was full opens while there is time."""
    rows = Requirement.objects.filter(pk=requirement_id)
    rows.update(bought_kg=F("bought_kg") - kg)
    wanted = rows.get()
    full = wanted.state == ListingState.CLOSED.value
    if full and wanted.window_end >= now.date() and not positions.is_filled(wanted):
        rows.update(state=ListingState.OPEN.value)

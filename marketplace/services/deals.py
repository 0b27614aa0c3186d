"""The deal: both accepted. Its record says everything that was compared, and is hashed."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import F, Q

from marketplace.domain import fields
from marketplace.domain.errors import Conflict, gettext_noop
from marketplace.domain.records import content_sha256
from marketplace.domain.vocabulary import (
    Event,
    LedgerAccount,
    ListingState,
    ProposalState,
)
from marketplace.domain.webhooks import EventType
from marketplace.models import Deal, Lot, Proposal, Requirement, User
from marketplace.selectors import positions
from marketplace.selectors.deals import UNSETTLED
from marketplace.services import (
    deal_records,
    deal_steps,
    events,
    ledger,
    locks,
    notifications,
    reading,
)
from marketplace.services.constraints import one_transaction

NOT_FLAGGED = gettext_noop("Nothing speaks against this deal.")


def conclude(*, proposal: Proposal, by: User | None, now: datetime) -> Deal:
    """Close a locked proposal that both sides accepted: deal, counters and ledger at once.

    ``by`` is None at a deadline. A bundle calls it for each member, in one transaction.
    """
    changed = Proposal.objects.filter(
        pk=proposal.pk, state=ProposalState.PROPOSED.value, version=proposal.version
    ).update(
        state=ProposalState.DEAL.value,
        producer_answer=proposal.producer_answer,
        buyer_answer=proposal.buyer_answer,
        closed_at=now,
    )
    if not changed:
        raise Conflict
    proposal.state, proposal.closed_at = ProposalState.DEAL.value, now
    kg = proposal.quantity_kg
    Lot.objects.filter(pk=proposal.lot_id).update(
        reserved_kg=F("reserved_kg") - kg, sold_kg=F("sold_kg") + kg
    )
    Requirement.objects.filter(pk=proposal.requirement_id).update(
        reserved_kg=F("reserved_kg") - kg, bought_kg=F("bought_kg") + kg
    )
    _close_what_is_full(proposal)
    ledger.post_for_lot(
        lot_id=proposal.lot_id,
        source=LedgerAccount.RESERVED,
        target=LedgerAccount.SOLD,
        kg=kg,
        proposal_id=proposal.pk,
        by=by,
        now=now,
    )
    deal = _write(proposal, now)
    events.record([events.of_deal(deal, EventType.DEAL_CREATED)], now=now)
    _tell_concluded(deal, now)
    return deal


def flag(*, lot_ids: Iterable[int], reason: str, now: datetime) -> int:
    """Mark deals over these lots for review, and tell both sides; how many.

    Confirmed ones, and delivered ones whose claim is not retired: a retired claim is history.
    The caller has locked the lots.
    """
    return _flag(Q(proposal__lot__in=set(lot_ids)), reason, now)


def flag_parties(*, organisation_ids: Iterable[int], reason: str, now: datetime) -> int:
    """The same for the deals of organisations, on whichever side.

    Call it where ``flag`` would stand in the order of locks: before certificates are locked.
    """
    parties = set(organisation_ids)
    return _flag(Q(producer__in=parties) | Q(buyer__in=parties), reason, now)


@one_transaction
def clear_flag(*, public_id: UUID, by: User, reason: str, now: datetime) -> Deal:
    """A market admin found that nothing speaks against the deal any more, and says why."""
    reason = reading.reason(reason)
    found = deal_steps.anyone(public_id)
    deal_steps.impartial(by, found)
    deal = deal_steps.lock(found)
    if deal.flagged_at is None:
        raise Conflict(NOT_FLAGGED)
    deal_steps.change(deal, flagged_at=None, flag_reason="", state_reason=reason)
    notifications.tell_many(deal_steps.to_both(deal, Event.DEAL_CLEARED, why=reason), now=now)
    return deal


def _flag(of: Q, reason: str, now: datetime) -> int:
    found = Deal.objects.filter(of, UNSETTLED, flagged_at__isnull=True)
    held = locks.deals(found.values_list("pk", flat=True))
    short = reason[: reading.REASON_LENGTH]
    marked = Deal.objects.filter(UNSETTLED, pk__in=held, flagged_at__isnull=True)
    keys = list(marked.values_list("pk", flat=True))
    Deal.objects.filter(pk__in=keys).update(
        flagged_at=now, flag_reason=short, version=F("version") + 1
    )
    flagged = Deal.objects.filter(pk__in=keys).order_by("pk")
    told = [
        notice
        for deal in flagged
        for notice in deal_steps.to_both(deal, Event.DEAL_FLAGGED, why=short)
    ]
    notifications.tell_many(told, now=now)
    return len(keys)


def _close_what_is_full(proposal: Proposal) -> None:
    closed = ListingState.CLOSED.value
    Lot.objects.filter(pk=proposal.lot_id, quantity_kg=F("sold_kg") + F("returned_kg")).update(
        state=closed
    )
    wanted = Requirement.objects.get(pk=proposal.requirement_id)
    if positions.is_filled(wanted):
        Requirement.objects.filter(pk=wanted.pk).update(state=closed)


def _tell_concluded(deal: Deal, now: datetime) -> None:
    tonnes = fields.tonnes(deal.quantity_kg)
    sides = ((deal.producer, deal.buyer), (deal.buyer, deal.producer))
    notifications.tell_many(
        [
            deal_steps.to_side(deal, Event.DEAL_CONCLUDED, one.pk, tonnes=tonnes, other=other.name)
            for one, other in sides
        ],
        now=now,
    )


def _write(proposal: Proposal, now: datetime) -> Deal:
    pk, number = deal_records.next_number(Deal, "GP", now)
    parties = Proposal.objects.select_related(
        "lot__organisation", "lot__site", "requirement__organisation"
    )
    whole = parties.get(pk=proposal.pk)
    record = deal_records.of_deal(whole, number, now)
    return Deal.objects.create(
        pk=pk,
        number=number,
        proposal=proposal,
        producer=whole.lot.organisation,
        buyer=whole.requirement.organisation,
        quantity_kg=whole.quantity_kg,
        premium=whole.ask_premium,
        premium_unit=whole.premium_unit,
        record=record,
        content_sha256=content_sha256(record),
        concluded_at=now,
    )

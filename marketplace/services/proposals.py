"""Proposals: opened by a round, answered by both sides, or ended. One transaction per verb."""

from datetime import datetime
from uuid import UUID

from django.db.models import F, Q, QuerySet

from marketplace.domain.errors import (
    Conflict,
    NotFound,
    gettext_noop,
)
from marketplace.domain.vocabulary import Answer, ListingState, ProposalState, Side
from marketplace.models import Lot, Organisation, Proposal, Requirement, User
from marketplace.models.actors import Actor
from marketplace.services import authority, bundles, closing, deals, locks, outbox, reading
from marketplace.services.bundles import BundleMember, Opened, open_bundles
from marketplace.services.closing import Step
from marketplace.services.constraints import one_transaction

__all__ = [
    "BundleMember",
    "Opened",
    "accept",
    "cancel",
    "decline",
    "expire",
    "expire_due",
    "open_bundles",
]

EXPIRIES_BEFORE_PAUSE = 3
BATCH = 500
NEEDS_REASON = gettext_noop("Say why: the other side's limits and yours would allow this.")
ANSWERED = gettext_noop("Your side has answered this proposal already.")
CLOSED = gettext_noop("This proposal is closed already.")
TOO_LATE = gettext_noop("The time to answer this proposal is over.")
CERTIFICATE_GONE = gettext_noop("A certificate behind this lot is not valid any more.")


@one_transaction
def accept(*, by: Actor, public_id: UUID, version: int | None = None, now: datetime) -> Proposal:
    """Accept for the own side; the second acceptance makes the deal in the same transaction."""
    proposal, side = _locked_for(by, public_id, version, now)
    if bundles.unbacked_lots([proposal.lot_id], now.date()):
        raise Conflict(CERTIFICATE_GONE)
    closing.record(proposal, Step("accepted", now, by.user, side))
    _set_answer(proposal, side, Answer.ACCEPTED)
    if proposal.producer_answer == proposal.buyer_answer == Answer.ACCEPTED.value:
        deals.conclude(proposal=proposal, by=by.user, now=now)
    else:
        _save_answers(proposal)
    _reset_expiries(proposal, side)
    return proposal


@one_transaction
def decline(
    *,
    by: Actor,
    public_id: UUID,
    reason: str,
    version: int | None = None,
    now: datetime,
) -> Proposal:
    """Decline for the own side; the kilograms go back to the market. The reason is kept."""
    reason = reading.reason(reason, NEEDS_REASON)
    proposal, side = _locked_for(by, public_id, version, now)
    _set_answer(proposal, side, Answer.DECLINED)
    step = Step("declined", now, by.user, side, reason)
    closing.close(proposal, ProposalState.DECLINED, step)
    outbox.request_round(now=now)
    return proposal


def expire_due(*, now: datetime) -> int:
    """Expire what nobody answered in time, each in a transaction of its own; how many."""
    due = Proposal.objects.filter(state=ProposalState.PROPOSED.value, expires_at__lte=now)
    return sum(
        _expire_one(pk, now) for pk in due.order_by("pk").values_list("pk", flat=True)[:BATCH]
    )


@one_transaction
def expire(*, public_id: UUID, by: User, now: datetime) -> Proposal:
    """A market admin ends the time to answer."""
    proposal = _locked_by_admin(by, public_id)
    _expire(proposal, Step("expired", now, by))
    return proposal


@one_transaction
def cancel(*, public_id: UUID, by: User, reason: str, now: datetime) -> Proposal:
    """A market admin withdraws a proposal, with a reason."""
    reason = reading.reason(reason)
    proposal = _locked_by_admin(by, public_id)
    step = Step("cancelled", now, by, reason=reason)
    closing.close(proposal, ProposalState.WITHDRAWN, step)
    outbox.request_round(now=now)
    return proposal


@one_transaction
def _expire_one(pk: int, now: datetime) -> int:
    held = closing.lock_open(Q(pk=pk, expires_at__lte=now))
    for proposal in held:
        _expire(proposal, Step("expired", now))
    return len(held)


def _expire(proposal: Proposal, step: Step) -> None:
    closing.close(proposal, ProposalState.EXPIRED, step)
    lots, requirements = _listings(proposal)
    lots.update(expiries_in_a_row=F("expiries_in_a_row") + 1)
    requirements.update(expiries_in_a_row=F("expiries_in_a_row") + 1)
    pause = Q(expiries_in_a_row__gte=EXPIRIES_BEFORE_PAUSE, state=ListingState.OPEN.value)
    lots.filter(pause).update(state=ListingState.PAUSED.value)
    requirements.filter(pause).update(state=ListingState.PAUSED.value)
    outbox.request_round(now=step.now)


def _listings(proposal: Proposal) -> tuple[QuerySet[Lot], QuerySet[Requirement]]:
    return (
        Lot.objects.filter(pk=proposal.lot_id),
        Requirement.objects.filter(pk=proposal.requirement_id),
    )


def _reset_expiries(proposal: Proposal, side: Side) -> None:
    lots, requirements = _listings(proposal)
    if side is Side.PRODUCER:
        lots.update(expiries_in_a_row=0)
    else:
        requirements.update(expiries_in_a_row=0)


def _locked_for(
    by: Actor, public_id: UUID, version: int | None, now: datetime
) -> tuple[Proposal, Side]:
    """The open proposal under lock, and the side that the actor answers for."""
    found = _find(public_id, of=by.organisation)
    authority.trader(by)
    proposal = _lock(found)
    if version is not None and proposal.version != version:
        raise Conflict
    if proposal.state != ProposalState.PROPOSED.value:
        raise Conflict(CLOSED)
    if proposal.expires_at <= now:
        raise Conflict(TOO_LATE)
    produces = found.lot.organisation_id == by.organisation.pk
    side = Side.PRODUCER if produces else Side.BUYER
    answer = proposal.producer_answer if produces else proposal.buyer_answer
    if answer != Answer.OPEN.value:
        raise Conflict(ANSWERED)
    return proposal, side


def _locked_by_admin(by: User, public_id: UUID) -> Proposal:
    authority.admin(by)
    proposal = _lock(_find(public_id))
    if proposal.state != ProposalState.PROPOSED.value:
        raise Conflict(CLOSED)
    return proposal


def _find(public_id: UUID, of: Organisation | None = None) -> Proposal:
    found = Proposal.objects.select_related("lot", "requirement").filter(public_id=public_id)
    if of is not None:
        found = found.filter(Q(lot__organisation=of) | Q(requirement__organisation=of))
    proposal = found.first()
    if proposal is None:
        raise NotFound
    return proposal


def _lock(found: Proposal) -> Proposal:
    locks.lots([found.lot_id])
    locks.requirements([found.requirement_id])
    return locks.proposals([found.pk])[found.pk]


def _set_answer(proposal: Proposal, side: Side, answer: Answer) -> None:
    if side is Side.PRODUCER:
        proposal.producer_answer = answer.value
    else:
        proposal.buyer_answer = answer.value


def _save_answers(proposal: Proposal) -> None:
    changed = Proposal.objects.filter(
        pk=proposal.pk, version=proposal.version, state=ProposalState.PROPOSED.value
    ).update(producer_answer=proposal.producer_answer, buyer_answer=proposal.buyer_answer)
    if not changed:
        raise Conflict

"""Proposals: opened by a round, answered by both sides, or ended. One transaction per verb."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from marketplace.domain.errors import (
    Conflict,
    NotFound,
    gettext_noop,
)
from marketplace.domain.vocabulary import Answer, ProposalState, Side
from marketplace.models import Lot, Organisation, Proposal, Requirement, User
from marketplace.models.actors import Actor
from marketplace.selectors import pauses
from marketplace.services import (
    approvals,
    authority,
    bundles,
    closing,
    news,
    outbox,
    reading,
    settling,
)
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

BATCH = 500
NEEDS_REASON = gettext_noop("Say why: the other side's limits and yours would allow this.")
ANSWERED = gettext_noop("Your side has answered this proposal already.")
CLOSED = gettext_noop("This proposal is closed already.")
TOO_LATE = gettext_noop("The time to answer this proposal is over.")


@one_transaction
def accept(*, by: Actor, public_id: UUID, version: int | None = None, now: datetime) -> Proposal:
    """Accept for the own side: a producer its own proposal, the buyer the whole bundle.

    Where the own organisation wants two people for so many tonnes, the first acceptance only waits
    for the second. The last acceptance of a bundle makes the deals of all its members, in the same
    transaction.
    """
    found, side = _find_own(by, public_id)
    authority.verified_trader(by)
    answered = _locked_for_answer(found, side, version, now)
    authority.trading_open(*_parties(answered))
    if bundles.unbacked_lots([one.lot_id for one in answered], now.date()):
        raise Conflict(settling.CERTIFICATE_GONE)
    if approvals.waits(by=by, proposal=found, side=side, now=now):
        return found
    for one in answered:
        closing.accept(one, Step("accepted", now, by.user, side), side)
    _reset_expiries(answered, side)
    news.accepted(answered, side, now=now)
    settling.answered(found.bundle, by=by.user, now=now)
    found.refresh_from_db()
    return found


@one_transaction
def decline(
    *,
    by: Actor,
    public_id: UUID,
    reason: str,
    version: int | None = None,
    now: datetime,
) -> Proposal:
    """Decline for the own side, the buyer the whole bundle. The reason is kept.

    The kilograms go back to the market. The rest of a bundle goes on only while it holds.
    """
    reason = reading.reason(reason, NEEDS_REASON)
    found, side = _find_own(by, public_id)
    authority.trader(by)
    declined = _locked_for_answer(found, side, version, now)
    for one in declined:
        closing.answer(one, side, Answer.DECLINED)
    _reset_expiries(declined, side)
    step = Step("declined", now, by.user, side, reason)
    settling.leave(declined, ProposalState.DECLINED, step)
    outbox.request_round(now=now)
    found.refresh_from_db()
    return found


def expire_due(*, now: datetime) -> int:
    """End what was not answered in time, each bundle in a transaction of its own; how many."""
    due = pauses.deadlines_running().filter(expires_at__lte=now)
    bundles_due = due.order_by("bundle").values_list("bundle", flat=True).distinct()
    return sum(_time_out(bundle, now) for bundle in bundles_due[:BATCH])


@one_transaction
def expire(*, public_id: UUID, by: User, now: datetime) -> Proposal:
    """A market admin ends the time to answer, for the whole bundle."""
    proposal = _locked_by_admin(by, public_id)
    settling.time_out(proposal.bundle, Step("expired", now, by))
    proposal.refresh_from_db()
    return proposal


@one_transaction
def cancel(*, public_id: UUID, by: User, reason: str, now: datetime) -> Proposal:
    """A market admin withdraws a proposal, with a reason; its bundle goes on while it holds."""
    reason = reading.reason(reason)
    proposal = _locked_by_admin(by, public_id)
    settling.withdraw_all([proposal], Step("cancelled", now, by, reason=reason))
    outbox.request_round(now=now)
    return proposal


@one_transaction
def _time_out(bundle: UUID, now: datetime) -> int:
    held = closing.lock_open(Q(bundle=bundle, expires_at__lte=now))
    # A pause that began meanwhile has stopped the clock.
    if not pauses.deadlines_running().filter(pk__in=[one.pk for one in held]).exists():
        return 0
    settling.time_out(bundle, Step("expired", now))
    return len(held)


def _locked_for_answer(
    found: Proposal, side: Side, version: int | None, now: datetime
) -> Sequence[Proposal]:
    """What one answer is for, under lock with its whole bundle; Conflict when it is too late."""
    members = closing.lock_open(Q(bundle=found.bundle))
    proposal = next((one for one in members if one.pk == found.pk), None)
    if proposal is None:
        raise Conflict(CLOSED)
    if version is not None and proposal.version != version:
        raise Conflict
    if proposal.expires_at <= now and pauses.deadlines_running().filter(pk=proposal.pk).exists():
        raise Conflict(TOO_LATE)
    given = proposal.producer_answer if side is Side.PRODUCER else proposal.buyer_answer
    if given != Answer.OPEN.value:
        raise Conflict(ANSWERED)
    return [proposal] if side is Side.PRODUCER else members


def _parties(proposals: Sequence[Proposal]) -> set[int]:
    """Both sides of all of them."""
    rows = Proposal.objects.filter(pk__in=[one.pk for one in proposals]).values_list(
        "lot__organisation", "requirement__organisation"
    )
    return {party for row in rows for party in row}


def _reset_expiries(proposals: Sequence[Proposal], side: Side) -> None:
    if side is Side.PRODUCER:
        lots = {one.lot_id for one in proposals}
        Lot.objects.filter(pk__in=lots).update(expiries_in_a_row=0)
    else:
        wanted = {one.requirement_id for one in proposals}
        Requirement.objects.filter(pk__in=wanted).update(expiries_in_a_row=0)


def _locked_by_admin(by: User, public_id: UUID) -> Proposal:
    authority.admin(by)
    held = closing.lock_open(Q(pk=_find(public_id).pk))
    if not held:
        raise Conflict(CLOSED)
    return held[0]


def _find_own(by: Actor, public_id: UUID) -> tuple[Proposal, Side]:
    """An own proposal, and the side that the actor answers for."""
    found = _find(public_id, of=by.organisation)
    produces = found.lot.organisation_id == by.organisation.pk
    return found, Side.PRODUCER if produces else Side.BUYER


def _find(public_id: UUID, of: Organisation | None = None) -> Proposal:
    found = Proposal.objects.select_related("lot", "requirement").filter(public_id=public_id)
    if of is not None:
        found = found.filter(Q(lot__organisation=of) | Q(requirement__organisation=of))
    proposal = found.first()
    if proposal is None:
        raise NotFound
    return proposal

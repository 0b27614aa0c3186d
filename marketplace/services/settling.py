"""Bundles hold together: what becomes of the rest when a member is answered, leaves or times out.

A proposal that belongs to no other is a bundle of one. Every function works on bundles whose open
members are locked by ``closing.lock_open``.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db.models import F, QuerySet

from marketplace.domain import bundles as rules
from marketplace.domain.errors import gettext_noop
from marketplace.domain.vocabulary import Answer, ListingState, ProposalState
from marketplace.models import Lot, Proposal, Requirement, User
from marketplace.selectors import pauses, positions
from marketplace.services import clocks, closing, deals, news, outbox
from marketplace.services.bundles import unbacked_lots
from marketplace.services.closing import Step

EXPIRIES_BEFORE_PAUSE = 3
Listing = TypeVar("Listing", Lot, Requirement)
OPEN, ACCEPTED = Answer.OPEN.value, Answer.ACCEPTED.value
BROKEN = gettext_noop(
    "What was left of the buyer's bundle would not keep its average carbon or its least volume."
)
CERTIFICATE_GONE = gettext_noop("A certificate behind this lot is not valid any more.")
TRADING_PAUSED = gettext_noop("Trading was paused when the time to answer was over.")


def withdraw_all(proposals: Iterable[Proposal], step: Step) -> None:
    """End them because something they rest on changed; their bundles go on without, or end."""
    leave(proposals, ProposalState.WITHDRAWN, step)


def leave(proposals: Iterable[Proposal], state: ProposalState, step: Step) -> None:
    """Close these members; what is left of their bundles goes on if it still holds."""
    left = list(proposals)
    since = pauses.paused_since(left)
    _end(left, state, step)
    for rest in _open_members({one.bundle for one in left}):
        if rest[0].bundle in since:
            # Who left had stopped the clock of those who stay.
            stood = since[rest[0].bundle]
            clocks.give_time_back([one.pk for one in rest], since=stood, now=step.now)
        _go_on(rest, step.now, by=None, changed=True)


def answered(bundle: UUID, *, by: User, now: datetime) -> None:
    """Somebody accepted: after the last answer the deals of all members arise."""
    for rest in _open_members({bundle}):
        _go_on(rest, now, by=by, changed=False)


def time_out(bundle: UUID, step: Step) -> None:
    """The time is over for all open members of a bundle.

    Those that both sides accepted become deals if they hold without the others; each side that did
    not answer is counted.
    """
    for members in _open_members({bundle}):
        paused = pauses.stopped(members)
        unanswered = [one for one in members if not _agreed(one)]
        _end(unanswered, ProposalState.EXPIRED, step)
        _count_expiries([one for one in unanswered if one.pk not in paused], step.now)
        agreed = [one for one in members if _agreed(one)]
        _fall([one for one in agreed if one.pk in paused], TRADING_PAUSED, step.now)
        ready = _without_lapsed([one for one in agreed if one.pk not in paused], step.now)
        if ready and _holds(ready):
            _conclude(ready, by=None, now=step.now)
        else:
            _fall(ready, BROKEN, step.now)
    outbox.request_round(now=step.now)


def _go_on(rest: Sequence[Proposal], now: datetime, *, by: User | None, changed: bool) -> None:
    """``changed``: a member left, which those who stay can read in their timeline."""
    if not _holds(rest):
        _fall(rest, BROKEN, now)
    elif not all(_agreed(one) for one in rest) or pauses.stopped(rest):
        for one in rest if changed else ():
            closing.record(one, Step("went_on", now))
    else:
        ready = _without_lapsed(rest, now)
        if len(ready) == len(rest):
            _conclude(ready, by=by, now=now)
        elif ready:
            _go_on(ready, now, by=None, changed=True)


def _without_lapsed(members: Sequence[Proposal], now: datetime) -> list[Proposal]:
    """Withdraw those whose certificates are not valid any more; the others."""
    lapsed = unbacked_lots([one.lot_id for one in members], now.date())
    _fall([one for one in members if one.lot_id in lapsed], CERTIFICATE_GONE, now)
    return [one for one in members if one.lot_id not in lapsed]


def _conclude(members: Sequence[Proposal], *, by: User | None, now: datetime) -> None:
    """In a larger bundle it is no single answer that makes the deals, so they name nobody."""
    alone = len(members) == 1
    for one in members:
        closing.record(one, Step("concluded", now))
        deals.conclude(proposal=one, by=by if alone else None, now=now)


def _fall(members: Sequence[Proposal], reason: str, now: datetime) -> None:
    """Withdrawn by the market itself; the kilograms are there for the next round."""
    if members:
        _end(members, ProposalState.WITHDRAWN, Step("withdrawn", now, reason=reason))
        outbox.request_round(now=now)


def _end(members: Sequence[Proposal], state: ProposalState, step: Step) -> None:
    for one in members:
        closing.close(one, state, step)
    news.ended(members, now=step.now)


def _holds(members: Sequence[Proposal]) -> bool:
    """Whether the buyer may be left with these, beside what is contracted and open elsewhere."""
    wanted = members[0].requirement
    position = positions.position(wanted, beside=members[0].bundle)
    return rules.holds(positions.rule(wanted), position, positions.parts(members))


def _open_members(bundles: Iterable[UUID]) -> list[list[Proposal]]:
    """What is open of each bundle, by key; bundles of which nothing is open are left out."""
    found: dict[UUID, list[Proposal]] = {}
    rows = Proposal.objects.filter(closing.IS_OPEN, bundle__in=set(bundles))
    for one in rows.select_related("lot", "requirement").order_by("pk"):
        found.setdefault(one.bundle, []).append(one)
    return list(found.values())


def _agreed(proposal: Proposal) -> bool:
    return proposal.producer_answer == proposal.buyer_answer == ACCEPTED


def _count_expiries(unanswered: Sequence[Proposal], now: datetime) -> None:
    """One more for each lot and for the requirement whose side did not answer; three pause it."""
    lots = {one.lot_id for one in unanswered if one.producer_answer == OPEN}
    wanted = {one.requirement_id for one in unanswered if one.buyer_answer == OPEN}
    news.lots_paused(_tired(Lot.objects.filter(pk__in=lots)), now=now)
    news.requirements_paused(_tired(Requirement.objects.filter(pk__in=wanted)), now=now)


def _tired(listings: QuerySet[Listing]) -> list[Listing]:
    """Count one more expiry; those of them that pause now."""
    listings.update(expiries_in_a_row=F("expiries_in_a_row") + 1)
    tired = listings.filter(
        expiries_in_a_row__gte=EXPIRIES_BEFORE_PAUSE, state=ListingState.OPEN.value
    )
    pausing = list(tired.order_by("pk"))
    tired.update(state=ListingState.PAUSED.value)
    return pausing

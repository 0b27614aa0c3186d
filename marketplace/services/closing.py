"""Steps of single proposals, and the locks that every step of a bundle needs.

Everything here but ``lock_open`` works on rows that the caller has locked. What a step means for
the rest of a bundle is ``settling``'s.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from marketplace.domain.errors import Conflict
from marketplace.domain.vocabulary import Answer, LedgerAccount, ProposalState, Side
from marketplace.models import Lot, Proposal, ProposalStep, Requirement, User
from marketplace.services import ledger, locks

IS_OPEN = Q(state=ProposalState.PROPOSED.value)
ATTEMPTS = 5


@dataclass(frozen=True)
class Step:
    """Who does what to a proposal, when and why; nobody (``by`` None): the market itself."""

    verb: str
    now: datetime
    by: User | None = None
    side: Side | None = None
    reason: str = ""


class _Late(Exception):
    """A proposal was opened between the reading and the locks."""


def lock_open(
    of: Q, *, lots: Iterable[int] = (), requirements: Iterable[int] = ()
) -> list[Proposal]:
    """The open proposals of these, by key; locked with everything that a step of them may touch.

    That is: all open members of their bundles, their lots and their requirements, and the named
    ``lots`` and ``requirements``, in the order of ``locks``. Call it before any other such lock.
    Conflict when rounds keep opening more of them meanwhile.
    """
    lots, requirements = set(lots), set(requirements)
    for _attempt in range(ATTEMPTS):
        try:
            # Rolled back to here, the locks that were taken in vain are given back.
            with transaction.atomic():
                return _lock(of, lots, requirements)
        except _Late:
            continue
    raise Conflict


def _lock(of: Q, lots: set[int], requirements: set[int]) -> list[Proposal]:
    bundles = Proposal.objects.filter(of, IS_OPEN).values("bundle")
    members = Proposal.objects.filter(IS_OPEN, bundle__in=bundles)
    rows = list(members.values_list("pk", "lot_id", "requirement_id"))
    locks.lots(lots.union(lot for _pk, lot, _wanted in rows))
    locks.requirements(requirements.union(wanted for _pk, _lot, wanted in rows))
    held = locks.proposals(pk for pk, _lot, _wanted in rows)
    still = list(Proposal.objects.filter(of, IS_OPEN).order_by("pk").values_list("pk", flat=True))
    if not held.keys() >= set(still):
        raise _Late
    return [held[pk] for pk in still]


def record(proposal: Proposal, step: Step) -> None:
    """Write the step and raise the version; a version that moved meanwhile is a Conflict."""
    changed = Proposal.objects.filter(pk=proposal.pk, version=proposal.version).update(
        version=F("version") + 1
    )
    if not changed:
        raise Conflict
    ProposalStep.objects.create(
        proposal=proposal,
        side=step.side.value if step.side else "",
        verb=step.verb,
        from_version=proposal.version,
        by=step.by,
        at=step.now,
    )
    proposal.version += 1


def answer(proposal: Proposal, side: Side, given: Answer) -> None:
    if side is Side.PRODUCER:
        proposal.producer_answer = given.value
    else:
        proposal.buyer_answer = given.value


def accept(proposal: Proposal, step: Step, side: Side) -> None:
    """Keep the side's yes. What follows from it is said by the bundle."""
    record(proposal, step)
    answer(proposal, side, Answer.ACCEPTED)
    changed = Proposal.objects.filter(IS_OPEN, pk=proposal.pk, version=proposal.version).update(
        producer_answer=proposal.producer_answer, buyer_answer=proposal.buyer_answer
    )
    if not changed:
        raise Conflict


def close(proposal: Proposal, state: ProposalState, step: Step) -> None:
    """End it, and give its kilograms back: counters by guarded updates, ledger beside them."""
    changed = Proposal.objects.filter(IS_OPEN, pk=proposal.pk, version=proposal.version).update(
        state=state.value,
        producer_answer=proposal.producer_answer,
        buyer_answer=proposal.buyer_answer,
        reason=step.reason[:500],
        closed_at=step.now,
    )
    if not changed:
        raise Conflict
    record(proposal, step)
    proposal.state, proposal.closed_at, proposal.reason = (
        state.value,
        step.now,
        step.reason[:500],
    )
    kg = proposal.quantity_kg
    Lot.objects.filter(pk=proposal.lot_id).update(reserved_kg=F("reserved_kg") - kg)
    Requirement.objects.filter(pk=proposal.requirement_id).update(reserved_kg=F("reserved_kg") - kg)
    ledger.post_for_lot(
        lot_id=proposal.lot_id,
        source=LedgerAccount.RESERVED,
        target=LedgerAccount.LISTED,
        kg=kg,
        proposal_id=proposal.pk,
        by=step.by,
        now=step.now,
    )

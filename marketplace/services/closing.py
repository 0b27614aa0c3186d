"""What ends a proposal without a deal: its kilograms go back to the lot and to the requirement.

Every function here works on rows that the caller has locked.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q

from marketplace.domain.errors import Conflict
from marketplace.domain.vocabulary import LedgerAccount, ProposalState, Side
from marketplace.models import Lot, Proposal, ProposalStep, Requirement, User
from marketplace.services import ledger, locks


@dataclass(frozen=True)
class Step:
    """Who does what to a proposal, when and why; nobody (``by`` None): the market itself."""

    verb: str
    now: datetime
    by: User | None = None
    side: Side | None = None
    reason: str = ""


def lock_open(of: Q) -> list[Proposal]:
    """Open proposals with their lots and requirements locked, by primary key."""
    found = Proposal.objects.filter(of, state=ProposalState.PROPOSED.value)
    rows = list(found.values_list("pk", "lot_id", "requirement_id"))
    locks.lots(lot for _pk, lot, _wanted in rows)
    locks.requirements(wanted for _pk, _lot, wanted in rows)
    held = locks.proposals(pk for pk, _lot, _wanted in rows).values()
    return [one for one in held if one.state == ProposalState.PROPOSED.value]


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


def close(proposal: Proposal, state: ProposalState, step: Step) -> None:
    """End it, and give its kilograms back: counters by guarded updates, ledger beside them."""
    changed = Proposal.objects.filter(
        pk=proposal.pk, state=ProposalState.PROPOSED.value, version=proposal.version
    ).update(
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


def withdraw_all(proposals: Iterable[Proposal], step: Step) -> None:
    for proposal in proposals:
        close(proposal, ProposalState.WITHDRAWN, step)

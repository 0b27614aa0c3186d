"""What a newcomer has done, and what comes next."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, Q

from marketplace.domain.vocabulary import Answer, CertificateState
from marketplace.models import Certificate, Lot, Organisation, Proposal, Requirement
from marketplace.models.actors import Actor


@dataclass(frozen=True)
class Step:
    """``code`` names it for the page; ``waits``: done on this side, an admin's turn."""

    code: str
    done: bool
    waits: bool = False


@dataclass(frozen=True)
class Checklist:
    steps: Sequence[Step]

    @property
    def following(self) -> str:
        """The code of the first step that the reader can take now; empty while others have to."""
        return next((one.code for one in self.steps if not (one.done or one.waits)), "")


def of(actor: Actor) -> Checklist | None:
    """In the order in which they become possible; None when all are done. One query."""
    organisation, found = actor.organisation, _found(actor)
    verified = organisation.verified_at is not None
    steps = [Step("verified", verified, waits=not verified)]
    if organisation.is_producer:
        # A certificate that expired or was revoked later has served its lot.
        proved = found.proved or found.listed
        steps.append(Step("certificate", proved, waits=found.pending and not proved))
        steps.append(Step("lot", found.listed))
    if organisation.is_buyer:
        steps.append(Step("requirement", found.posted))
    steps.append(Step("answer", found.answered))
    return None if all(one.done for one in steps) else Checklist(steps)


def _found(actor: Actor) -> Any:
    own, opened = actor.organisation, Answer.OPEN.value
    papers = Certificate.objects.filter(organisation=own)
    lots = Q(lot__organisation=own) & ~Q(producer_answer=opened)
    wanted = Q(requirement__organisation=own) & ~Q(buyer_answer=opened)
    return Organisation.objects.annotate(
        proved=Exists(papers.filter(state=CertificateState.VERIFIED.value)),
        pending=Exists(papers.filter(state=CertificateState.PENDING.value)),
        listed=Exists(Lot.objects.filter(organisation=own)),
        posted=Exists(Requirement.objects.filter(organisation=own)),
        answered=Exists(Proposal.objects.filter(lots | wanted)),
    ).get(pk=own.pk)

"""What a newcomer has done, and what comes next."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from marketplace.domain.vocabulary import Answer, CertificateState
from marketplace.models import Certificate, Lot, Proposal, Requirement
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
    """In the order in which they become possible; None when all are done."""
    organisation = actor.organisation
    verified = organisation.verified_at is not None
    steps = [Step("verified", verified, waits=not verified)]
    if organisation.is_producer:
        steps += _of_producer(actor)
    if organisation.is_buyer:
        posted = Requirement.objects.filter(organisation=organisation).exists()
        steps.append(Step("requirement", posted))
    steps.append(Step("answer", _answered(actor)))
    return None if all(one.done for one in steps) else Checklist(steps)


def _of_producer(actor: Actor) -> list[Step]:
    states = set(
        Certificate.objects.filter(organisation=actor.organisation).values_list("state", flat=True)
    )
    proved = CertificateState.VERIFIED.value in states
    waits = not proved and CertificateState.PENDING.value in states
    listed = Lot.objects.filter(organisation=actor.organisation).exists()
    # A certificate that expired or was revoked later has served its lot.
    return [Step("certificate", proved or listed, waits), Step("lot", listed)]


def _answered(actor: Actor) -> bool:
    own, opened = actor.organisation, Answer.OPEN.value
    lots = Q(lot__organisation=own) & ~Q(producer_answer=opened)
    wanted = Q(requirement__organisation=own) & ~Q(buyer_answer=opened)
    return Proposal.objects.filter(lots | wanted).exists()

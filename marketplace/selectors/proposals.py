"""Proposals of the own organisation, whichever side it is on."""

from uuid import UUID

from django.db.models import Q, QuerySet

from marketplace.domain.errors import NotFound
from marketplace.domain.vocabulary import Answer, ProposalState, Side
from marketplace.models import Proposal, ProposalStep
from marketplace.models.actors import Actor


def own(actor: Actor) -> QuerySet[Proposal]:
    """Newest first. The requirement's price limits are not read: the other side reads this too."""
    mine = Q(lot__organisation=actor.organisation) | Q(requirement__organisation=actor.organisation)
    return (
        Proposal.objects.filter(mine)
        .select_related("lot__organisation", "requirement__organisation", "deal")
        .defer("requirement__max_premium", "requirement__internal_carbon_price")
        .order_by("-created_at", "-pk")
    )


def own_one(actor: Actor, public_id: UUID) -> Proposal:
    found = own(actor).filter(public_id=public_id).first()
    if found is None:
        raise NotFound
    return found


def side_of(actor: Actor, proposal: Proposal) -> Side:
    produces = proposal.lot.organisation_id == actor.organisation.pk
    return Side.PRODUCER if produces else Side.BUYER


def reason_for(actor: Actor, proposal: Proposal) -> str:
    """Why it was declined is told to the side that declined only; other reasons to both."""
    producing = side_of(actor, proposal) is Side.PRODUCER
    own_answer = proposal.producer_answer if producing else proposal.buyer_answer
    declined = proposal.state == ProposalState.DECLINED.value
    return "" if declined and own_answer != Answer.DECLINED.value else proposal.reason


def timeline(proposal: Proposal) -> QuerySet[ProposalStep]:
    """Oldest first; names of people are for their own side only, so ``by`` is not joined."""
    return ProposalStep.objects.filter(proposal=proposal).order_by("at", "pk")

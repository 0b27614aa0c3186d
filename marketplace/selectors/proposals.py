"""Proposals of the own organisation, whichever side it is on."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, CharField, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from marketplace.domain import bundles
from marketplace.domain.vocabulary import Answer, ProposalState, Side
from marketplace.models import Proposal, ProposalStep
from marketplace.models.actors import Actor
from marketplace.selectors import positions
from marketplace.selectors.finding import one_of


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
    return one_of(own(actor), public_id)


def side_of(actor: Actor, proposal: Proposal) -> Side:
    produces = proposal.lot.organisation_id == actor.organisation.pk
    return Side.PRODUCER if produces else Side.BUYER


def reason_for(actor: Actor, proposal: Proposal) -> str:
    """Why it was declined is told to the side that declined only; other reasons to both."""
    producing = side_of(actor, proposal) is Side.PRODUCER
    own_answer = proposal.producer_answer if producing else proposal.buyer_answer
    declined = proposal.state == ProposalState.DECLINED.value
    return "" if declined and own_answer != Answer.DECLINED.value else proposal.reason


def timeline(actor: Actor, proposal: Proposal) -> QuerySet[ProposalStep]:
    """Oldest first, with ``who``: people by name on the reader's own side only, "" elsewhere."""
    own_side = When(side=side_of(actor, proposal).value, then=F("by__name"))
    who = Case(own_side, default=Value(""), output_field=CharField())
    steps = ProposalStep.objects.filter(proposal=proposal)
    return steps.annotate(who=Coalesce(who, Value(""))).order_by("at", "pk")


def with_members(proposals: QuerySet[Proposal]) -> QuerySet[Proposal]:
    """With ``bundle_members``: the public ids of the whole bundle, for the buyer's eyes only."""
    members = Proposal.objects.filter(bundle=OuterRef("bundle")).order_by("pk")
    return proposals.annotate(bundle_members=ArraySubquery(members.values("public_id")))


@dataclass(frozen=True)
class Bundle:
    """What a proposal belongs to. ``members`` and carbon are for the buyer; others get none."""

    members: Sequence[Proposal]
    cap_milli: int | None
    minimum_kg: int

    @property
    def open_ones(self) -> list[Proposal]:
        return [one for one in self.members if one.state == ProposalState.PROPOSED.value]

    @property
    def open_kg(self) -> int:
        return sum(one.quantity_kg for one in self.open_ones)

    @property
    def average_milli(self) -> Decimal | None:
        """Of what is open or became a deal; None when nothing is left of the bundle."""
        live = (ProposalState.PROPOSED.value, ProposalState.DEAL.value)
        parts = positions.parts(one for one in self.members if one.state in live)
        if not parts:
            return None
        exact = bundles.average_milli(parts)
        return Decimal(exact.numerator) / exact.denominator


def bundle_of(actor: Actor, proposal: Proposal) -> Bundle | None:
    """None for a proposal that stands alone. A producer learns that there is a bundle, no more."""
    rule = positions.rule(proposal.requirement)
    if rule.average_milli is None and not rule.minimum_kg:
        return None
    if side_of(actor, proposal) is Side.PRODUCER:
        return Bundle((), None, 0)
    members = own(actor).filter(bundle=proposal.bundle).order_by("pk")
    return Bundle(list(members), rule.average_milli, rule.minimum_kg)

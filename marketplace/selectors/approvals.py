"""Which acceptances wait for a second person of the own organisation."""

from uuid import UUID

from django.db.models import Q, QuerySet, Sum

from marketplace.domain.vocabulary import Answer, ProposalState, Role, Side
from marketplace.models import Approval, Membership, Organisation, Proposal
from marketplace.models.actors import Actor
from marketplace.selectors import proposals


def waiting(actor: Actor, proposal: Proposal) -> Approval | None:
    """The first acceptance of the own side, while its second is still possible."""
    side = proposals.side_of(actor, proposal)
    given = proposal.producer_answer if side is Side.PRODUCER else proposal.buyer_answer
    if proposal.state != ProposalState.PROPOSED.value or given != Answer.OPEN.value:
        return None
    asked = Approval.objects.filter(
        organisation=actor.organisation, scope=scope(proposal, side), approved_at__isnull=True
    )
    found = asked.select_related("asked_by").first()
    return found if found and trades(actor.organisation, found.asked_by_id) else None


def scope(proposal: Proposal, side: Side) -> UUID:
    """What one acceptance is for: a producer's own proposal, a buyer's whole bundle."""
    return proposal.public_id if side is Side.PRODUCER else proposal.bundle


def own_kg(actor: Actor, proposal: Proposal) -> int:
    """All that the bundle would have the own side sell or buy: parts of it are no way around."""
    own = actor.organisation
    rows = Proposal.objects.filter(
        Q(lot__organisation=own) | Q(requirement__organisation=own),
        bundle=proposal.bundle,
        state=ProposalState.PROPOSED.value,
    )
    return int(rows.aggregate(kg=Sum("quantity_kg", default=0))["kg"])


def traders(organisation: Organisation) -> QuerySet[Membership]:
    """Who may accept for it."""
    roles = [Role.TRADER.value, Role.OWNER.value]
    return Membership.objects.filter(
        organisation=organisation, role__in=roles, user__is_active=True
    )


def trades(organisation: Organisation, user_id: int) -> bool:
    """Who asked and left, or may only look by now, has accepted nothing."""
    return traders(organisation).filter(user=user_id).exists()

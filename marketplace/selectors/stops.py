"""What stands on a certificate: an admin who stops it reads that first."""

from dataclasses import dataclass

from django.db.models import Count, Sum

from marketplace.domain.vocabulary import ListingState, ProposalState
from marketplace.models import Certificate, Deal, Lot, Proposal
from marketplace.selectors.deals import UNSETTLED


@dataclass(frozen=True)
class Behind:
    """Lots on the market, open proposals on them, and deals that a stop would flag."""

    lots: int
    proposals: int
    open_kg: int
    deals: int
    deal_kg: int


def behind(certificate: Certificate) -> Behind:
    """Evidence without tonnes counts as well: lots rest on it too."""
    lots = Lot.objects.filter(certificate_links__certificate=certificate)
    proposals = Proposal.objects.filter(lot__in=lots, state=ProposalState.PROPOSED.value)
    deals = Deal.objects.filter(UNSETTLED, proposal__lot__in=lots, flagged_at__isnull=True)
    opened = proposals.aggregate(count=Count("pk"), kg=Sum("quantity_kg", default=0))
    sold = deals.aggregate(count=Count("pk"), kg=Sum("quantity_kg", default=0))
    return Behind(
        lots=lots.filter(state=ListingState.OPEN.value).count(),
        proposals=opened["count"],
        open_kg=opened["kg"],
        deals=sold["count"],
        deal_kg=sold["kg"],
    )

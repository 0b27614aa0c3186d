"""Where a requirement stands: what is contracted, and what its open bundles lie above its average.

Only values of the requirement's own boundary are summed: others are never compared with its limit.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from uuid import UUID

from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Coalesce, Least

from marketplace.domain.bundles import Part, Position, Rule
from marketplace.domain.vocabulary import CarbonBasis, DealState, ProposalState
from marketplace.models import Proposal, Requirement


def rule(wanted: Requirement) -> Rule:
    averages = wanted.ci_basis == CarbonBasis.PORTFOLIO_AVERAGE.value
    return Rule(
        volume_kg=wanted.volume_kg,
        partial_ok=wanted.partial_ok,
        tolerance_centi_pct=wanted.tolerance_centi_pct,
        average_milli=wanted.max_ci_milli if averages else None,
    )


def is_filled(wanted: Requirement) -> bool:
    """Nothing more may be bought: all is, or the least volume where it is that or nothing."""
    return wanted.bought_kg >= rule(wanted).enough_kg


def parts(proposals: Iterable[Proposal]) -> list[Part]:
    return [Part(one.quantity_kg, one.ci_milli) for one in proposals]


def position(wanted: Requirement, *, beside: UUID | None = None) -> Position:
    """For one more bundle, or for the open bundle ``beside`` which the others stand.

    Lock the requirement before, so that it stays true.
    """
    return of([wanted], beside=beside)[wanted.pk]


def of(wanted: Collection[Requirement], *, beside: UUID | None = None) -> dict[int, Position]:
    """The same of many requirements, by key."""
    averaged = [one.pk for one in wanted if rule(one).average_milli is not None]
    above = _excess(averaged, beside) if averaged else {}
    return {one.pk: Position(one.bought_kg, above.get(one.pk, 0)) for one in wanted}


def allowances(wanted: QuerySet[Requirement]) -> dict[int, int]:
    """What a new bundle may lie above the average limit, by key; nothing where none is named."""
    return {pk: Position(0, excess).allowance for pk, excess in _excess(wanted, None).items()}


def _excess(wanted: QuerySet[Requirement] | Collection[int], beside: UUID | None) -> dict[int, int]:
    """What is contracted, plus what each open bundle lies above: what lies below may yet fall."""
    found = _contracted_excess(wanted)
    for pk, open_ones in _open_excess(wanted).items():
        others = (excess for bundle, excess in open_ones.items() if bundle != beside)
        found[pk] += sum(max(0, excess) for excess in others)
    return found


def allowance_under(wanted: Requirement, *, boundary: str, average_milli: int) -> int:
    """The same of one whose limit and boundary would be others: its open bundles go with that."""
    deals = Proposal.objects.filter(requirement=wanted, boundary=boundary)
    above = F("ci_milli") - average_milli
    excess = _standing(deals).aggregate(excess=Sum(_bought_kg() * above))["excess"]
    return Position(0, excess or 0).allowance


def _contracted_excess(wanted: QuerySet[Requirement] | Collection[int]) -> dict[int, int]:
    """Deals that stand, by what was shipped of them; what came above the contract is no part."""
    above = F("ci_milli") - F("requirement__max_ci_milli")
    standing = _standing(_averaged(wanted)).values("requirement_id")
    sums: dict[int, int] = defaultdict(int)
    excess = standing.annotate(excess=Sum(_bought_kg() * above))
    sums.update(excess.values_list("requirement_id", "excess"))
    return sums


def _standing(proposals: QuerySet[Proposal]) -> QuerySet[Proposal]:
    deals = proposals.filter(state=ProposalState.DEAL.value)
    return deals.exclude(deal__state=DealState.CANCELLED.value)


def _bought_kg() -> Least:
    return Least(Coalesce("deal__delivery__shipped_kg", "quantity_kg"), "quantity_kg")


def _open_excess(
    wanted: QuerySet[Requirement] | Collection[int],
) -> dict[int, dict[UUID, int]]:
    above = F("ci_milli") - F("requirement__max_ci_milli")
    found = (
        _averaged(wanted)
        .filter(state=ProposalState.PROPOSED.value)
        .values("requirement_id", "bundle")
        .annotate(excess=Sum(F("quantity_kg") * above))
    )
    bundles: dict[int, dict[UUID, int]] = defaultdict(dict)
    for pk, bundle, excess in found.values_list("requirement_id", "bundle", "excess"):
        bundles[pk][bundle] = excess
    return bundles


def _averaged(wanted: QuerySet[Requirement] | Collection[int]) -> QuerySet[Proposal]:
    return Proposal.objects.filter(
        requirement__in=wanted,
        requirement__ci_basis=CarbonBasis.PORTFOLIO_AVERAGE.value,
        boundary=F("requirement__boundary"),
    )

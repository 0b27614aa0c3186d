"""What was declined: pairs that stay apart for a while, and how often an organisation said no."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain

from django.db.models import (
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Coalesce

from marketplace.domain.vocabulary import Answer, DealState, ListingState, ProposalState
from marketplace.models import (
    CarbonStatement,
    MarketSettings,
    Organisation,
    Proposal,
    ProposalStep,
    Requirement,
)

NO = Answer.DECLINED.value
DECLINED = Q(state=ProposalState.DECLINED.value)
# Above every intensity that can be stated.
NOT_STATED = 10**6
CHUNK = 5_000


def apart(now: datetime) -> Iterator[tuple[int, int]]:
    """Keys of open lots and requirements that are not to be matched; a pair may come twice.

    Declined in the last ``decline_days`` and not better since for the side that declined, or
    cancelled, as a proposal by an admin or as a deal, and neither side changed since.
    """
    rows = Proposal.objects.filter(
        lot__state=ListingState.OPEN.value, requirement__state=ListingState.OPEN.value
    )
    return chain.from_iterable(
        found.values_list("lot_id", "requirement_id").iterator(CHUNK)
        for found in (_cancelled(rows), _not_better(_declined(rows, now)))
    )


def lots_apart(wanted: Requirement, now: datetime, *, changed: bool) -> set[int]:
    """Keys of the open lots among these that stay apart from one requirement, open or paused;
    with ``changed`` those that still would after a change of it.
    """
    rows = Proposal.objects.filter(lot__state=ListingState.OPEN.value, requirement=wanted)
    found = set(_not_better(_declined(rows, now)).values_list("lot_id", flat=True))
    return found if changed else found.union(_cancelled(rows).values_list("lot_id", flat=True))


def _cancelled(rows: QuerySet[Proposal]) -> QuerySet[Proposal]:
    by_admin = ProposalStep.objects.filter(proposal=OuterRef("pk"), verb="cancelled")
    return rows.filter(
        Q(state=ProposalState.WITHDRAWN.value) & Exists(by_admin)
        | Q(deal__state=DealState.CANCELLED.value),
        lot_version=F("lot__version"),
        requirement_version=F("requirement__version"),
    )


def _declined(rows: QuerySet[Proposal], now: datetime) -> QuerySet[Proposal]:
    settings = MarketSettings.objects.filter(pk=1).first() or MarketSettings()
    return rows.filter(DECLINED, closed_at__gt=now - timedelta(days=settings.decline_days))


def _not_better(declined: QuerySet[Proposal]) -> QuerySet[Proposal]:
    """Better for a producer: a higher ask. For a buyer: a lower ask or less carbon, neither worse.

    Asks are compared in one unit, carbon for the boundary that was compared; else it is no better.
    """
    stated = CarbonStatement.objects.filter(lot=OuterRef("lot"), boundary=OuterRef("boundary"))
    same_unit = Q(lot__premium_unit=F("premium_unit"))
    dearer = Q(lot__ask_premium__gt=F("ask_premium"))
    cheaper = Q(lot__ask_premium__lt=F("ask_premium"), ci_now__lte=F("ci_milli"))
    cleaner = Q(lot__ask_premium__lte=F("ask_premium"), ci_now__lt=F("ci_milli"))
    better = Q(producer_answer=NO) & dearer | Q(buyer_answer=NO) & (cheaper | cleaner)
    # A lot that states nothing for the boundary any more is not cleaner than it was.
    ci_now = Coalesce(Subquery(stated.values("ci_milli")[:1]), NOT_STATED)
    return declined.annotate(ci_now=ci_now).exclude(same_unit & better)


def counted(organisations: QuerySet[Organisation], *, since: datetime) -> QuerySet[Organisation]:
    """With ``declines``: how often each said no since then; a buyer's no to a bundle is one."""
    recent = Proposal.objects.filter(DECLINED, closed_at__gt=since)
    return organisations.annotate(
        declines=_number(recent.filter(producer_answer=NO), "lot__organisation")
        + _number(recent.filter(buyer_answer=NO), "requirement__organisation")
    )


def _number(declined: QuerySet[Proposal], owner: str) -> Coalesce:
    of_one = declined.filter(**{owner: OuterRef("pk")}).order_by().values(owner)
    numbers = of_one.annotate(number=Count("bundle", distinct=True)).values("number")
    return Coalesce(Subquery(numbers, output_field=IntegerField()), 0)

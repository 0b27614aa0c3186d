"""What is paused, and which deadlines stand still meanwhile."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Min, Q, QuerySet
from django.db.models.functions import Least

from marketplace.domain.vocabulary import ProposalState
from marketplace.models import MarketSettings, Organisation, Proposal

PARTY_PAUSED = Q(lot__organisation__trading_paused_at__isnull=False) | Q(
    requirement__organisation__trading_paused_at__isnull=False
)


@dataclass(frozen=True)
class Pause:
    """``trading`` includes matching: nobody could answer. ``own``: of one organisation only."""

    trading: bool
    since: datetime
    reason: str
    own: bool


def shown_to(
    organisation: Organisation | None, market: MarketSettings | None = None
) -> list[Pause]:
    """The market's pauses, and the organisation's own; ``market`` where it was read already."""
    if market is None:
        market = MarketSettings.objects.filter(pk=1).first()
    return [
        pause
        for row, own in ((market, False), (organisation, True))
        if row is not None
        for pause in _of(row, own)
    ]


def deadlines_running() -> QuerySet[Proposal]:
    """Open proposals whose time runs: neither the market nor a party of their bundle is paused."""
    opened = Proposal.objects.filter(state=ProposalState.PROPOSED.value)
    if _market_paused():
        return opened.none()
    return opened.exclude(bundle__in=opened.filter(PARTY_PAUSED).values("bundle"))


def stopped(proposals: Collection[Proposal]) -> set[int]:
    """Keys of those that nobody may accept now: the market or one of their own sides is paused."""
    rows = Proposal.objects.filter(pk__in=[one.pk for one in proposals])
    if not _market_paused():
        rows = rows.filter(PARTY_PAUSED)
    return set(rows.values_list("pk", flat=True))


def paused_since(proposals: Collection[Proposal]) -> dict[UUID, datetime]:
    """Bundles of these of which a party is paused, and since when."""
    rows = Proposal.objects.filter(PARTY_PAUSED, pk__in=[one.pk for one in proposals])
    # PostgreSQL's LEAST passes over what is NULL.
    since = Least(
        "lot__organisation__trading_paused_at", "requirement__organisation__trading_paused_at"
    )
    return dict(rows.values("bundle").annotate(since=Min(since)).values_list("bundle", "since"))


def _market_paused() -> bool:
    return MarketSettings.objects.filter(pk=1, trading_paused_at__isnull=False).exists()


def _of(row: MarketSettings | Organisation, own: bool) -> list[Pause]:
    """A pause of trading says what one of matching says as well."""
    if row.trading_paused_at is not None:
        return [Pause(True, row.trading_paused_at, row.paused_reason, own)]
    if row.matching_paused_at is not None:
        return [Pause(False, row.matching_paused_at, row.paused_reason, own)]
    return []

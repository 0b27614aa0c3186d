"""What figures of the market page are made of, and those that may be told."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import NamedTuple

from django.db import connection
from django.db.models import F, Max, Min, QuerySet

from marketplace.domain.signals import LEVEL_MILLI, Signal, Trade, missed_band_usd
from marketplace.domain.vocabulary import Boundary, ListingState
from marketplace.models import CarbonStatement, MarketFigure, Organisation, Requirement
from marketplace.selectors import lots, organisations, rates

BOUNDARIES = (Boundary.SMELTER_S1S2, Boundary.CRADLE_TO_GATE)
WANTED = ("organisation__group", "organisation", "boundary", "max_ci_milli", "left")
A_YEAR = timedelta(weeks=52)
# A group is one party; an organisation outside of groups is one by itself, below zero.
PARTY = "COALESCE({table}.group_id, -{table}.id)"


class Level(NamedTuple):
    """``milli``: lower end of the carbon level, milli t CO2e/t. ``band_usd``: of missed demand."""

    boundary: str
    milli: int
    band_usd: int | None = None


class Offer(NamedTuple):
    """Kilograms that one party offers or wants at a carbon intensity."""

    party: int
    boundary: str
    ci_milli: int
    kg: int
    band_usd: int | None = None


@dataclass(frozen=True)
class Shown:
    """The newest figures of each kind; ``tonnes`` and ``premiums`` in the order of time."""

    premiums: list[MarketFigure]
    tonnes: list[MarketFigure]
    supply: list[MarketFigure]
    demand: list[MarketFigure]


def trades(*, since: date, before: date) -> dict[Level | None, list[Trade]]:
    """Concluded deals of whole weeks in UTC, summed by week and parties, for each carbon level.

    Under None over all levels. Deals that were cancelled later are in: their ask was the market's,
    and a figure that was told does not change.
    """
    statement = f"""
        SELECT proposal.boundary, proposal.ci_milli / %(level)s * %(level)s AS level,
               date_trunc('week', deal.concluded_at AT TIME ZONE 'UTC')::date AS week,
               {PARTY.format(table="producer")}, {PARTY.format(table="buyer")},
               SUM(deal.quantity_kg)::bigint,
               SUM(deal.quantity_kg::numeric * proposal.premium_usd_e4)
        FROM marketplace_deal AS deal
        JOIN marketplace_proposal AS proposal ON proposal.id = deal.proposal_id
        JOIN marketplace_organisation AS producer ON producer.id = deal.producer_id
        JOIN marketplace_organisation AS buyer ON buyer.id = deal.buyer_id
        WHERE deal.concluded_at >= %(since)s::timestamp AT TIME ZONE 'UTC'
          AND deal.concluded_at < %(before)s::timestamp AT TIME ZONE 'UTC'
        GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
    """  # noqa: S608 - only names of tables are put in  # nosec B608
    found: dict[Level | None, list[Trade]] = {}
    with connection.cursor() as cursor:
        cursor.execute(statement, {"level": LEVEL_MILLI, "since": since, "before": before})
        for boundary, milli, week, producer, buyer, kg, usd_e4_kg in cursor.fetchall():
            trade = Trade(week, producer, buyer, kg, int(usd_e4_kg))
            found.setdefault(Level(boundary, milli), []).append(trade)
            found.setdefault(None, []).append(trade)
    return found


def opened() -> date | None:
    """The day on which the first organisation was verified: no figure goes back further."""
    first = Organisation.objects.aggregate(first=Min("verified_at"))["first"]
    return first.astimezone(UTC).date() if first else None


def newest_ends() -> dict[tuple[Signal, Level | None], date]:
    """Where the newest figure over deals ends, of each kind and level."""
    rows = MarketFigure.objects.filter(signal__in=[Signal.PREMIUM.value, Signal.TONNES.value])
    return {
        (Signal(signal), None if milli is None else Level(boundary, milli)): end
        for signal, boundary, milli, end in rows.values_list(
            "signal", "boundary", "level_milli"
        ).annotate(newest=Max("end"))
    }


def supply(today: date) -> Iterator[Offer]:
    """What is left of open lots that may be matched, at each carbon intensity that they state."""
    open_lots = lots.backed(today).filter(
        lots.LEFT,
        organisations.trading("organisation__"),
        state=ListingState.OPEN.value,
        window_end__gte=today,
    )
    rows = CarbonStatement.objects.filter(lot__in=open_lots, boundary__in=BOUNDARIES)
    left = F("lot__quantity_kg") - F("lot__reserved_kg") - F("lot__sold_kg") - F("lot__returned_kg")
    for group, pk, boundary, ci_milli, kg in rows.annotate(left=left).values_list(
        "lot__organisation__group", "lot__organisation", "boundary", "ci_milli", "left"
    ):
        yield Offer(group or -pk, boundary, ci_milli, kg)


def demand() -> Iterator[Offer]:
    """What is still wanted of open requirements, at the carbon limit that they name."""
    for group, pk, boundary, ci_milli, kg in _wanted().values_list(*WANTED):
        yield Offer(group or -pk, boundary, ci_milli, kg)


def missed(today: date) -> Iterator[Offer]:
    """The same with the band that each limit lies in; of parties that hold no producer only.

    A producer's own group would know its part of a figure. Without a rate of its currency a limit
    is in no band.
    """
    fx = rates.snapshot(today)
    producing = Organisation.objects.filter(is_producer=True)
    rows = _wanted().exclude(organisation__in=producing)
    groups = producing.filter(group__isnull=False).values("group")
    rows = rows.exclude(organisation__group__in=groups)
    for *offer, limit, unit in rows.values_list(*WANTED, "max_premium", "premium_unit"):
        group, pk, boundary, ci_milli, kg = offer
        usd_e4 = fx.usd_e4(limit, unit)
        if usd_e4 is not None:
            yield Offer(group or -pk, boundary, ci_milli, kg, missed_band_usd(usd_e4))


def missed_by(today: date) -> list[MarketFigure]:
    """The newest figures of missed demand, for producers; by boundary, carbon level and band."""
    told = MarketFigure.objects.filter(signal=Signal.MISSED.value, shown_from__lte=today)
    newest = told.order_by("-end").values("end")[:1]
    return list(told.filter(end=newest).order_by("-boundary", "level_milli", "-band_usd"))


def _wanted() -> QuerySet[Requirement]:
    left = F("volume_kg") - F("reserved_kg") - F("bought_kg")
    return Requirement.objects.filter(
        organisations.trading("organisation__"),
        state=ListingState.OPEN.value,
        volume_kg__gt=F("reserved_kg") + F("bought_kg"),
    ).annotate(left=left)


def shown(today: date, boundary: Boundary) -> Shown:
    """What everybody may read of one boundary today, in three queries; of the last year only."""
    told = MarketFigure.objects.filter(shown_from__lte=today, end__gt=today - A_YEAR)
    # Limits lie behind missed demand: it is for producers, see ``missed_by``.
    told = told.exclude(signal=Signal.MISSED.value)
    newest: dict[tuple[str, int], MarketFigure] = {}
    ladders: dict[str, list[MarketFigure]] = {Signal.SUPPLY.value: [], Signal.DEMAND.value: []}
    day = _newest_ladder(told)
    for one in told.filter(boundary=boundary.value).order_by("level_milli", "end"):
        if one.signal == Signal.PREMIUM.value:
            newest[one.signal, one.level_milli or 0] = one
        elif one.end == day:
            ladders[one.signal].append(one)
    return Shown(
        premiums=list(newest.values()),
        tonnes=list(told.filter(signal=Signal.TONNES.value).order_by("end")),
        supply=ladders[Signal.SUPPLY.value],
        demand=ladders[Signal.DEMAND.value],
    )


def _newest_ladder(told: QuerySet[MarketFigure]) -> date | None:
    ladders = told.filter(signal__in=[Signal.SUPPLY.value, Signal.DEMAND.value])
    newest: date | None = ladders.aggregate(newest=Max("end"))["newest"]
    return newest

"""The demo's past weeks: listed, matched in rounds of their own, accepted, delivered, claimed.

Nothing is written beside the services: only their clock is set back, so what the market page
tells of these weeks is what it would have told.
"""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from itertools import product

from marketplace.domain import signals
from marketplace.domain.vocabulary import DealState, ProposalState
from marketplace.management.demo.facts import LANCANG, NORDLYS, ORCHARD, QINGHAI, RHEIN, SETO
from marketplace.management.demo.loading import People, day, window
from marketplace.models import Deal, Lot, Proposal
from marketplace.models.actors import Actor
from marketplace.services import (
    claims,
    deliveries,
    lots,
    notifications,
    proposals,
    requirements,
)
from marketplace.services import signals as figures
from matching import services

WEEK = timedelta(weeks=1)
# The market page tells of whole weeks that ended a week ago.
WEEKS = range(14, 1, -1)
SELLERS = ((QINGHAI, "Q-GREEN"), (LANCANG, "L-GREEN"), (NORDLYS, "N-COC"))
BUYERS = ((RHEIN, "EU"), (ORCHARD, "US"), (SETO, "JP"))
PRODUCTS = (("BILLET", "6063"), ("INGOT", "P1020A"), ("SLAB", "6016"))
# Carbon level -> what three producers state and ask, in t CO2e/t and USD/t.
LEVELS = (
    (("2.150", "29.00"), ("2.480", "27.50"), ("2.900", "25.50")),
    (("3.100", "22.00"), ("3.450", "20.00"), ("3.800", "18.50")),
)
TONNES = (120, 150, 180)
SAILING, CLAIMED = timedelta(days=25), timedelta(days=60)


def begin(now: datetime) -> datetime:
    """Before the first of the weeks."""
    return _monday(now) - (WEEKS[0] + 1) * WEEK


def play(people: People, now: datetime, times: int) -> None:
    """One round a week, all of it accepted; what has arrived since is delivered and claimed.

    ``times``: so many lots and requirements for each one, together of the same tonnes.
    """
    for ago in WEEKS if not Lot.objects.exists() else ():
        at = _monday(now) - ago * WEEK
        for _time in range(times):
            _list(people, at, ago, times)
        figures.write_due(now=at)
        services.run_on_change(row_id=None, clock=_stopped(at + timedelta(hours=1)))
        _accept(people, at + timedelta(hours=4))
    figures.write_due(now=now)
    for deal in Deal.objects.filter(state=DealState.CONFIRMED.value).order_by("pk"):
        _deliver(people, deal, now)
    for actor in people.actors.values():
        notifications.mark_all_read(by=actor.user, now=now)


def _list(people: People, at: datetime, week: int, times: int) -> None:
    """Three lots and three requirements, so that every side is three parties of like size."""
    for place, (seller, paper) in enumerate(SELLERS):
        form, grade = PRODUCTS[place]
        carbon, ask = LEVELS[week % 2][(place + week) % 3]
        buyer, region = BUYERS[(place + week) % 3]
        tonnes = str(Decimal(TONNES[(place + week // 3) % 3]) / times)
        raw: dict[str, object] = {
            "product_form": form, "grade": grade, "quantity_t": tonnes,
            "ci_smelter_s1s2": carbon, "ask_premium": ask, "origin_country": "CN",
            "energy_source": "HYDRO", "delivery_regions": region, "incoterm": "CIF",
            "certificates": [str(people.papers[paper].public_id)],
            "produced_from": day(at, -40), "produced_to": day(at, -5), **window(at, (10, 80)),
        }  # fmt: skip
        lots.publish(by=people.actors[seller], raw=raw, now=at)
        wanted: dict[str, object] = {
            "product_forms": form, "grades": grade, "volume_t": tonnes, "max_ci": "4.000",
            "boundary": "SMELTER_S1S2", "max_premium": "35", "delivery_region": region,
            **window(at, (15, 90)),
        }  # fmt: skip
        requirements.post(by=people.actors[buyer], raw=wanted, now=at)


def _accept(people: People, at: datetime) -> None:
    opened = Proposal.objects.filter(state=ProposalState.PROPOSED.value)
    for proposal, side in product(opened.order_by("pk"), ("lot", "requirement")):
        by = _of(people, getattr(proposal, side).organisation_id)
        proposals.accept(by=by, public_id=proposal.public_id, now=at)


def _deliver(people: People, deal: Deal, now: datetime) -> None:
    shipped = deal.concluded_at + SAILING
    if shipped > now:
        return
    raw = {
        "shipped_t": str(Decimal(deal.quantity_kg) / 1000),
        "shipped_on": shipped.date().isoformat(),
        "cast_numbers": f"D-{deal.pk}01, D-{deal.pk}02",
        "transport_document": f"DEMO BL {deal.pk:05d}",
    }
    deal = deliveries.record(
        by=_of(people, deal.producer_id), public_id=deal.public_id, raw=raw, now=shipped
    )
    used = deal.concluded_at + CLAIMED
    if used <= now and deal.state == DealState.DELIVERED.value:
        year = {"reporting_year": str(used.year)}
        claims.retire(by=_of(people, deal.buyer_id), public_id=deal.public_id, raw=year, now=used)


def _stopped(at: datetime) -> Callable[[], datetime]:
    return lambda: at


def _of(people: People, organisation: int) -> Actor:
    return next(one for one in people.actors.values() if one.organisation.pk == organisation)


def _monday(now: datetime) -> datetime:
    return datetime.combine(signals.monday(now.date()), time(8), UTC)

"""How much CO2e bought metal has less than a baseline: of one deal, and of a buyer's years."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from marketplace.domain import comparison
from marketplace.domain.vocabulary import DealState
from marketplace.models import CarbonBaseline, Deal, Proposal
from marketplace.models.actors import Actor

CHUNK = 2_000
Comparison = comparison.Comparison


class Row(NamedTuple):
    """What is read of a deal, by the paths of its columns."""

    public_id: UUID
    number: str
    producer__name: str
    quantity_kg: int
    concluded_at: datetime
    delivery__shipped_kg: int | None
    delivery__shipped_on: date | None
    record__product_form: str
    record__window_start: str
    record__boundary: str
    record__ci_milli: int


@dataclass(frozen=True)
class Purchase:
    """One deal of a buyer. ``is_delivered``: the tonnes are shipped ones, else contracted ones."""

    public_id: UUID
    number: str
    producer: str
    product_form: str
    year: int
    is_delivered: bool
    compared: Comparison


def baselines() -> list[comparison.Baseline]:
    return [
        comparison.Baseline(
            name=row.name,
            boundary=row.boundary,
            ci_milli=row.ci_milli,
            valid_from=row.valid_from,
            source=row.source,
            is_verified=row.is_verified,
        )
        for row in CarbonBaseline.objects.order_by("valid_from")
    ]


def of_proposal(proposal: Proposal) -> Comparison:
    """With the baseline of the day on which it was proposed."""
    metal = comparison.Metal(proposal.boundary, proposal.ci_milli, proposal.quantity_kg)
    return comparison.compare(metal, baselines(), on=proposal.created_at.date())


def of_deal(deal: Deal) -> Comparison:
    """With the baseline of the day on which it was concluded, over the tonnes that count."""
    delivery = getattr(deal, "delivery", None)
    kg = _counted_kg(deal.quantity_kg, delivery.shipped_kg if delivery else None)
    metal = comparison.Metal(deal.record["boundary"], deal.record["ci_milli"], kg)
    return comparison.compare(metal, baselines(), on=deal.concluded_at.date())


def purchases(actor: Actor) -> list[Purchase]:
    """Deals that the own organisation buys by, without cancelled ones; newest year, then newest.

    The year is that of the shipment; before it, that of the first day of the delivery window.
    Records are not read whole: two queries, whatever the number of deals.
    """
    found = (
        Deal.objects.filter(buyer=actor.organisation)
        .exclude(state=DealState.CANCELLED.value)
        .order_by("-concluded_at", "-pk")
        .values_list(*Row._fields)
    )
    known = baselines()
    rows = [_purchase(Row(*values), known) for values in found.iterator(CHUNK)]
    return sorted(rows, key=lambda one: -one.year)


def totals(rows: Iterable[Purchase]) -> list[comparison.Total]:
    """By year and boundary, newest year first."""
    return comparison.totals((one.year, one.compared) for one in rows)


def _purchase(row: Row, known: Sequence[comparison.Baseline]) -> Purchase:
    shipped_on = row.delivery__shipped_on
    starts = date.fromisoformat(row.record__window_start)
    kg = _counted_kg(row.quantity_kg, row.delivery__shipped_kg)
    metal = comparison.Metal(row.record__boundary, row.record__ci_milli, kg)
    return Purchase(
        public_id=row.public_id,
        number=row.number,
        producer=row.producer__name,
        product_form=row.record__product_form,
        year=(shipped_on or starts).year,
        is_delivered=shipped_on is not None,
        compared=comparison.compare(metal, known, on=row.concluded_at.date()),
    )


def _counted_kg(contracted_kg: int, shipped_kg: int | None) -> int:
    """What came above the contract is no part of the deal: it carries no claim either."""
    return contracted_kg if shipped_kg is None else min(shipped_kg, contracted_kg)

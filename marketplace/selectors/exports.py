"""Lists as files: what a list's page shows under the same filter, all of it, and nothing else."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from marketplace.domain import sheets
from marketplace.domain.fields import thousandths
from marketplace.domain.spreadsheets import Table
from marketplace.domain.vocabulary import Side
from marketplace.models import Deal, Proposal
from marketplace.models.actors import Actor
from marketplace.selectors import deals, lots, market_rows, proposals, requirements
from marketplace.selectors.filters import (
    LotFilter,
    OwnLotFilter,
    OwnRequirementFilter,
    ProposalFilter,
    narrowed_rows,
)

CHUNK = 500
# What the list's page was narrowed by, as its address says it.
Query = Mapping[str, str]
MARKET_LOT_COLUMNS = (
    "lot_id", "product_form", "grade", "available_t", "min_take_t", "ci_smelter_s1s2",
    "ci_cradle_to_gate", "ci_cbam_direct", "verified_boundaries", "schemes", "offsets_used",
    "energy_source", "renewable_pct", "recycled_pre_pct", "recycled_post_pct", "origin_country",
    "delivery_regions", "window_start", "window_end", "incoterm", "place", "duty_status",
    "listed_at",
)  # fmt: skip
ASKS = ("ask_premium", "premium_unit")
PROPOSAL_COLUMNS = (
    "proposal_id", "side", "with", "product_form", "grade", "boundary", "ci", "quantity_t",
    "premium", "premium_unit", "window_start", "window_end", "state", "proposed_at", "answer_until",
)  # fmt: skip
DEAL_COLUMNS = (
    "deal", "product_form", "grade", "boundary", "ci", "quantity_t", "premium", "premium_unit",
    "producer", "buyer", "concluded_at", "state", "flagged_at",
)  # fmt: skip
NUMBERS = frozenset(
    {"available_t", "ci", "quantity_t", "premium"}
    | {
        one.name
        for sheet in (sheets.LOTS, sheets.REQUIREMENTS)
        for one in sheet.columns
        if one.number
    }
)


@dataclass(frozen=True)
class Export:
    """``page``: the name of the list's address. ``cells``: a row of it, by column."""

    page: str
    columns: tuple[str, ...]
    rows: QuerySet[Any]
    cells: Callable[[Any], Mapping[str, str]]


def table_of(name: str, export: Export) -> Table:
    """Its cells as a file holds them; the rows are read from the database as they are written."""
    found: Iterable[Mapping[str, str]] = map(export.cells, export.rows.iterator(CHUNK))
    rows = ([cells[column] for column in export.columns] for cells in found)
    return Table(name, export.columns, rows, NUMBERS)


def _lots(actor: Actor, query: Query, today: date) -> Export:
    own = lots.own(actor).prefetch_related(*market_rows.LOT_RELATED)
    rows = narrowed_rows(OwnLotFilter(query, own))
    return Export("lots", sheets.LOTS.names, rows, lambda lot: market_rows.of_lot(lot, today))


def _requirements(actor: Actor, query: Query, today: date) -> Export:
    own = requirements.own(actor).prefetch_related(*market_rows.REQUIREMENT_RELATED)
    rows = narrowed_rows(OwnRequirementFilter(query, own))
    return Export("requirements", sheets.REQUIREMENTS.names, rows, market_rows.of_requirement)


def _market_lots(actor: Actor, query: Query, today: date) -> Export:
    """Asks only for who may see them: for others there is no such column."""
    shows_asks = lots.may_see_asks(actor)
    found = lots.open_for_buyers(actor).prefetch_related("carbon_statements", "certificate_links")
    return Export(
        "market_lots",
        MARKET_LOT_COLUMNS + (ASKS if shows_asks else ()),
        narrowed_rows(LotFilter(query, found)),
        lambda lot: market_rows.of_market_lot(lot, shows_asks=shows_asks),
    )


def _proposals(actor: Actor, query: Query, today: date) -> Export:
    rows = narrowed_rows(ProposalFilter(query, proposals.own(actor)))
    return Export("proposals", PROPOSAL_COLUMNS, rows, lambda one: _proposal(actor, one))


def _proposal(actor: Actor, proposal: Proposal) -> dict[str, str]:
    side = proposals.side_of(actor, proposal)
    other = proposal.requirement if side is Side.PRODUCER else proposal.lot
    return {
        "proposal_id": str(proposal.public_id),
        "side": side.value,
        "with": other.organisation.name,
        "product_form": proposal.lot.product_form,
        "grade": proposal.lot.grade,
        "boundary": proposal.boundary,
        "ci": thousandths(proposal.ci_milli),
        "quantity_t": thousandths(proposal.quantity_kg),
        "premium": str(proposal.ask_premium),
        "premium_unit": proposal.premium_unit,
        "window_start": proposal.window_start.isoformat(),
        "window_end": proposal.window_end.isoformat(),
        "state": proposal.state,
        "proposed_at": proposal.created_at.isoformat(),
        "answer_until": proposal.expires_at.isoformat(),
    }


def _deals(actor: Actor, query: Query, today: date) -> Export:
    return Export("deals", DEAL_COLUMNS, deals.own(actor), _deal)


def _deal(deal: Deal) -> dict[str, str]:
    return {
        "deal": deal.number,
        "product_form": deal.record["product_form"],
        "grade": deal.record["grade"],
        "boundary": deal.record["boundary"],
        "ci": thousandths(deal.record["ci_milli"]),
        "quantity_t": thousandths(deal.quantity_kg),
        "premium": str(deal.premium),
        "premium_unit": deal.premium_unit,
        "producer": deal.producer.name,
        "buyer": deal.buyer.name,
        "concluded_at": deal.concluded_at.isoformat(),
        "state": deal.state,
        "flagged_at": deal.flagged_at.isoformat() if deal.flagged_at else "",
    }


EXPORTS: Mapping[str, Callable[[Actor, Query, date], Export]] = {
    "lots": _lots,
    "requirements": _requirements,
    "market-lots": _market_lots,
    "proposals": _proposals,
    "deals": _deals,
}

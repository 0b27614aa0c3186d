"""Lists as files: what a list's page shows under the same filter, all of it, and nothing else."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from marketplace.domain import sheets
from marketplace.domain.fields import thousandths
from marketplace.domain.vocabulary import Side
from marketplace.models import Deal, Proposal
from marketplace.models.actors import Actor
from marketplace.selectors import deals, lots, market_rows, proposals, requirements
from marketplace.selectors.filters import (
    LotFilter,
    OwnLotFilter,
    OwnRequirementFilter,
    ProposalFilter,
)
from marketplace.web import pages, spreadsheets
from marketplace.web.acting import for_members

MOST_IN_XLSX = 20_000
CHUNK = 500
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


@require_GET
@for_members
def download(request: HttpRequest, actor: Actor, table: str, form: str) -> HttpResponseBase:
    if table not in EXPORTS or form not in ("csv", "xlsx"):
        raise Http404
    export = EXPORTS[table](actor, request.GET, timezone.now().date())
    if form == "csv":
        return spreadsheets.as_csv(table, _table(export, table))
    if export.rows.count() > MOST_IN_XLSX:
        words = _("More than %(most)s rows: narrow the list, or take the CSV.")
        messages.error(request, words % {"most": f"{MOST_IN_XLSX:,}"})
        return redirect(f"{reverse(export.page)}?{request.GET.urlencode()}")
    return spreadsheets.as_xlsx(table, _table(export, table))


def _table(export: Export, title: str) -> spreadsheets.Table:
    found: Iterable[Mapping[str, str]] = map(export.cells, export.rows.iterator(CHUNK))
    rows = ([cells[name] for name in export.columns] for cells in found)
    return spreadsheets.Table(title, export.columns, rows, NUMBERS)


def _lots(actor: Actor, query: QueryDict, today: date) -> Export:
    own = lots.own(actor).prefetch_related(*market_rows.LOT_RELATED)
    rows = pages.narrowed_rows(OwnLotFilter(query, own))
    return Export("lots", sheets.LOTS.names, rows, lambda lot: market_rows.of_lot(lot, today))


def _requirements(actor: Actor, query: QueryDict, today: date) -> Export:
    own = requirements.own(actor).prefetch_related(*market_rows.REQUIREMENT_RELATED)
    rows = pages.narrowed_rows(OwnRequirementFilter(query, own))
    return Export("requirements", sheets.REQUIREMENTS.names, rows, market_rows.of_requirement)


def _market_lots(actor: Actor, query: QueryDict, today: date) -> Export:
    """Asks only for who may see them: for others there is no such column."""
    shows_asks = lots.may_see_asks(actor)
    found = lots.open_for_buyers(actor).prefetch_related("carbon_statements", "certificate_links")
    return Export(
        "market_lots",
        MARKET_LOT_COLUMNS + (ASKS if shows_asks else ()),
        pages.narrowed_rows(LotFilter(query, found)),
        lambda lot: market_rows.of_market_lot(lot, shows_asks=shows_asks),
    )


def _proposals(actor: Actor, query: QueryDict, today: date) -> Export:
    rows = pages.narrowed_rows(ProposalFilter(query, proposals.own(actor)))
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


def _deals(actor: Actor, query: QueryDict, today: date) -> Export:
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


EXPORTS: Mapping[str, Callable[[Actor, QueryDict, date], Export]] = {
    "lots": _lots,
    "requirements": _requirements,
    "market-lots": _market_lots,
    "proposals": _proposals,
    "deals": _deals,
}

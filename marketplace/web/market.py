"""The public market page: three pictures, each with its table and CSV; nothing of anybody alone."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from marketplace.domain.fields import thousandths
from marketplace.domain.signals import BAND_USD, LEVEL_MILLI
from marketplace.domain.vocabulary import Boundary
from marketplace.models import MarketFigure
from marketplace.selectors import signals as selectors
from marketplace.selectors.signals import Shown
from marketplace.web import pages, pictures

Table = tuple[tuple[str, ...], list[list[str]]]
DAY = timedelta(days=1)


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """For everybody, signed in or not: all read the same."""
    boundary, shown = _shown(request)
    context = {
        "boundary": boundary.value,
        "boundaries": [one.value for one in selectors.BOUNDARIES],
        "premiums": pictures.premiums(shown.premiums),
        "ladder": pictures.ladder(shown.supply, shown.demand),
        "tonnes": pictures.tonnes(shown.tonnes),
        "shown": shown,
    }
    return render(request, "marketplace/market.html", context)


@require_GET
def as_csv(request: HttpRequest, picture: str) -> HttpResponse:
    """Exactly the table below a picture, in codes and plain numbers."""
    table = TABLES.get(picture)
    if table is None:
        raise Http404
    _boundary, shown = _shown(request)
    columns, rows = table(shown)
    return pages.as_csv(f"market-{picture}.csv", columns, rows)


def _shown(request: HttpRequest) -> tuple[Boundary, Shown]:
    """Of the boundary that is asked for; of the first one where none or another is."""
    named = request.GET.get("boundary", "")
    known = {one.value: one for one in selectors.BOUNDARIES}
    boundary = known.get(named, selectors.BOUNDARIES[0])
    return boundary, selectors.shown(timezone.now().date(), boundary)


def _premium_table(shown: Shown) -> Table:
    columns = (
        "boundary", "ci_from", "ci_below", "premium_from_usd_t", "premium_below_usd_t",
        "first_day", "last_day",
    )  # fmt: skip
    rows = [
        [*_level(one), str(one.value), str(one.value + BAND_USD), *_days(one)]
        for one in shown.premiums
    ]
    return columns, rows


def _ladder_table(shown: Shown) -> Table:
    columns = ("side", "boundary", "ci_from", "ci_below", "rounded_t", "as_of")
    rows = [
        [side, *_level(one), thousandths(one.value), one.end.isoformat()]
        for side, figures in (("supply", shown.supply), ("demand", shown.demand))
        for one in figures
    ]
    return columns, rows


def _tonnes_table(shown: Shown) -> Table:
    columns = ("first_day", "last_day", "rounded_t")
    return columns, [[*_days(one), thousandths(one.value)] for one in shown.tonnes]


def _level(one: MarketFigure) -> Sequence[str]:
    low = one.level_milli or 0
    return one.boundary, thousandths(low), thousandths(low + LEVEL_MILLI)


def _days(one: MarketFigure) -> Sequence[str]:
    last: date = one.end - DAY
    return one.begin.isoformat(), last.isoformat()


TABLES: dict[str, Callable[[Shown], Table]] = {
    "premium": _premium_table,
    "ladder": _ladder_table,
    "tonnes": _tonnes_table,
}

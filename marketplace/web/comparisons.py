"""A buyer's CO2e comparison: sums by year and boundary, the deals behind them, both as CSV."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from marketplace.domain.comparison import CAVEAT, Total, co2e_tonnes
from marketplace.domain.exports import safe
from marketplace.domain.fields import thousandths
from marketplace.models.actors import Actor
from marketplace.selectors import comparisons as selectors
from marketplace.selectors.comparisons import Purchase
from marketplace.web import pages
from marketplace.web.acting import for_members

DEAL_COLUMNS = (
    "year", "deal", "producer", "product_form", "tonnes_basis", "quantity_t", "boundary",
    "ci_t_co2e_per_t", "baseline", "baseline_counts_from", "baseline_t_co2e_per_t",
    "baseline_source", "difference_t_co2e", "caveat",
)  # fmt: skip
YEAR_COLUMNS = (
    "year", "boundary", "deals", "compared_t", "difference_t_co2e", "deals_without_baseline",
    "caveat",
)  # fmt: skip


@require_GET
@for_members
def own(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The sums of all years, and the deals of the chosen one: the newest unless one is named."""
    bought = selectors.purchases(actor)
    years = list(dict.fromkeys(one.year for one in bought))
    named = request.GET.get("year", "")
    year = next((one for one in years if str(one) == named), years[0] if years else None)
    of_year = [one for one in bought if one.year == year]
    context = {
        "totals": selectors.totals(bought),
        "year": year,
        "page": Paginator(of_year, pages.PER_PAGE).get_page(request.GET.get("page")),
        "query": f"year={year}",
    }
    return render(request, "marketplace/comparisons.html", context)


@require_GET
@for_members
def deals_csv(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Every compared deal, newest year first."""
    rows = (_deal_row(one) for one in selectors.purchases(actor))
    return pages.as_csv("co2e-comparison-deals.csv", DEAL_COLUMNS, rows)


@require_GET
@for_members
def years_csv(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The sums, one row for each year and boundary."""
    rows = (_year_row(one) for one in selectors.totals(selectors.purchases(actor)))
    return pages.as_csv("co2e-comparison-years.csv", YEAR_COLUMNS, rows)


def _deal_row(one: Purchase) -> list[str]:
    metal, baseline = one.compared.metal, one.compared.baseline
    against = ["", "", "", ""]
    if baseline is not None:
        against = [
            safe(baseline.name),
            baseline.valid_from.isoformat(),
            thousandths(baseline.ci_milli),
            safe(baseline.source),
        ]
    return [
        str(one.year),
        one.number,
        safe(one.producer),
        one.product_form,
        "delivered" if one.is_delivered else "contracted",
        thousandths(metal.kg),
        metal.boundary,
        thousandths(metal.ci_milli),
        *against,
        _difference(one.compared.difference_kg),
        _(CAVEAT),
    ]


def _year_row(one: Total) -> list[str]:
    return [
        str(one.year),
        one.boundary,
        str(one.count),
        thousandths(one.kg),
        _difference(one.difference_kg),
        str(one.without_baseline),
        _(CAVEAT),
    ]


def _difference(kilograms: int | None) -> str:
    return "" if kilograms is None else co2e_tonnes(kilograms, grouped=False)

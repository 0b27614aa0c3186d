"""The CBAM cost of an offer that goes into the EU, by the parameters of its delivery year.

The year is that of the first day of the delivery window. The price is the newest one up to that
day's quarter: what later certificates cost is not known.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from marketplace.domain import cbam
from marketplace.domain.vocabulary import Boundary, CbamProcess, Region
from marketplace.models import (
    CarbonStatement,
    CbamBenchmark,
    CbamDefault,
    CbamPrice,
    CbamYear,
    Deal,
    Lot,
    Proposal,
)
from marketplace.models.parameters import OfYear, Sourced
from marketplace.selectors.lots import valid_certificate

Row = TypeVar("Row", bound=OfYear)


@dataclass(frozen=True)
class Rows:
    """The rows of parameters that count for an offer; None where there is none."""

    year: CbamYear | None
    benchmarks: dict[str, CbamBenchmark]
    default: CbamDefault | None
    price: CbamPrice | None

    @property
    def parameters(self) -> cbam.Parameters:
        of = {process: row.emissions_milli for process, row in self.benchmarks.items()}
        return cbam.Parameters(
            factor_centi_pct=self.year.factor_centi_pct if self.year else None,
            cscf=self.year.cscf if self.year else None,
            primary_milli=of.get(CbamProcess.PRIMARY.value),
            secondary_milli=of.get(CbamProcess.SECONDARY.value),
            default_milli=self.default.emissions_milli if self.default else None,
            price_eur=self.price.eur if self.price else None,
            paid_at_origin_eur=self.default.paid_at_origin_eur if self.default else Decimal(0),
        )


@dataclass(frozen=True)
class Card:
    """What a page shows. ``stated_milli``: direct emissions that no valid certificate proves.

    ``only_to_eu``: the metal goes nowhere else, so that the cost is not only a possible one.
    """

    assessment: cbam.Assessment
    goods: cbam.Goods
    origin: str
    delivery_year: int
    only_to_eu: bool
    rows: Rows
    stated_milli: int | None

    @property
    def benchmark(self) -> CbamBenchmark | None:
        return self.rows.benchmarks.get(self.goods.process.value)

    @property
    def sources(self) -> list[tuple[Promise, Sourced]]:
        """The used rows, each with the word for it."""
        used = (
            (_("Factor"), self.rows.year),
            (_("Benchmark"), self.benchmark),
            (_("Default value"), self.rows.default),
            (_("Price"), self.rows.price),
        )
        return [(word, row) for word, row in used if row is not None]


@dataclass(frozen=True)
class _Offer:
    """Where metal comes from and goes to, when it begins to be delivered, and who proves it."""

    goods: cbam.Goods
    origin: str
    delivered_to: Collection[str]
    starts: date
    lot_id: int
    proven_on: date


def of_lot(lot: Lot, *, today: date) -> Card | None:
    """None for what is not brought into the EU from outside."""
    return _card(
        _Offer(
            goods=_goods(lot),
            origin=lot.origin_country,
            delivered_to=lot.delivery_regions,
            starts=lot.window_start,
            lot_id=lot.pk,
            proven_on=today,
        )
    )


def of_proposal(proposal: Proposal, *, today: date) -> Card | None:
    """Proved as of today while it is open, else as of the day on which it closed."""
    lot = proposal.lot
    return _card(
        _Offer(
            goods=_goods(lot),
            origin=lot.origin_country,
            delivered_to=[proposal.requirement.delivery_region],
            starts=proposal.window_start,
            lot_id=lot.pk,
            proven_on=proposal.closed_at.date() if proposal.closed_at else today,
        )
    )


def of_deal(deal: Deal) -> Card | None:
    """By the deal's record; direct emissions as the lot states them, proved on the deal's day."""
    record = deal.record
    goods = cbam.Goods(
        product_form=record["product_form"],
        cn_code=record["cn_code"],
        scrap_centi_pct=record["recycled_pre_centi_pct"] + record["recycled_post_centi_pct"],
        duty_status=record["duty_status"],
        incoterm=record["incoterm"],
    )
    return _card(
        _Offer(
            goods=goods,
            origin=record["origin_country"],
            delivered_to=[record["delivery_region"]],
            starts=date.fromisoformat(record["window_start"]),
            lot_id=deal.proposal.lot_id,
            proven_on=deal.concluded_at.date(),
        )
    )


def stale(today: date) -> cbam.Quarter | None:
    """The current quarter, where its certificate price is missing: what an admin has to enter."""
    now = cbam.quarter_of(today)
    known = CbamPrice.objects.filter(year=now.year, quarter=now.quarter).exists()
    return None if known else now


def newest_price(up_to: cbam.Quarter) -> CbamPrice | None:
    """Of the quarter or the last one before it that has a price."""
    earlier = Q(year__lt=up_to.year) | Q(year=up_to.year, quarter__lte=up_to.quarter)
    return CbamPrice.objects.filter(earlier).order_by("-year", "-quarter").first()


def _card(offer: _Offer) -> Card | None:
    if not cbam.is_import(origin=offer.origin, delivered_to=offer.delivered_to):
        return None
    rows = _rows(offer)
    stated, proved = _direct_emissions(offer)
    assessment = cbam.assess(
        offer.goods, rows.parameters, verified_milli=stated if proved else None
    )
    return Card(
        assessment=assessment,
        goods=offer.goods,
        origin=offer.origin,
        delivery_year=offer.starts.year,
        only_to_eu=set(offer.delivered_to) == {Region.EU.value},
        rows=rows,
        stated_milli=None if proved else stated,
    )


def _goods(lot: Lot) -> cbam.Goods:
    return cbam.Goods(
        product_form=lot.product_form,
        cn_code=lot.cn_code,
        scrap_centi_pct=lot.recycled_pre_centi_pct + lot.recycled_post_centi_pct,
        duty_status=lot.duty_status,
        incoterm=lot.incoterm,
    )


def _rows(offer: _Offer) -> Rows:
    year = offer.starts.year
    benchmarks = _of_year(CbamBenchmark.objects.all(), year).order_by("process", "-year")
    defaults = CbamDefault.objects.filter(country=offer.origin)
    return Rows(
        year=_of_year(CbamYear.objects.all(), year).first(),
        benchmarks={one.process: one for one in benchmarks.distinct("process")},
        default=_of_year(defaults, year).first(),
        price=newest_price(cbam.quarter_of(offer.starts)),
    )


def _of_year(rows: QuerySet[Row], year: int) -> QuerySet[Row]:
    """The rows that hold for a year, the one to take first: its own, else the newest before it."""
    return rows.filter(Q(year=year) | Q(year__lt=year, and_later=True)).order_by("-year")


def _direct_emissions(offer: _Offer) -> tuple[int | None, bool]:
    """What the lot states within CBAM_DIRECT, and whether a valid certificate proves it."""
    proven = ExpressionWrapper(
        valid_certificate(offer.proven_on, "evidence__"), output_field=BooleanField()
    )
    stated = CarbonStatement.objects.filter(
        lot=offer.lot_id, boundary=Boundary.CBAM_DIRECT.value
    ).annotate(proven=proven)
    found = stated.values_list("ci_milli", "proven").first()
    return (found[0], bool(found[1])) if found else (None, False)

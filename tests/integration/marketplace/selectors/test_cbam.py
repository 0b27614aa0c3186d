"""CBAM of lots, proposals and deals: the right rows by year, quarter and country, or none."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Model

from marketplace.domain.cbam import Cover, Missing, Quarter
from marketplace.models import (
    CarbonBaseline,
    CbamBenchmark,
    CbamDefault,
    CbamPrice,
    CbamYear,
    Certificate,
    Deal,
    Lot,
    Proposal,
)
from marketplace.selectors import cbam
from marketplace.services import certificates
from tests.factories import market as made
from tests.factories import parameters
from tests.factories.deals import Pair

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
TODAY = NOW.date()
DECEMBER = {"window_start": "2026-12-10", "window_end": "2027-02-10"}


@pytest.fixture
def pair() -> Pair:
    parameters.seed()
    return Pair(NOW)


def proof(pair: Pair, milli: str = "1.600", **raw: str) -> Certificate:
    values = {"scheme": "ISO_14067", "certified_t": "", "boundary": "CBAM_DIRECT", "ci": milli}
    return made.certificate(pair.producer, by=pair.admin, now=NOW, **values | raw)


def lot(pair: Pair, *proofs: Certificate, **raw: object) -> Lot:
    values: dict[str, object] = {**DECEMBER, "duty_status": "DUTY_UNPAID", **raw}
    return made.lot(pair.producer, pair.certificate, *proofs, now=NOW, **values)


def card(found: Lot) -> cbam.Card:
    shown = cbam.of_lot(found, today=TODAY)
    assert shown is not None
    return shown


def costs(shown: cbam.Card) -> tuple[str | None, str | None]:
    lines = (shown.assessment.actual, shown.assessment.default)
    actual, default = (str(one.cost_eur) if one else None for one in lines)
    return actual, default


def test_the_check_values_on_a_lot(pair: Pair) -> None:
    plain = card(lot(pair))
    assert costs(plain) == (None, "143.98")
    verified = card(lot(pair, proof(pair), ci_cbam_direct="1.600"))
    assert costs(verified) == ("16.00", "143.98")
    assert verified.assessment.gain_eur == Decimal("127.98")
    assert (verified.delivery_year, verified.stated_milli) == (2026, None)
    assert verified.rows.price and verified.rows.price.of == Quarter(2026, 2)
    words = [str(word) for word, _row in verified.sources]
    assert words == ["Factor", "Benchmark", "Default value", "Price"]
    assert all(row.source and not row.is_verified for _word, row in verified.sources)


def test_what_the_producer_only_states_is_no_verified_data(pair: Pair) -> None:
    stated = card(lot(pair, ci_cbam_direct="1.600"))
    assert costs(stated) == (None, "143.98")
    assert stated.stated_milli == 1600


def test_a_revoked_or_lapsed_proof_proves_nothing(pair: Pair) -> None:
    paper = proof(pair)
    found = lot(pair, paper, ci_cbam_direct="1.600")
    assert cbam.of_lot(found, today=paper.valid_to) is not None
    lapsed = cbam.of_lot(found, today=date(paper.valid_to.year + 1, 12, 1))
    assert lapsed and costs(lapsed) == (None, "143.98")
    certificates.revoke(public_id=paper.public_id, by=pair.admin, reason="Fraud", now=NOW)
    assert costs(card(found)) == (None, "143.98")


def test_the_delivery_year_decides_factor_and_default(pair: Pair) -> None:
    def of(year: int) -> str | None:
        window = {"window_start": f"{year}-01-05", "window_end": f"{year}-02-05"}
        return costs(card(lot(pair, quantity_t="10", **window)))[1]

    # (3.600 - 0.95 x 1.423) x 75.28, and (3.900 - f x 1.423) x 75.28 from 2028 on.
    assert [of(year) for year in (2027, 2028, 2031)] == ["169.24", "197.18", "251.81"]


def test_each_quarter_has_its_own_price_and_later_ones_the_newest_known(pair: Pair) -> None:
    CbamPrice.objects.create(year=2027, quarter=1, eur="80", source="a test", as_of=TODAY)
    found = [cbam.newest_price(Quarter(*of)) for of in ((2025, 4), (2026, 1), (2026, 4), (2027, 1))]
    assert [str(one) for one in found] == ["None", "Q1 2026", "Q2 2026", "Q1 2027"]
    assert cbam.stale(date(2027, 3, 31)) is None
    assert cbam.stale(TODAY) == Quarter(2026, 4)


def test_scrap_takes_the_secondary_benchmark(pair: Pair) -> None:
    found = lot(pair, recycled_pre_pct="20", recycled_post_pct="40", ci_smelter_s1s2="1.300")
    shown = card(found)
    assert shown.benchmark and shown.benchmark.process == "SECONDARY"
    assert costs(shown) == (None, "241.74")


@pytest.mark.parametrize(
    ("rows", "missing"),
    [
        (CbamYear, Missing.FACTOR),
        (CbamBenchmark, Missing.BENCHMARK),
        (CbamPrice, Missing.PRICE),
        (CbamDefault, Missing.DEFAULT),
    ],
)
def test_what_nobody_entered_is_named(pair: Pair, rows: type[Model], missing: Missing) -> None:
    rows._default_manager.all().delete()
    shown = card(lot(pair)).assessment
    assert (shown.cover, shown.missing) == (Cover.UNKNOWN, (missing,))


def test_a_country_without_a_default_and_a_year_without_a_row(pair: Pair) -> None:
    gulf = card(lot(pair, origin_country="AE")).assessment
    assert (gulf.cover, gulf.missing) == (Cover.UNKNOWN, (Missing.DEFAULT,))
    CbamYear.objects.filter(year=2026).delete()
    assert card(lot(pair)).assessment.missing == (Missing.FACTOR,)


def test_rod_and_duty_paid_have_no_number_and_other_ways_no_card(pair: Pair) -> None:
    rod = card(lot(pair, product_form="WIRE_ROD", grade="1350", cn_code="7605"))
    assert rod.assessment.cover is Cover.NOT_COVERED
    paid = card(lot(pair, duty_status="DUTY_PAID"))
    assert paid.assessment.cover is Cover.DUTY_PAID
    assert cbam.of_lot(lot(pair, origin_country="NO"), today=TODAY) is None
    assert cbam.of_lot(lot(pair, delivery_regions="CN|JP"), today=TODAY) is None


def test_proposal_and_deal_go_where_the_requirement_says(pair: Pair) -> None:
    found = lot(pair, proof(pair), ci_cbam_direct="1.600", quantity_t="1000")
    europe = pair.requirement(**DECEMBER)
    opened = pair.proposal(found, europe, 100)
    shown = cbam.of_proposal(opened, today=TODAY)
    assert shown and costs(shown) == ("16.00", "143.98")
    made_deal = pair.deal(300, lot=reread(found), wanted=pair.requirement(**DECEMBER))
    of_deal = cbam.of_deal(made_deal)
    assert of_deal and costs(of_deal) == ("16.00", "143.98")
    china = pair.requirement(delivery_region="CN", **DECEMBER)
    elsewhere = pair.deal(200, lot=reread(found), wanted=china)
    assert cbam.of_deal(elsewhere) is None
    assert cbam.of_proposal(elsewhere.proposal, today=TODAY) is None


def test_a_deal_keeps_the_proof_of_its_day(pair: Pair) -> None:
    paper = proof(pair, valid_to="2026-12-01")
    deal = pair.deal(lot=lot(pair, paper, ci_cbam_direct="1.600"), wanted=pair.requirement())
    found = Deal.objects.get(pk=deal.pk)
    years_later = date(2030, 1, 1)
    shown = cbam.of_deal(found)
    closed = cbam.of_proposal(Proposal.objects.get(), today=years_later)
    assert shown and closed
    assert costs(shown)[0] == costs(closed)[0] == "16.00"


def reread(found: Lot) -> Lot:
    return Lot.objects.get(pk=found.pk)


def test_five_queries_for_a_card(pair: Pair, django_assert_num_queries: Any) -> None:
    found = lot(pair, proof(pair), ci_cbam_direct="1.600")
    with django_assert_num_queries(5):
        assert card(found).sources


def row(model: type[Model], **values: object) -> Callable[[], Model]:
    defaults: dict[str, object] = {"source": "a test", "as_of": TODAY}
    return lambda: model._default_manager.create(**defaults | values)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("cbam_year_once", row(CbamYear, year=2026, factor_centi_pct=1, cscf=1)),
        ("cbam_year_in_range", row(CbamYear, year=2025, factor_centi_pct=1, cscf=1)),
        (
            "cbam_year_factor_within_whole",
            row(CbamYear, year=2050, factor_centi_pct=10_001, cscf=1),
        ),
        ("cbam_year_cscf_in_range", row(CbamYear, year=2050, factor_centi_pct=1, cscf=0)),
        (
            "cbam_benchmark_once",
            row(CbamBenchmark, year=2026, process="PRIMARY", emissions_milli=1),
        ),
        (
            "cbam_benchmark_process_known",
            row(CbamBenchmark, year=2026, process="MIXED", emissions_milli=1),
        ),
        (
            "cbam_benchmark_year_in_range",
            row(CbamBenchmark, year=2101, process="PRIMARY", emissions_milli=1),
        ),
        (
            "cbam_benchmark_in_range",
            row(CbamBenchmark, year=2027, process="PRIMARY", emissions_milli=0),
        ),
        ("cbam_default_once", row(CbamDefault, year=2026, country="CN", emissions_milli=1)),
        ("cbam_default_country_code", row(CbamDefault, year=2026, country="cn", emissions_milli=1)),
        (
            "cbam_default_year_in_range",
            row(CbamDefault, year=2025, country="AE", emissions_milli=1),
        ),
        (
            "cbam_default_in_range",
            row(CbamDefault, year=2026, country="AE", emissions_milli=25_001),
        ),
        (
            "cbam_default_paid_not_negative",
            row(CbamDefault, year=2026, country="AE", emissions_milli=1, paid_at_origin_eur=-1),
        ),
        ("cbam_price_once", row(CbamPrice, year=2026, quarter=1, eur=1)),
        ("cbam_price_year_in_range", row(CbamPrice, year=2025, quarter=1, eur=1)),
        ("cbam_price_quarter_of_four", row(CbamPrice, year=2026, quarter=5, eur=1)),
        ("cbam_price_positive", row(CbamPrice, year=2026, quarter=3, eur=0)),
        (
            "carbon_baseline_one_per_day",
            row(CarbonBaseline, boundary="SMELTER_S1S2", ci_milli=10, valid_from="2026-01-01"),
        ),
        (
            "carbon_baseline_boundary_known",
            row(CarbonBaseline, boundary="S3", ci_milli=10, valid_from="2026-01-01"),
        ),
        (
            "carbon_baseline_in_range",
            row(CarbonBaseline, boundary="SMELTER_S1S2", ci_milli=9, valid_from="2026-01-02"),
        ),
    ],
)
def test_the_database_refuses(pair: Pair, name: str, make: Callable[[], Model]) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        make()

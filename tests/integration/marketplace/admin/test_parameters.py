"""Parameters in the admin: seeded with sources, edited with history, a missing price is told."""

from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone

from marketplace.domain.cbam import quarter_of
from marketplace.models import CarbonBaseline, CbamDefault, CbamPrice, CbamYear
from tests.factories import market as made
from tests.factories import parameters

pytestmark = pytest.mark.django_db
SOURCED = {"source": "Official Journal", "as_of": "2026-11-26"}


@pytest.fixture
def office() -> Client:
    parameters.seed()
    client = Client()
    client.force_login(made.admin(now=timezone.now(), may_all=True))
    return client


def page(office: Client, model: str) -> str:
    return office.get(f"/admin/marketplace/{model}/").content.decode()


def added(office: Client, model: str, **values: str) -> Any:
    return office.post(f"/admin/marketplace/{model}/add/", SOURCED | values)


def test_what_the_migration_brings_is_what_the_facts_say(office: Client) -> None:
    factors = CbamYear.objects.order_by("year").values_list("factor_centi_pct", flat=True)
    assert list(factors) == [9750, 9500, 9000, 7750, 5150, 3900, 2650, 1400, 0]
    defaults = CbamDefault.objects.order_by("country", "year")
    assert [(one.country, one.year, one.emissions_milli) for one in defaults] == [
        ("CN", 2026, 3300), ("CN", 2027, 3600), ("CN", 2028, 3900),
        ("IN", 2026, 2057), ("IN", 2027, 2244), ("IN", 2028, 2431),
    ]  # fmt: skip
    for kind in parameters.MODELS:
        for row in kind._default_manager.all():
            assert "source" in row.source and not row.is_verified, "said where and how sure"
    for model, words in (
        ("cbamyear", ("97.50 %", "2034 and later")),
        ("cbambenchmark", ("1.423 t CO2e/t · CBAM direct", "0.091", "not verified at source")),
        ("cbamdefault", ("3.300 t CO2e/t · CBAM direct", "2028 and later")),
        ("cbamprice", ("Q2 2026", "75.28")),
        ("carbonbaseline", ("10.500 t CO2e/t · smelter 1+2", "13.200")),
    ):
        shown = page(office, model)
        for word in words:
            assert word in shown, word


def test_a_missing_price_of_this_quarter_is_told_until_it_is_entered(office: Client) -> None:
    now = quarter_of(timezone.now().date())
    CbamPrice.objects.filter(year=now.year, quarter=now.quarter).delete()
    words = f"no CBAM certificate price of {now} yet"
    assert words in page(office, "cbamprice")
    sent = {"year": str(now.year), "quarter": str(now.quarter), "eur": "77.10"}
    assert added(office, "cbamprice", **sent).status_code == 302
    assert words not in page(office, "cbamprice")


def test_changes_are_in_the_history(office: Client) -> None:
    row = CarbonBaseline.objects.get(boundary="SMELTER_S1S2")
    sent = {"name": row.name, "boundary": row.boundary, "ci_milli": "10400"}
    path = f"/admin/marketplace/carbonbaseline/{row.pk}/change/"
    done = office.post(path, SOURCED | sent | {"valid_from": "2026-01-01"})
    assert done.status_code == 302
    history = apps.get_model("marketplace", "CarbonBaselineEvent").objects.filter(pgh_obj_id=row.pk)
    kept = history.order_by("pgh_id").values_list("pgh_label", "ci_milli")
    assert list(kept) == [("insert", 10_500), ("update", 10_400)]


@pytest.mark.parametrize(
    ("model", "values"),
    [
        ("cbamyear", {"year": "2026", "factor_centi_pct": "9750", "cscf": "1"}),
        ("cbamyear", {"year": "2050", "factor_centi_pct": "10001", "cscf": "1"}),
        ("cbamyear", {"year": "2050", "factor_centi_pct": "1", "cscf": "NaN"}),
        ("cbambenchmark", {"year": "2027", "process": "MIXED", "emissions_milli": "1"}),
        ("cbamdefault", {"year": "2026", "country": "ZZ", "emissions_milli": "1"}),
        ("cbamdefault", {"year": "2026", "country": "CN", "emissions_milli": "1"}),
        ("cbamprice", {"year": "2027", "quarter": "5", "eur": "80"}),
        ("cbamprice", {"year": "2027", "quarter": "1", "eur": "-1"}),
        ("cbamprice", {"year": "2027", "quarter": "1", "eur": "Infinity"}),
        ("cbamprice", {"year": "2027", "quarter": "1", "eur": "80", "source": ""}),
        ("carbonbaseline", {"name": "x", "boundary": "SMELTER_S1S2", "ci_milli": "9"}),
    ],
)
def test_what_breaks_a_rule_is_refused_beside_its_field(
    office: Client, model: str, values: dict[str, str]
) -> None:
    more = {"paid_at_origin_eur": "0", "valid_from": "2027-01-01"}
    kind = apps.get_model("marketplace", model)
    before = kind.objects.count()
    answer = added(office, model, **more | values)
    assert answer.status_code == 200 and "errorlist" in answer.content.decode()
    assert kind.objects.count() == before


def test_a_country_is_kept_as_its_code(office: Client) -> None:
    sent = {"year": "2026", "country": "ae", "emissions_milli": "2500", "paid_at_origin_eur": "0"}
    assert added(office, "cbamdefault", **sent).status_code == 302
    assert CbamDefault.objects.get(country="AE").emissions_milli == 2500

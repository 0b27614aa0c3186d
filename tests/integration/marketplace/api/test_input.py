"""Scenario 9 through the API: each bad value is a field error; nothing saved, no crash."""

from typing import Any

import pytest
from django.utils import timezone

from marketplace.models import Certificate, Lot, Organisation, Requirement
from tests.factories import market
from tests.factories.api import Caller
from tests.figures import attack

pytestmark = [pytest.mark.django_db, attack("C5"), attack("C11")]


def refused_fields(response: Any) -> set[str]:
    assert response.status_code == 400, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem["code"] == "invalid_input"
    assert all(error["pointer"] == f"/{error['field']}" for error in problem["errors"])
    return {error["field"] for error in problem["errors"]}


BAD_LOTS = [
    ({"ci_smelter_s1s2": "3200"}, "ci_smelter_s1s2"),
    ({"ci_smelter_s1s2": "0"}, "ci_smelter_s1s2"),
    ({"ci_smelter_s1s2": "-1"}, "ci_smelter_s1s2"),
    ({"ci_smelter_s1s2": "NaN"}, "ci_smelter_s1s2"),
    ({"ci_smelter_s1s2": "Infinity"}, "ci_smelter_s1s2"),
    ({"ci_smelter_s1s2": "1e400"}, "ci_smelter_s1s2"),
    ({"ci_smelter_s1s2": "4,0"}, "ci_smelter_s1s2"),
    ({"ci_smelter_s1s2": "3.9996"}, "ci_smelter_s1s2"),
    ({"quantity_t": "0"}, "quantity_t"),
    ({"quantity_t": "-5"}, "quantity_t"),
    ({"quantity_t": "1000000000000"}, "quantity_t"),
    ({"quantity_t": True}, "quantity_t"),
    ({"ask_premium": "2600"}, "ask_premium"),
    ({"window_end": "2020-01-01"}, "window_end"),
    ({"recycled_pre_pct": "60", "recycled_post_pct": "55"}, "recycled_post_pct"),
    ({"al_pct": "99.50"}, "al_pct"),
    ({"product_form": "PIG"}, "product_form"),
    ({"certificates": []}, "certificates"),
    ({"certificates": ["not-an-id"]}, "certificates"),
    ({"producer": "Somebody else"}, "producer"),
    ({"state": "CLOSED"}, "state"),
    ({"sold_t": "1"}, "sold_t"),
]


@pytest.mark.parametrize(("bad", "field"), BAD_LOTS)
def test_a_bad_lot_names_the_field_and_saves_nothing(bad: dict[str, object], field: str) -> None:
    admin = market.admin(now=timezone.now())
    producer = market.trader(side="producer", by=admin)
    backing = market.certificate(producer, by=admin)
    values = {**market.lot_values(backing), **bad}
    assert field in refused_fields(Caller.of(producer).post("lots", values))
    assert not Lot.objects.exists()
    backing.refresh_from_db()
    assert backing.allocated_kg == 0


BAD_REQUIREMENTS = [
    ({"max_ci": "3200"}, "max_ci"),
    ({"max_ci": "0"}, "max_ci"),
    ({"max_ci": "NaN"}, "max_ci"),
    ({"max_ci": "4,0"}, "max_ci"),
    ({"boundary": ""}, "boundary"),
    ({"volume_t": "0"}, "volume_t"),
    ({"volume_t": "1e12"}, "volume_t"),
    ({"max_premium": "2600"}, "max_premium"),
    ({"window_end": "2020-01-01"}, "window_end"),
    ({"delivery_region": "MOON"}, "delivery_region"),
    ({"buyer": "Somebody else"}, "buyer"),
    ({"bought_kg": "1"}, "bought_kg"),
]


@pytest.mark.parametrize(("bad", "field"), BAD_REQUIREMENTS)
def test_a_bad_requirement_names_the_field(bad: dict[str, object], field: str) -> None:
    buyer = market.trader(side="buyer", by=market.admin(now=timezone.now()))
    values = {**market.requirement_values(), **bad}
    assert field in refused_fields(Caller.of(buyer).post("requirements", values))
    assert not Requirement.objects.exists()


def certificate_values(**raw: object) -> dict[str, object]:
    return {
        "scheme": "CGMC_GREEN_POWER",
        "issuer": "CGMC",
        "number": "CGMC-001",
        "certified_t": "12000",
        "valid_from": "2026-01-01",
        "valid_to": "2027-12-31",
        **raw,
    }


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ({"valid_to": "2025-12-31"}, "valid_to"),
        ({"certified_t": "-1"}, "certified_t"),
        ({"ci": "3.200"}, "boundary"),
        ({"state": "VERIFIED"}, "state"),
    ],
)
def test_a_bad_certificate_names_the_field(bad: dict[str, object], field: str) -> None:
    producer = market.trader(side="producer", by=market.admin(now=timezone.now()))
    response = Caller.of(producer).post("certificates", certificate_values(**bad))
    assert field in refused_fields(response)
    assert not Certificate.objects.exists()


def test_one_certificate_number_in_two_spellings_is_one() -> None:
    caller = Caller.of(market.trader(side="producer", by=market.admin(now=timezone.now())))
    assert caller.post("certificates", certificate_values()).status_code == 201
    response = caller.post("certificates", certificate_values(number=" cgmc-001 "))
    assert "number" in refused_fields(response)
    assert Certificate.objects.count() == 1


@pytest.mark.parametrize(
    "body",
    [
        '{"quantity_t": NaN}',
        '{"quantity_t": ' + "[" * 10_000 + "]" * 10_000 + "}",
        '["lots"]',
        "{",
        '{"grade": "' + "x" * 1024 * 1024 + '"}',
    ],
)
def test_a_body_that_is_no_plain_object_is_refused(body: str) -> None:
    caller = Caller.of(market.trader(side="producer", by=market.admin(now=timezone.now())))
    response = caller.send("POST", "lots", body)
    assert response.status_code in (400, 413)
    assert response.headers["Content-Type"] == "application/problem+json"


def test_numbers_of_json_are_read_exactly() -> None:
    admin = market.admin(now=timezone.now())
    producer = market.trader(side="producer", by=admin)
    values = market.lot_values(market.certificate(producer, by=admin), quantity_t=250.125)
    response = Caller.of(producer).post("lots", values)
    assert response.status_code == 201, response.content
    assert response.json()["quantity_t"] == "250.125"
    assert Organisation.objects.get(pk=producer.organisation.pk).lots.get().quantity_kg == 250_125

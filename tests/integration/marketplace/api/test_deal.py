"""From the proposal to the deal, as two systems would do it."""

from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from marketplace.models import Lot, Proposal, Requirement
from marketplace.services import proposals
from tests.factories import market
from tests.factories.api import Caller

pytestmark = pytest.mark.django_db


class Two:
    """A producer and a buyer with one open proposal between them."""

    def __init__(self) -> None:
        now = timezone.now()
        admin = market.admin(now=now)
        producer, buyer = (market.trader(side=side, by=admin) for side in ("producer", "buyer"))
        lot = market.lot(producer, market.certificate(producer, by=admin))
        requirement = market.requirement(buyer, max_premium="987.65")
        self.open(lot, requirement)
        self.producer, self.buyer = Caller.of(producer), Caller.of(buyer)
        self.path = f"proposals/{Proposal.objects.get().public_id}"

    def open(self, lot: Lot, requirement: Requirement) -> None:
        member = proposals.BundleMember(
            lot_id=lot.pk,
            requirement_id=requirement.pk,
            quantity_kg=500_000,
            lot_version=lot.version,
            requirement_version=requirement.version,
            ci_milli=3_200,
            premium_usd_e4=200_000,
            fx_usd_per_unit=Decimal(1),
            fx_date=None,
        )
        proposals.open_bundles(
            round_number=1, engine_version="test", bundles=[[member]], now=timezone.now()
        )


@pytest.fixture
def two() -> Two:
    return Two()


def seen(caller: Caller, path: str) -> Any:
    response = caller.get(path)
    assert response.status_code == 200, response.content
    assert "987.65" not in response.content.decode()
    return response.json()


def test_accepted_by_both_it_is_a_deal_at_the_asked_premium(two: Two) -> None:
    assert seen(two.producer, two.path)["side"] == "PRODUCER"
    assert seen(two.buyer, two.path)["side"] == "BUYER"
    first = two.producer.post(f"{two.path}/accept", Idempotency_Key="a")
    assert (first.status_code, first.json()["state"]) == (200, "PROPOSED")
    assert two.producer.post(f"{two.path}/accept", Idempotency_Key="a").content == first.content
    second = two.buyer.post(f"{two.path}/accept")
    assert (second.status_code, second.json()["state"]) == (200, "DEAL")
    for caller in (two.producer, two.buyer):
        deal = seen(caller, "deals")["results"][0]
        assert (deal["quantity_t"], deal["premium"], deal["premium_unit"]) == (
            "500.000",
            "20.00",
            "USD_T",
        )
        assert seen(caller, f"deals/{deal['id']}") == deal


def test_an_answer_after_the_end_is_a_conflict(two: Two) -> None:
    declined = two.buyer.post(f"{two.path}/decline", {"reason": "Freight rose."})
    assert (declined.status_code, declined.json()["state"]) == (200, "DECLINED")
    late = two.producer.post(f"{two.path}/accept")
    assert late.status_code == 409
    assert late.json()["code"] == "conflict"


def test_the_reason_of_a_decline_stays_with_the_side_that_gave_it(two: Two) -> None:
    two.buyer.post(f"{two.path}/decline", {"reason": "Freight rose."})
    assert seen(two.buyer, two.path)["reason"] == "Freight rose."
    assert seen(two.producer, two.path)["reason"] == ""


def test_declining_needs_a_reason(two: Two) -> None:
    response = two.buyer.post(f"{two.path}/decline")
    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "reason"


def test_an_old_etag_answers_nothing(two: Two) -> None:
    tag = two.buyer.get(two.path).headers["ETag"]
    two.producer.post(f"{two.path}/accept")
    assert two.buyer.post(f"{two.path}/accept", If_Match=tag).status_code == 412
    assert Proposal.objects.get().buyer_answer == "OPEN"

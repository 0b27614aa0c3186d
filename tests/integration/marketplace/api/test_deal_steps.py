"""Delivery, claim and cancellation, as two systems would do them."""

from typing import Any

import pytest
from django.utils import timezone

from marketplace.models import Claim, Deal
from tests.factories.api import Caller
from tests.factories.deals import Pair, shipment

pytestmark = pytest.mark.django_db


class Two:
    def __init__(self) -> None:
        self.pair = Pair(timezone.now())
        self.deal = self.pair.deal(wanted=self.pair.requirement(max_premium="987.65"))
        self.producer, self.buyer = Caller.of(self.pair.producer), Caller.of(self.pair.buyer)
        self.path = f"deals/{self.deal.public_id}"
        self.year = timezone.now().year

    def deliver(self, body: dict[str, object] | None = None, **headers: str) -> Any:
        given = {**shipment(self.deal, "499.5"), "cast_numbers": ["A-1", "A-2"], **(body or {})}
        return self.producer.post(f"{self.path}/delivery", given, **headers)

    def retire(self, **headers: str) -> Any:
        body = {"beneficiary": "Plant 3", "reporting_year": str(self.year)}
        return self.buyer.post(f"{self.path}/claim/retire", body, **headers)


@pytest.fixture
def two() -> Two:
    return Two()


def test_delivered_and_claimed(two: Two) -> None:
    done = two.deliver(Idempotency_Key="d1")
    assert done.status_code == 200, done.content
    found = done.json()
    assert (found["state"], found["delivery"]["shipped_t"]) == ("DELIVERED", "499.500")
    assert (found["claim"]["claimable_t"], found["claim"]["retired_at"]) == ("499.500", None)
    assert two.deliver(Idempotency_Key="d1").content == done.content
    retired = two.retire(Idempotency_Key="r1")
    assert retired.status_code == 200, retired.content
    assert retired.json()["claim"]["beneficiary"] == "Plant 3"
    assert two.retire(Idempotency_Key="r1").content == retired.content
    assert two.retire().status_code == 409
    for caller in (two.producer, two.buyer):
        seen = caller.get(two.path)
        assert seen.json() == retired.json()
        assert b"987.65" not in seen.content


def test_broken_rules_are_told_by_field_and_nothing_is_saved(two: Two) -> None:
    refused = two.deliver({"shipped_t": "999", "cast_numbers": [], "colour": "red"})
    assert refused.status_code == 400
    assert [one["field"] for one in refused.json()["errors"]] == ["colour"]
    refused = two.deliver({"shipped_t": "999", "cast_numbers": []})
    codes = {one["field"]: one["code"] for one in refused.json()["errors"]}
    assert codes == {"shipped_t": "above_tolerance", "cast_numbers": "required"}
    assert Deal.objects.get().state == "CONFIRMED"


@pytest.mark.parametrize(
    "body", [{}, {"shipped_t": None}, {"shipped_t": "1e400"}, {"cast_numbers": "A\x00"}]
)
def test_hostile_bodies_are_refused(two: Two, body: dict[str, object]) -> None:
    answer = two.producer.post(f"{two.path}/delivery", body)
    assert answer.status_code == 400


def test_each_side_has_its_own_step_and_strangers_none(two: Two) -> None:
    assert two.buyer.post(f"{two.path}/delivery", dict(shipment(two.deal))).status_code == 403
    two.deliver()
    assert (
        two.producer.post(f"{two.path}/claim/retire", {"reporting_year": "2026"}).status_code == 403
    )
    stranger = Caller.of(Pair(timezone.now()).buyer)
    for rest in ("delivery", "claim/retire", "cancellation"):
        assert stranger.post(f"{two.path}/{rest}", {"step": "agree"}).status_code in (400, 404)
    assert stranger.get(two.path).status_code == 404
    assert Claim.objects.get().retired_at is None


def test_an_old_etag_changes_nothing(two: Two) -> None:
    tag = two.producer.get(two.path).headers["ETag"]
    ask = {"step": "ask", "reason": "Smelter stopped."}
    assert two.buyer.post(f"{two.path}/cancellation", ask).status_code == 200
    assert two.deliver(If_Match=tag).status_code == 412
    fresh = two.producer.get(two.path).headers["ETag"]
    assert two.deliver(If_Match=fresh).status_code == 200


def test_cancelled_by_agreement(two: Two) -> None:
    path = f"{two.path}/cancellation"
    assert two.buyer.post(path, {"step": "burn"}).json()["errors"][0]["field"] == "step"
    assert two.buyer.post(path, {"step": "ask"}).json()["errors"][0]["field"] == "reason"
    asked = two.buyer.post(path, {"step": "ask", "reason": "Plant closed."}).json()
    assert asked["cancellation_asked_by"] == two.pair.buyer.organisation.name
    assert two.buyer.post(path, {"step": "agree"}).status_code == 403
    assert two.producer.post(path, {"step": "refuse"}).json()["cancellation_asked_by"] is None
    two.producer.post(path, {"step": "ask", "reason": "Smelter stopped."})
    done = two.buyer.post(path, {"step": "agree"}).json()
    assert (done["state"], done["state_reason"]) == ("CANCELLED", "Smelter stopped.")
    assert two.deliver().status_code == 409

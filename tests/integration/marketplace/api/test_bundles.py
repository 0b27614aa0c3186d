"""Bundles over the API: the buyer answers once for all members, producers see their own only."""

from dataclasses import replace

import pytest
from django.utils import timezone

from marketplace.models import Proposal
from marketplace.services import bundles
from tests.factories import market as made
from tests.factories.api import Caller
from tests.factories.market import Trader
from tests.factories.offers import member

pytestmark = pytest.mark.django_db


@pytest.fixture
def sides() -> tuple[Trader, Trader]:
    """A producer with two lots in one bundle, and its buyer."""
    admin = made.admin(now=timezone.now())
    producer, buyer = (made.trader(side=side, by=admin) for side in ("producer", "buyer"))
    paper = made.certificate(producer, by=admin)
    wanted = made.requirement(buyer, volume_t="1000", ci_basis="PORTFOLIO_AVERAGE")
    members = [
        replace(member(made.lot(producer, paper), wanted, 500), ci_milli=ci)
        for ci in (3_500, 4_500)
    ]
    bundles.open_bundles(round_number=1, engine_version="1", bundles=[members], now=timezone.now())
    return producer, buyer


def test_members_are_named_to_the_buyer_only(sides: tuple[Trader, Trader]) -> None:
    producer, buyer = (Caller.of(one) for one in sides)
    ids = [str(one.public_id) for one in Proposal.objects.order_by("pk")]
    bundle = str(Proposal.objects.values_list("bundle", flat=True)[0])
    for one in buyer.get("proposals").json()["results"]:
        assert (one["bundle"], one["bundle_members"]) == (bundle, ids)
    read = producer.get(f"proposals/{ids[0]}").json()
    assert (read["bundle"], read["bundle_members"]) == (bundle, None)


def test_the_buyer_accepts_all_and_producers_each_their_own(sides: tuple[Trader, Trader]) -> None:
    producer, buyer = (Caller.of(one) for one in sides)
    first, second = (str(one.public_id) for one in Proposal.objects.order_by("pk"))
    assert buyer.post(f"proposals/{first}/accept").status_code == 200
    assert buyer.get(f"proposals/{second}").json()["buyer_answer"] == "ACCEPTED"
    assert buyer.post(f"proposals/{second}/accept").status_code == 409
    waits = producer.post(f"proposals/{first}/accept").json()
    assert (waits["state"], waits["producer_answer"]) == ("PROPOSED", "ACCEPTED")
    assert producer.post(f"proposals/{second}/accept").json()["state"] == "DEAL"
    assert buyer.get(f"proposals/{first}").json()["state"] == "DEAL"


def test_an_average_and_the_whole_volume_may_be_asked_for() -> None:
    admin = made.admin(now=timezone.now())
    buyer = Caller.of(made.trader(side="buyer", by=admin))
    body = made.requirement_values() | {
        "partial_ok": False,
        "tolerance_pct": "2",
        "ci_basis": "PORTFOLIO_AVERAGE",
        "per_lot_cap_ci": "4.250",
    }
    body["product_forms"], body["grades"] = ["INGOT"], ["P1020A"]
    posted = buyer.post("requirements", body)
    assert posted.status_code == 201, posted.content
    told = posted.json()
    assert (told["partial_ok"], told["ci_basis"], told["per_lot_cap_ci"]) == (
        False,
        "PORTFOLIO_AVERAGE",
        "4.250",
    )

"""The proposal's page: what each side reads of the other, of the bundle and of what happened."""

from dataclasses import replace

import pytest
from django.urls import reverse
from django.utils import timezone

from marketplace.models import Proposal
from marketplace.services import bundles, proposals
from tests.factories import market as made
from tests.factories.market import Trader
from tests.factories.offers import member
from tests.integration.marketplace.web.conftest import LIMIT, Place


@pytest.fixture
def other(place: Place) -> Trader:
    return made.trader(side="producer", by=place.admin)


@pytest.fixture
def bundle(place: Place, other: Trader) -> list[Proposal]:
    """600 t at 3.600 and 400 t at 4.500: an average of 3.960 below 4.000."""
    wanted = made.requirement(
        place.buyer, volume_t="1000", ci_basis="PORTFOLIO_AVERAGE", max_premium=LIMIT
    )
    paper = made.certificate(other, by=place.admin)
    lots = [
        made.lot(place.producer, place.certificate, quantity_t="600"),
        made.lot(other, paper, quantity_t="400"),
    ]
    members = [
        replace(member(lots[0], wanted, 600), ci_milli=3_600),
        replace(member(lots[1], wanted, 400), ci_milli=4_500),
    ]
    bundles.open_bundles(round_number=1, engine_version="1", bundles=[members], now=timezone.now())
    return list(Proposal.objects.order_by("pk"))


def read(place: Place, trader: Trader, proposal: Proposal) -> str:
    page = place.browser(trader).get(reverse("proposal", args=[proposal.public_id]))
    assert page.status_code == 200
    return " ".join(page.content.decode().split())


def test_the_buyer_reads_the_whole_bundle(
    place: Place, other: Trader, bundle: list[Proposal]
) -> None:
    text = read(place, place.buyer, bundle[0])
    assert "Accept all 2 lots, 1,000 t" in text
    assert "3.960 t CO2e/t</strong> · smelter 1+2" in text
    assert other.organisation.name in text
    assert text.count("both sides </td>") == 2
    assert f"version {bundle[0].terms_version} of the market" in text


def test_a_producer_reads_its_own_member_only(
    place: Place, other: Trader, bundle: list[Proposal]
) -> None:
    text = read(place, place.producer, bundle[0])
    assert "Accept 600 t at 20.00 USD/t" in text
    assert "part of a bundle" in text
    for secret in (other.organisation.name, "3.960", "4.500", LIMIT, str(bundle[1].public_id)):
        assert secret not in text
    foreign = reverse("proposal", args=[bundle[1].public_id])
    assert place.browser(place.producer).get(foreign).status_code == 404


def test_one_click_of_the_buyer_answers_for_all(
    place: Place, other: Trader, bundle: list[Proposal]
) -> None:
    browser = place.browser(place.buyer)
    accept = reverse("proposal_accept", args=[bundle[1].public_id])
    browser.post(accept, {"version": bundle[1].version})
    assert "the producer </td>" in read(place, place.buyer, bundle[0])
    for trader, one in ((other, bundle[1]), (place.producer, bundle[0])):
        page = reverse("proposal_accept", args=[one.public_id])
        place.browser(trader).post(page, follow=True)
    assert set(Proposal.objects.values_list("state", flat=True)) == {"DEAL"}


def test_a_member_accepted_by_both_waits_for_the_rest(place: Place, bundle: list[Proposal]) -> None:
    for trader in (place.buyer, place.producer):
        proposals.accept(by=trader.actor, public_id=bundle[0].public_id, now=timezone.now())
    assert "The bundle waits for its other answers" in read(place, place.producer, bundle[0])
    assert "the rest of the bundle </td>" in read(place, place.buyer, bundle[1])


def test_a_bundle_that_broke_says_why_to_both_sides(
    place: Place, other: Trader, bundle: list[Proposal]
) -> None:
    key, now = bundle[0].public_id, timezone.now()
    proposals.decline(by=place.producer.actor, public_id=key, reason="Sold by phone", now=now)
    for trader in (other, place.buyer):
        text = read(place, trader, bundle[1])
        assert "would not keep its average carbon" in text
        assert "Sold by phone" not in text
    assert "Sold by phone" in read(place, place.producer, bundle[0])
    assert "Sold by phone" not in read(place, place.buyer, bundle[0])


def test_the_timeline_names_own_people_only(place: Place, proposal: Proposal) -> None:
    user = place.buyer.user
    user.name = "Beate Käufer"
    user.save()
    proposals.accept(by=place.buyer.actor, public_id=proposal.public_id, now=timezone.now())
    own, foreign = (read(place, one, proposal) for one in (place.buyer, place.producer))
    assert "accepted by the buyer, Beate Käufer" in own
    assert "accepted by the buyer" in foreign
    assert "Beate" not in foreign
    assert "from version 1" in foreign


def test_a_lone_proposal_is_no_bundle(place: Place, proposal: Proposal) -> None:
    text = read(place, place.buyer, proposal)
    assert "Accept 400 t at 20.00 USD/t" in text
    assert "bundle" not in text

"""Who may open which page, and what no page may tell."""

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from marketplace.domain.vocabulary import Role
from marketplace.models import Proposal
from marketplace.services import organisations, proposals
from marketplace.web.urls import urlpatterns
from tests.factories import market as made
from tests.integration.marketplace.web.conftest import CARBON_PRICE, LIMIT, Place

OPEN_TO_ALL = {"home", "icon", "login", "logout", "market"}
PLAIN = [one.name for one in urlpatterns if one.name and "<" not in str(one.pattern)]
PRIVATE = [
    "lot_edit",
    "lot_withdraw",
    "requirement",
    "requirement_edit",
    "requirement_withdraw",
    "proposal",
    "proposal_accept",
    "proposal_decline",
    "deal",
    "certificate",
    "certificate_document",
]


def ids(place: Place, proposal: Proposal) -> dict[str, object]:
    """The public id that belongs to the first word of an address's name."""
    deal = getattr(proposal, "deal", None)
    return {
        "lot": proposal.lot.public_id,
        "requirement": proposal.requirement.public_id,
        "proposal": proposal.public_id,
        "deal": deal.public_id if deal else uuid4(),
        "certificate": place.certificate.public_id,
    }


def concluded(place: Place, proposal: Proposal) -> Proposal:
    for trader in (place.producer, place.buyer):
        proposals.accept(by=trader.actor, public_id=proposal.public_id, now=timezone.now())
    proposal.refresh_from_db()
    return proposal


@pytest.mark.parametrize("name", sorted(set(PLAIN) - OPEN_TO_ALL))
@pytest.mark.django_db
def test_without_signing_in_every_page_leads_to_the_sign_in(name: str) -> None:
    answer = Client().get(reverse(name))
    assert answer.status_code in (302, 405)
    if answer.status_code == 302:
        assert answer["Location"].startswith(reverse("login"))


@pytest.mark.parametrize("name", PRIVATE)
def test_what_belongs_to_others_reads_like_what_does_not_exist(
    place: Place, proposal: Proposal, name: str
) -> None:
    concluded(place, proposal)
    stranger = place.browser(made.trader(side="buyer", by=place.admin))
    own = ids(place, proposal)[name.split("_", maxsplit=1)[0]]
    bodies = []
    for public_id in (own, uuid4()):
        path = reverse(name, args=[public_id])
        codes = {stranger.get(path).status_code, stranger.post(path).status_code}
        bodies.append(codes)
        assert 404 in codes
    assert bodies[0] == bodies[1]


def pages_of(place: Place, proposal: Proposal) -> Iterator[str]:
    yield from (reverse(name) for name in PLAIN if name != "icon")
    named = ids(place, proposal)
    for name in ("lot", "lot_edit", "requirement", "proposal", "deal", "certificate"):
        yield reverse(name, args=[named[name.split("_")[0]]])
    yield reverse("matching:rounds")
    yield reverse("matching:lot_panel", args=[named["lot"]])


def test_no_page_of_the_producer_tells_the_buyers_limits(place: Place, proposal: Proposal) -> None:
    """Before and after the deal; and where the buyer still looks for more, not who looks."""
    made.requirement(place.buyer, max_premium=LIMIT, internal_carbon_price=CARBON_PRICE)
    browser, read = place.browser(place.producer), 0
    for conclude in (False, True):
        if conclude:
            concluded(place, proposal)
        for path in pages_of(place, proposal):
            text = browser.get(path, follow=True).content.decode()
            read += bool(text)
            assert LIMIT not in text, path
            assert CARBON_PRICE not in text, path
        open_ones = browser.get(reverse("market_requirements")).content.decode()
        assert "500" in open_ones
        assert place.buyer.organisation.name not in open_ones
    assert read > 30


@pytest.mark.parametrize("side", ["producer", "buyer"])
def test_every_page_forbids_inline_code_and_has_none(
    place: Place, proposal: Proposal, side: str
) -> None:
    concluded(place, proposal)
    browser = place.browser(getattr(place, side))
    for path in pages_of(place, proposal):
        answer = browser.get(path)
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        text = answer.content.decode() if not answer.streaming else ""
        assert not re.search(r"<style|<script(?![^>]+src=)|\s(style|on\w+)=\"", text), path


def test_who_belongs_to_two_organisations_acts_for_the_chosen_one(
    place: Place, proposal: Proposal
) -> None:
    organisations.add_member(
        organisation=place.buyer.organisation, user=place.producer.user, role=Role.TRADER
    )
    browser = place.browser(place.producer)
    wanted = reverse("requirement", args=[proposal.requirement.public_id])
    choose = reverse("choose_organisation")
    browser.post(choose, {"organisation": place.producer.organisation.public_id})
    assert browser.get(wanted).status_code == 404
    browser.post(choose, {"organisation": place.buyer.organisation.public_id})
    assert browser.get(wanted).status_code == 200
    stranger = made.trader(side="buyer", by=place.admin).organisation
    browser.post(choose, {"organisation": stranger.public_id})
    assert browser.get(wanted).status_code == 200, "a foreign organisation cannot be chosen"


def test_who_belongs_to_no_organisation_is_told_so(place: Place) -> None:
    browser = Client()
    browser.force_login(place.admin)
    page = browser.get(reverse("dashboard"), follow=True)
    assert "belongs to no organisation" in page.content.decode()


def test_an_unverified_buyer_sees_no_lots_and_is_told_why(place: Place, proposal: Proposal) -> None:
    newcomer = place.browser(made.trader(side="buyer", by=place.admin, verified=False))
    page = newcomer.get(reverse("market_lots")).content.decode()
    assert "waits for verification" in page
    assert place.producer.organisation.name not in page
    assert newcomer.get(reverse("lot", args=[proposal.lot.public_id])).status_code == 404

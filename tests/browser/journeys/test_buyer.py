"""A buyer's way: from a preview to a retired claim, and every page beside it."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from marketplace.models import Deal, Lot, Proposal, Requirement
from marketplace.services import deliveries, proposals
from tests import processes
from tests.browser.conftest import Visitor, signed_in
from tests.browser.looks import Look, Walk, fill, press
from tests.factories import market as made
from tests.factories.deals import shipment

pytestmark = pytest.mark.django_db(transaction=True)

PLAIN = (
    "/requirements", "/market", "/market/lots?max_ci=4.000", "/searches", "/proposals",
    "/deals", "/comparisons", "/matching/rounds", "/imports/new", "/notifications", "/settings",
    "/members", "/api/docs",
)  # fmt: skip


@pytest.mark.look("en-1280-light")
def test_from_a_preview_to_a_claim(visitor: Visitor, look: Look) -> None:
    now = timezone.now()
    admin = made.admin(now=now)
    producer, buyer = (made.trader(side=side, by=admin) for side in ("producer", "buyer"))
    paper = made.certificate(producer, by=admin)
    for tonnes, carbon in (("300", "3.200"), ("900", "4.400"), ("800", "4.600")):
        made.lot(producer, paper, quantity_t=tonnes, ci_smelter_s1s2=carbon)
    walk = Walk(visitor(**look.context), look)
    page = signed_in(walk.page, buyer.user.email)

    walk.open("/dashboard")
    walk.open("/market/lots")
    for box in page.locator('main input[type="checkbox"][name="lot"]').all()[:3]:
        box.check()
    page.locator("#compare button").click()
    expect(page.locator(".compare")).to_be_visible()
    walk.judge()
    walk.open(f"/lots/{Lot.objects.earliest('pk').public_id}")

    walk.open("/requirements/new")
    press(page, "/requirements/new")
    expect(page.locator(".summary")).to_be_visible()
    walk.judge()
    fill(
        page, product_forms="INGOT", volume_t="400", max_ci="4.000", max_premium="25",
        window_start=now.date() + timedelta(days=30), window_end=now.date() + timedelta(days=90),
    )  # fmt: skip
    expect(page.locator("#preview")).to_contain_text("4.400")
    walk.judge()
    press(page, "/requirements/new")
    expect(page.locator(".toasts")).to_be_visible()
    wanted = Requirement.objects.get()
    processes.wait_for(Proposal.objects.exists)
    walk.open(f"/requirements/{wanted.public_id}")
    walk.open(f"/requirements/{wanted.public_id}/edit")

    proposal = Proposal.objects.get()
    proposals.accept(by=producer.actor, public_id=proposal.public_id, now=timezone.now())
    walk.open(f"/proposals/{proposal.public_id}")
    press(page, "/accept")
    expect(page.locator("main")).to_contain_text(Deal.objects.get().number)
    walk.judge()
    deal = Deal.objects.get()
    deliveries.record(
        by=producer.actor, public_id=deal.public_id, raw=shipment(deal, "300"), now=timezone.now()
    )
    walk.open(f"/deals/{deal.public_id}")
    fill(page, reporting_year=now.year)
    press(page, "/retire")
    expect(page.locator(".toasts")).to_be_visible()
    walk.judge()
    walk.open(f"/deals/{deal.public_id}/claim")
    walk.open("/dashboard")

    for path in PLAIN:
        walk.open(path)
    walk.end()

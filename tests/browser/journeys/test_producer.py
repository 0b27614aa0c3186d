"""A producer's way: from a certificate to a delivered deal, and every page beside it."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from marketplace.domain.vocabulary import Role
from marketplace.models import Certificate, Deal, Lot, Membership, Proposal
from marketplace.services import certificates, proposals
from tests import processes
from tests.browser.conftest import Visitor, signed_in
from tests.browser.looks import Look, Walk, fill, press
from tests.factories import market as made

pytestmark = pytest.mark.django_db(transaction=True)

PLAIN = (
    "/lots", "/certificates", "/market", "/market/requirements", "/proposals", "/deals",
    "/matching/rounds", "/imports", "/imports/new", "/notifications", "/notifications/settings",
    "/members", "/keys", "/webhooks", "/terms", "/settings", "/accounts/2fa/", "/accounts/email/",
    "/accounts/password/change/",
)  # fmt: skip


@pytest.mark.look("zh-hans-360-dark")
def test_from_a_certificate_to_a_delivery(visitor: Visitor, look: Look) -> None:
    admin = made.admin(now=timezone.now())
    producer, buyer = (made.trader(side=side, by=admin) for side in ("producer", "buyer"))
    Membership.objects.filter(user=producer.user).update(role=Role.OWNER.value)
    made.requirement(buyer, volume_t="400", max_premium="23.57")
    walk = Walk(visitor(**look.context), look)
    walk.open("/")
    walk.open("/login")
    signed_in(walk.page, producer.user.email)
    walk.open("/dashboard")

    paper = enter_certificate(walk)
    certificates.verify(public_id=paper.public_id, by=admin, now=timezone.now())
    lot = list_lot(walk, paper)
    walk.open(f"/lots/{lot.public_id}/edit")
    walk.open(f"/lots/{lot.public_id}/copy")

    processes.wait_for(Proposal.objects.exists)
    proposal = Proposal.objects.get()
    walk.open(f"/proposals/{proposal.public_id}")
    done(walk, "/accept")
    proposals.accept(by=buyer.actor, public_id=proposal.public_id, now=timezone.now())
    ship(walk, Deal.objects.get())

    walk.open(f"/certificates/{paper.public_id}")
    walk.open(f"/certificates/{paper.public_id}/statement")
    walk.open("/dashboard")
    for path in PLAIN:
        walk.open(path)
    walk.end()


def enter_certificate(walk: Walk) -> Certificate:
    """Refused empty, then entered."""
    today = timezone.now().date()
    walk.open("/certificates/new")
    press(walk.page)
    expect(walk.page.locator(".summary")).to_be_visible()
    walk.judge()
    fill(
        walk.page, scheme="CGMC_GREEN_POWER", issuer="CGMC", number="CGMC-2026-1",
        certified_t="5000", valid_from=today - timedelta(days=200),
        valid_to=today + timedelta(days=165),
    )  # fmt: skip
    done(walk)
    return Certificate.objects.get()


def list_lot(walk: Walk, paper: Certificate) -> Lot:
    """With the checks beside the form."""
    today = timezone.now().date()
    walk.open("/lots/new")
    fill(
        walk.page, product_form="INGOT", grade="P1020A", quantity_t="500", origin_country="CN",
        certificates=paper.public_id, ci_smelter_s1s2="3.900", ask_premium="20.50",
        produced_from=today - timedelta(days=60), produced_to=today - timedelta(days=1),
        window_start=today + timedelta(days=30), window_end=today + timedelta(days=90),
    )  # fmt: skip
    expect(walk.page.locator("#checks")).to_contain_text("4,500")
    walk.judge()
    done(walk, "/lots/new")
    return Lot.objects.get()


def ship(walk: Walk, deal: Deal) -> None:
    walk.open(f"/deals/{deal.public_id}")
    walk.open(f"/deals/{deal.public_id}/confirmation")
    walk.open(f"/deals/{deal.public_id}/delivery")
    fill(
        walk.page, shipped_t="399.5", shipped_on=timezone.now().date(),
        transport_document="BL-1", cast_numbers="C-1, C-2",
    )  # fmt: skip
    done(walk)


def done(walk: Walk, action: str = "") -> None:
    """Send a form; the page that answers says that it is done."""
    press(walk.page, action)
    expect(walk.page.locator(".toasts")).to_be_visible()
    walk.judge()

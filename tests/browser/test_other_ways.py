"""Without scripts, and without a mouse: slower, and all there."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from marketplace.models import Deal, Proposal
from tests import processes
from tests.browser.conftest import Visitor, signed_in
from tests.browser.looks import fill, press
from tests.factories import market as made

pytestmark = pytest.mark.django_db(transaction=True)


def test_without_scripts_a_lot_and_a_requirement_become_a_deal(visitor: Visitor) -> None:
    today = timezone.now().date()
    admin = made.admin(now=timezone.now())
    producer, buyer = (made.trader(side=side, by=admin) for side in ("producer", "buyer"))
    paper = made.certificate(producer, by=admin)
    delivery = {
        "window_start": today + timedelta(days=30), "window_end": today + timedelta(days=90)
    }  # fmt: skip

    seller = signed_in(visitor(java_script_enabled=False), producer.user.email)
    seller.goto("/lots/new")
    fill(
        seller, product_form="INGOT", grade="P1020A", quantity_t="400", ask_premium="20.50",
        certificates=paper.public_id, ci_smelter_s1s2="3.200", origin_country="CN",
        produced_from=today - timedelta(days=60), produced_to=today - timedelta(days=1),
        **delivery,
    )  # fmt: skip
    press(seller, "/lots/new")
    expect(seller.locator(".toasts")).to_contain_text("Listed")

    customer = signed_in(visitor(java_script_enabled=False), buyer.user.email)
    customer.goto("/requirements/new")
    fill(
        customer, product_forms="INGOT", volume_t="400", max_ci="4.000", max_premium="25",
        **delivery,
    )  # fmt: skip
    customer.get_by_role("button", name="Preview").click()
    expect(customer.locator("#preview")).to_contain_text("1 lot, 400 t fits")
    press(customer, "/requirements/new")
    expect(customer.locator(".toasts")).to_contain_text("Posted")

    processes.wait_for(Proposal.objects.exists)
    for page in (customer, seller):
        page.goto(f"/proposals/{Proposal.objects.get().public_id}")
        press(page, "/accept")
    expect(seller.get_by_role("heading", name="Deal GP-")).to_be_visible()
    assert Deal.objects.get().quantity_kg == 400_000


def test_every_field_of_a_lot_is_reached_by_keyboard_and_shows_it(visitor: Visitor) -> None:
    admin = made.admin(now=timezone.now())
    producer = made.trader(side="producer", by=admin)
    made.certificate(producer, by=admin)
    page = signed_in(visitor(), producer.user.email)
    page.goto("/lots/new")

    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    reached, unseen = _tabbed(page)

    fields = page.locator("main form.long").locator("input:not([type=hidden]), select, textarea")
    names = {field.get_attribute("name") for field in fields.all()}
    assert names <= reached
    assert unseen == set()


def _tabbed(page: Page) -> tuple[set[str | None], set[str | None]]:
    """Names of the controls met with Tab up to the form's button, and those without an outline."""
    reached, unseen = set(), set()
    for _step in range(150):
        page.keyboard.press("Tab")
        kind, name, outline = page.evaluate(
            "(one => [one.type, one.name, getComputedStyle(one).outlineStyle])"
            "(document.activeElement)"
        )
        reached.add(name)
        if outline == "none":
            unseen.add(name)
        if kind == "submit":
            break
    return reached, unseen

"""A buyer and a producer at forms that answer while they are filled in, and on a narrow screen."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from marketplace.models import Requirement
from tests.browser.conftest import Visitor, signed_in
from tests.browser.test_the_whole_way import list_lot, post_requirement
from tests.factories import market as made

pytestmark = pytest.mark.django_db(transaction=True)


def width(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth"))


def test_the_preview_follows_what_is_typed_and_posting_still_posts(visitor: Visitor) -> None:
    admin = made.admin(now=timezone.now())
    producer = made.trader(side="producer", by=admin)
    buyer = made.trader(side="buyer", by=admin)
    paper = made.certificate(producer, by=admin)
    made.lot(producer, paper)
    made.lot(producer, paper, quantity_t="900", ci_smelter_s1s2="4.400")
    page = signed_in(visitor(), buyer.user.email)
    page.goto("/requirements/new")
    preview = page.get_by_role("complementary", name="Preview")
    expect(preview).to_contain_text("2 lots, 1,400 t fit.")
    expect(preview).to_contain_text("because it is empty")

    page.get_by_label("Carbon limit").fill("4.000")
    page.get_by_label("Highest green premium").fill("23.57")

    expect(preview).to_contain_text("1 lot, 500 t fits; 500 t of it ask no more than your limit.")
    expect(preview).to_contain_text("at ≤ 4.400 t CO2e/t: +900 t")
    page.set_viewport_size({"width": 360, "height": 740})
    assert width(page) <= 360
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_label("Carbon limit")).to_have_value("4.000")
    post_requirement(page)
    expect(page.locator(".toasts")).to_contain_text("Posted")
    expect(page.locator("main")).to_contain_text("What would help, at today's offers")
    assert Requirement.objects.count() == 1


def test_a_lot_is_checked_while_it_is_typed(visitor: Visitor) -> None:
    admin = made.admin(now=timezone.now())
    producer = made.trader(side="producer", by=admin)
    made.certificate(producer, by=admin, certified_t="700")
    page = signed_in(visitor(), producer.user.email)
    page.goto("/lots/new")
    checks = page.get_by_role("complementary", name="Checks")

    page.get_by_label("Quantity").fill("400")
    page.get_by_label("CGMC").check()
    page.get_by_label("Smelter scope 1+2").fill("3.900")
    page.get_by_label("Grade").focus()

    expect(checks).to_contain_text("300 t left after this")
    expect(checks).to_contain_text("The 4.0 trap")
    list_lot(page)
    expect(page.locator(".toasts")).to_contain_text("Listed")


def test_lots_side_by_side_scroll_in_their_own_frame(visitor: Visitor) -> None:
    admin = made.admin(now=timezone.now())
    producer = made.trader(side="producer", by=admin)
    buyer = made.trader(side="buyer", by=admin)
    paper = made.certificate(producer, by=admin)
    for tonnes in ("500", "600", "700", "800"):
        made.lot(producer, paper, quantity_t=tonnes)
    page = signed_in(visitor(), buyer.user.email)
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/market/lots")
    assert width(page) <= 360
    for box in page.get_by_role("checkbox").all():
        box.check()

    page.get_by_role("button", name="Compare chosen lots").click()

    frame = page.get_by_role("region", name="Lots side by side")
    expect(frame).to_contain_text("differs")
    assert width(page) <= 360
    assert frame.evaluate("one => one.scrollWidth > one.clientWidth")

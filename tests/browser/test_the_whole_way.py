"""A producer, a buyer and an admin at their browsers: from a listed lot to a deal."""

from datetime import date, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from marketplace.models import Lot, Proposal
from tests import processes
from tests.browser.conftest import Visitor, go, signed_in
from tests.factories import market as made

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_lot_meets_a_requirement_and_becomes_a_deal(visitor: Visitor) -> None:
    admin = made.admin(now=timezone.now(), may_all=True)
    producer = made.trader(side="producer", by=admin)
    buyer = made.trader(side="buyer", by=admin)
    made.certificate(producer, by=admin, certified_t="5000")

    seller = signed_in(visitor(), producer.user.email)
    seller.get_by_role("link", name="My lots").click()
    seller.get_by_role("link", name="List lot").first.click()
    list_lot(seller)
    expect(seller.locator(".toasts")).to_contain_text("Listed")

    customer = signed_in(visitor(), buyer.user.email)
    customer.get_by_role("link", name="My requirements").click()
    customer.get_by_role("link", name="Post requirement").first.click()
    post_requirement(customer)
    expect(customer.locator(".toasts")).to_contain_text("Posted")

    processes.wait_for(Proposal.objects.exists)
    answer(customer)
    expect(customer.get_by_text("Waiting for the other side")).to_be_visible()
    expect(seller.get_by_text("23.57")).to_have_count(0)
    answer(seller)
    expect(seller.get_by_role("heading", name="Deal GP-")).to_be_visible()
    expect(seller.locator("main")).to_contain_text("400 t")
    expect(seller.locator("main")).not_to_contain_text("23.57")

    customer.get_by_role("link", name="Deals").click()
    number = Proposal.objects.get().deal.number
    customer.get_by_role("link", name=number).click()
    expect(customer.locator("main")).to_contain_text("20.50 USD/t")

    watch(signed_in(visitor(), admin.email), number)


def test_what_is_wrong_in_a_form_stands_beside_its_field_and_nothing_is_lost(
    visitor: Visitor,
) -> None:
    admin = made.admin(now=timezone.now())
    producer = made.trader(side="producer", by=admin)
    made.certificate(producer, by=admin)
    seller = signed_in(visitor(), producer.user.email)
    seller.goto("/lots/new")
    list_lot(seller, **{"Smelter scope 1+2": "3200", "Quantity": "400"})
    refused = seller.locator(".field.refused")
    expect(refused).to_have_count(1)
    expect(refused).to_contain_text("Give a value from 0.010 to 25.000.")
    expect(seller.get_by_label("Smelter scope 1+2")).to_have_value("3200")
    expect(seller.get_by_label("Quantity")).to_have_value("400")
    assert not Lot.objects.exists()


def list_lot(page: Page, **instead: str) -> None:
    today = timezone.now().date()
    fields = {
        "Grade": "P1020A",
        "Quantity": "400",
        "Smelter scope 1+2": "3.200",
        "Country of origin": "CN",
        "Green premium asked": "20.50",
        **instead,
    }
    page.get_by_label("Product form").select_option("INGOT")
    for label, value in fields.items():
        page.get_by_label(label).fill(value)
    page.get_by_label("CGMC").check()
    period(page, "Produced from", today - timedelta(days=60))
    period(page, "Produced until", today - timedelta(days=1))
    deliver(page, today)
    page.get_by_role("button", name="List lot").click()


def post_requirement(page: Page) -> None:
    page.get_by_label("Ingot").check()
    page.get_by_label("Volume", exact=True).fill("400")
    page.get_by_label("Carbon limit").fill("4.000")
    page.get_by_label("Highest green premium").fill("23.57")
    deliver(page, timezone.now().date())
    page.get_by_role("button", name="Post requirement").click()


def deliver(page: Page, today: date) -> None:
    period(page, "Delivery from", today + timedelta(days=30))
    period(page, "Delivery until", today + timedelta(days=90))


def period(page: Page, label: str, day: date) -> None:
    page.get_by_label(label).fill(day.isoformat())


def answer(page: Page) -> None:
    page.get_by_role("link", name="Proposals").click()
    page.get_by_role("link", name="Ingot P1020A").click()
    page.get_by_role("button", name="Accept 400 t").click()


def watch(page: Page, number: str) -> None:
    """The admin sees the round, proven, its match, and the deal."""
    page.get_by_role("link", name="Admin", exact=True).click()
    go(page, "Matching rounds")
    expect(page.locator("#result_list")).to_contain_text("400.000 t")
    go(page, "Matches")
    expect(page.locator("#result_list")).to_contain_text("Deal")
    go(page, "Deals")
    expect(page.locator("#result_list")).to_contain_text(number)

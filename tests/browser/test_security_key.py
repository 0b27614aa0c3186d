"""An owner sets up a security key and signs in with it, in a browser that has one plugged in."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from marketplace.models import Membership
from tests import processes
from tests.browser.conftest import PASSWORD, Visitor
from tests.browser.looks import fill, press
from tests.factories import market as made

pytestmark = pytest.mark.django_db(transaction=True)

KEY = {
    "protocol": "ctap2", "transport": "usb", "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.fixture
def address(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """A site that asks owners for a second factor; keys are bound to a name, not to a number."""
    with django_db_blocker.unblock(), processes.site(MFA_REQUIRED="1") as found:
        yield found.replace("127.0.0.1", "localhost")


def test_an_owner_adds_a_security_key_and_signs_in_with_it(visitor: Visitor) -> None:
    admin = made.admin(now=timezone.now())
    owner = made.trader(side="buyer", by=admin)
    Membership.objects.filter(user=owner.user).update(role="OWNER")
    page = visitor()
    plug_in(page)
    sign_in(page, owner.user.email)
    expect(page.get_by_text("Your role needs a second factor")).to_be_visible()

    page.goto("/accounts/2fa/webauthn/add/")
    fill(page, password=PASSWORD)
    press(page)
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="Recovery Codes")).to_be_visible()
    page.goto("/dashboard")
    expect(page.get_by_role("heading", name=owner.organisation.name)).to_be_visible()

    page.get_by_role("button", name="Sign out").click()
    sign_in(page, owner.user.email)
    page.get_by_role("button", name="Use a security key").click()
    expect(page.get_by_role("heading", name=owner.organisation.name)).to_be_visible()


def plug_in(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})


def sign_in(page: Page, email: str) -> None:
    page.goto("/login")
    fill(page, login=email, password=PASSWORD)
    press(page)

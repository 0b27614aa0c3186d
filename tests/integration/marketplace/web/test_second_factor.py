"""Staff and owners set up a second factor before anything else, and there is no way round it."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from marketplace.domain.vocabulary import Role
from marketplace.models import Membership, User
from marketplace.services import keys
from tests.factories.api import Caller
from tests.figures import attack
from tests.integration.marketplace.web.conftest import Place

pytestmark = [pytest.mark.django_db, attack("C10")]

SET_UP = "/accounts/2fa/"


@pytest.fixture(autouse=True)
def _required(settings: Any) -> None:
    settings.MFA_REQUIRED = True


def own(place: Place) -> User:
    Membership.objects.filter(user=place.producer.user).update(role=Role.OWNER.value)
    return place.producer.user


def signed_in(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.mark.parametrize(
    "address", ["/dashboard", "/lots", "/market", "/settings", "/accounts/email/", "/nothing-here"]
)
def test_an_owner_is_led_to_the_set_up_from_everywhere(place: Place, address: str) -> None:
    browser = signed_in(own(place))
    assert browser.get(address)["Location"] == SET_UP
    assert browser.post(address)["Location"] == SET_UP


@pytest.mark.parametrize("address", ["/admin/", "/admin/marketplace/certificate/", "/dashboard"])
def test_the_staff_reaches_nothing_without_one(place: Place, address: str) -> None:
    assert signed_in(place.admin).get(address)["Location"] == SET_UP


def test_a_fragment_sends_the_whole_page_there(place: Place) -> None:
    answer = signed_in(own(place)).get("/dashboard", headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == SET_UP
    assert answer.content == b""


def test_setting_it_up_and_leaving_stay_open(place: Place) -> None:
    browser = signed_in(own(place))
    page = browser.get(SET_UP)
    assert page.status_code == 200
    assert "Authenticator App" in page.content.decode()
    assert "Security Keys" in page.content.decode()
    assert browser.get(reverse("mfa_activate_totp")).status_code in (200, 302)
    assert browser.post("/logout")["Location"] == "/"


def test_recovery_codes_alone_are_none(place: Place) -> None:
    user = own(place)
    Authenticator.objects.create(user=user, type="recovery_codes", data={})
    assert signed_in(user).get("/dashboard").status_code == 302


def test_with_one_everything_opens_and_a_role_given_later_counts_at_once(place: Place) -> None:
    user = place.producer.user
    browser = signed_in(user)
    assert browser.get("/dashboard").status_code == 200
    own(place)
    assert browser.get("/dashboard")["Location"] == SET_UP
    Authenticator.objects.create(user=user, type="totp", data={})
    assert browser.get("/dashboard").status_code == 200


def test_traders_and_keys_go_on_without(place: Place) -> None:
    assert signed_in(place.buyer.user).get("/dashboard").status_code == 200
    caller, user = Caller(), own(place)
    key = keys.issue(user=user, organisation=place.producer.organisation, now=timezone.now())
    caller.headers["Authorization"] = f"Bearer {key}"
    assert caller.get("lots").status_code == 200

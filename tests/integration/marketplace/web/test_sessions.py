"""Sessions are seen and ended by their user; a new password ends the others."""

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from marketplace.models import User
from marketplace.services import retention, users
from tests.factories import market as made
from tests.figures import attack
from tests.integration.marketplace.web.conftest import Place

pytestmark = [pytest.mark.django_db, attack("C10")]
PASSWORD = "correct horse battery"
PAGE = reverse("usersessions_list")


def signed_in(user: User, browser: str) -> Client:
    client = Client(headers={"user-agent": browser})
    answer = client.post("/login", {"login": user.email, "password": PASSWORD})
    assert answer.status_code == 302, answer.content
    return client


def test_one_sees_where_one_is_signed_in_and_ends_the_others(place: Place) -> None:
    user = place.buyer.user
    desk, phone = signed_in(user, "A desk"), signed_in(user, "A phone")
    signed_in(place.producer.user, "A rival")
    before = desk.session.session_key
    page = desk.get(PAGE).content.decode()
    assert "A desk" in page
    assert "A phone" in page
    assert "A rival" not in page
    assert desk.post(PAGE, follow=True).status_code == 200
    assert phone.get(reverse("dashboard")).status_code == 302, "it has to sign in"
    assert desk.get(reverse("dashboard")).status_code == 200
    assert desk.session.session_key == before
    assert UserSession.objects.filter(user=user).count() == 1
    assert UserSession.objects.filter(user=place.producer.user).count() == 1


def test_signing_in_takes_a_new_session_key(place: Place) -> None:
    """Who planted a session in somebody's browser is not signed in with them."""
    client = Client()
    planted = client.session
    planted["known"] = "to the attacker"
    planted.save()
    assert client.session.session_key == planted.session_key
    client.post("/login", {"login": place.buyer.user.email, "password": PASSWORD})
    assert client.session.session_key not in (None, planted.session_key)
    attacker = Client()
    attacker.cookies["sessionid"] = str(planted.session_key)
    assert attacker.get(reverse("dashboard")).status_code == 302


def test_a_new_password_ends_every_other_session(place: Place) -> None:
    desk, phone = (signed_in(place.buyer.user, name) for name in ("A desk", "A phone"))
    new = "another horse battery"
    changed = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert desk.post(reverse("account_change_password"), changed).status_code == 302
    assert phone.get(reverse("dashboard")).status_code == 302


def test_where_somebody_signed_in_goes_with_the_session_and_with_the_person(place: Place) -> None:
    user, other = place.buyer.user, place.producer.user
    for one in (user, other):
        signed_in(one, "A desk")
    retention.prune(now=timezone.now())
    assert UserSession.objects.count() == 2
    Session.objects.filter(pk=UserSession.objects.get(user=other).session_key).delete()
    assert retention.prune(now=timezone.now()).ended_sessions == 1
    office = made.admin(now=timezone.now(), may_all=True)
    users.erase(public_id=user.public_id, by=office, now=timezone.now())
    assert not UserSession.objects.exists()

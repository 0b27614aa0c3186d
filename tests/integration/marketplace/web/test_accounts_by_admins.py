"""What admins do with accounts, and letters that wait for the mail server."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from marketplace.domain.errors import NotAllowed, NotFound
from marketplace.models import (
    Letter,
    OutboxRow,
)
from marketplace.services import letters, mails, retention, users
from tests.factories import market as made
from tests.integration.marketplace.web.conftest import Place

pytestmark = pytest.mark.django_db


def test_the_admin_has_the_same_way_in(place: Place) -> None:
    answer = Client().get("/admin/login/?next=/admin/")
    assert answer["Location"].startswith(reverse("login"))
    inside = Client()
    inside.force_login(made.admin(now=timezone.now(), may_all=True))
    assert inside.get("/admin/").status_code == 200


def test_letters_wait_for_the_mail_server_and_not_for_ever(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    now = timezone.now()
    letter = letters.post(to="a@b.example", subject="s", body="secret", now=now)
    assert OutboxRow.objects.filter(task=letters.SEND, argument=letter.pk).exists()
    with pytest.raises(mails.MailNotSent, match="ConnectionRefusedError"):
        letters.send(letter_id=letter.pk)
    assert Letter.objects.count() == 1
    assert retention.prune(now=now + timedelta(days=8)).letters == 1
    assert letters.send(letter_id=letter.pk) is False


def test_an_admin_removes_a_lost_second_factor_but_not_an_admins(place: Place) -> None:
    user, other = place.buyer.user, made.admin(now=timezone.now())
    for one in (user, other):
        Authenticator.objects.create(
            user=one, type=Authenticator.Type.TOTP, data={"secret": "ABCDEFGH234567AB"}
        )
    open_session = place.browser(place.buyer)
    users.remove_second_factor(public_id=user.public_id, by=place.admin)
    assert not Authenticator.objects.filter(user=user).exists()
    assert open_session.get(reverse("dashboard")).status_code == 302, "signed out everywhere"
    with pytest.raises(NotAllowed):
        users.remove_second_factor(public_id=other.public_id, by=place.admin)
    with pytest.raises(NotFound):
        users.remove_second_factor(public_id=uuid4(), by=place.admin)
    boss = Client()
    boss.force_login(made.admin(now=timezone.now(), may_all=True))
    selected = {"action": "remove_second_factor", "_selected_action": [str(other.pk)]}
    boss.post("/admin/marketplace/user/", selected)
    assert not Authenticator.objects.exists()
    assert boss.get("/admin/mfa/authenticator/").status_code == 404


def test_an_admins_form_vouches_for_a_new_address(place: Place) -> None:
    user, boss = place.buyer.user, Client()
    boss.force_login(made.admin(now=timezone.now(), may_all=True))
    path = f"/admin/marketplace/user/{user.pk}/change/"
    values = {
        "email": "New@Buyer.example",
        "name": user.name,
        "is_active": "on",
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
        "date_joined_0": "",
    }
    assert boss.post(path, values).status_code == 302
    address = EmailAddress.objects.get(user=user)
    assert (address.email, address.verified) == ("new@buyer.example", True)

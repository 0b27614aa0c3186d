"""From nobody to an organisation that waits for its verification, by letters that never wait."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from marketplace import tasks
from marketplace.domain.errors import Conflict, NotAllowed
from marketplace.domain.vocabulary import Role
from marketplace.models import (
    Letter,
    MarketSettings,
    Membership,
    Organisation,
    OutboxRow,
    TermsAcceptance,
    User,
)
from marketplace.models.actors import Actor
from marketplace.selectors import terms as current
from marketplace.services import letters, onboarding, organisations, terms, users
from tests.factories import market as made
from tests.figures import attack
from tests.integration.marketplace.web.conftest import Place

pytestmark = [pytest.mark.django_db, attack("C10")]

PASSWORD = "correct horse battery"

NEW = {"name": "Lin", "email": "Lin@Mill.example", "password1": PASSWORD}

MILL = {"name": "Red River Aluminium", "country": "cn", "is_producer": "on", "accept_terms": "on"}


def send_letters() -> None:
    for row in OutboxRow.objects.filter(task=letters.SEND, done_at__isnull=True):
        tasks.send_letter(row.pk)


def link_in(letter: Any, site: str = "http://localhost:8000") -> str:
    found = re.search(rf"{re.escape(site)}(/\S+)", letter.body)
    assert found, letter.body
    return found[1]


def sign_in(client: Client, email: str, password: str = PASSWORD) -> Any:
    return client.post(reverse("login"), {"login": email, "password": password})


def signed_up(client: Client, **changed: str) -> Any:
    return client.post(reverse("account_signup"), NEW | changed)


def test_from_nobody_to_an_organisation_that_waits(settings: Any) -> None:
    settings.SITE_URL = "https://market.example"
    client = Client()
    assert signed_up(client)["Location"] == reverse("account_email_verification_sent")
    assert mail.outbox == [], "no request waits for a mail server"
    user = User.objects.get(email="lin@mill.example")
    assert user.name == "Lin"
    assert not Membership.objects.filter(user=user).exists()
    assert sign_in(Client(), user.email)["Location"] == reverse("account_email_verification_sent")

    send_letters()
    assert not Letter.objects.exists(), "kept until sent, not longer"
    letter = mail.outbox[0]
    assert letter.to == ["lin@mill.example"]
    path = link_in(letter, "https://market.example")
    assert client.get(path).status_code == 200
    client.post(path)
    assert EmailAddress.objects.get(user=user).verified

    fresh = Client()
    assert sign_in(fresh, "LIN@mill.example")["Location"] == reverse("dashboard")
    assert fresh.get(reverse("dashboard"))["Location"] == reverse("organisation_new")
    page = fresh.get(reverse("organisation_new")).content.decode()
    assert f'name="terms_version" value="{current.version()}"' in page
    assert fresh.post(reverse("organisation_new"), MILL)["Location"] == reverse("dashboard")

    organisation = Organisation.objects.get(name="Red River Aluminium")
    assert (organisation.country, organisation.verified_at) == ("CN", None)
    assert (organisation.is_producer, organisation.is_buyer) == (True, False)
    assert Membership.objects.get(organisation=organisation).role == Role.OWNER.value
    accepted = TermsAcceptance.objects.get(organisation=organisation)
    assert (accepted.user, accepted.version) == (user, current.version())
    assert "waits for verification" in fresh.get(reverse("dashboard")).content.decode()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": " "}, "name"),
        ({"country": "XX"}, "country"),
        ({"is_producer": ""}, "is_producer"),
        ({"accept_terms": ""}, "accept_terms"),
    ],
)
def test_what_an_organisation_lacks_is_said_at_its_field(
    changed: dict[str, str], field: str
) -> None:
    user = users.create_user(email="a@b.example", password=PASSWORD, name="A")
    client = Client()
    client.force_login(user)
    answer = client.post(reverse("organisation_new"), MILL | changed)
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert not Organisation.objects.exists()


def test_a_known_name_one_at_a_time_and_the_version_that_was_read(place: Place) -> None:
    user = users.create_user(email="a@b.example", password=PASSWORD, name="A")
    client, page = Client(), reverse("organisation_new")
    client.force_login(user)
    known = client.post(page, MILL | {"name": place.buyer.organisation.name})
    assert "There is an organisation of this name." in known.content.decode()
    old = client.post(page, MILL | {"terms_version": "2020-01"})
    assert "The terms changed meanwhile" in old.content.decode()
    assert not Membership.objects.filter(user=user).exists()

    assert client.post(page, MILL).status_code == 302
    again = client.post(page, MILL | {"name": "Another"})
    assert "still waits for its verification" in again.content.decode()


def test_an_address_that_is_taken_reads_the_same_and_its_owner_is_told(place: Place) -> None:
    answer = signed_up(Client(), email=place.buyer.user.email)
    assert answer["Location"] == reverse("account_email_verification_sent")
    send_letters()
    assert mail.outbox[0].to == [place.buyer.user.email]
    assert User.objects.filter(email=place.buyer.user.email).count() == 1


def test_a_weak_password_is_refused_at_its_field() -> None:
    answer = signed_up(Client(), password1="password")
    assert 'id="id_password1_error"' in answer.content.decode()
    assert not User.objects.exists()


def test_attempts_to_guess_a_password_are_limited_without_redis(place: Place) -> None:
    cache.clear()
    client, email = Client(), place.buyer.user.email
    for _attempt in range(5):
        assert "Too many" not in sign_in(client, email, "wrong").content.decode()
    assert "Too many" in sign_in(client, email, PASSWORD).content.decode()
    cache.clear()


def test_a_forgotten_password(place: Place) -> None:
    client, email = Client(), place.buyer.user.email
    client.post(reverse("account_reset_password"), {"email": email})
    client.post(reverse("account_reset_password"), {"email": "nobody@else.example"})
    send_letters()
    assert [letter.to for letter in mail.outbox] == [[email]]
    shown = client.get(link_in(mail.outbox[0]), follow=True)
    new = {"password1": "staple correct battery", "password2": "staple correct battery"}
    client.post(shown.redirect_chain[-1][0], new)
    assert sign_in(Client(), email, "staple correct battery").status_code == 302


def test_the_way_on_is_kept_and_never_leads_elsewhere(place: Place) -> None:
    email = place.buyer.user.email
    for target, lands in (("/deals", "/deals"), ("https://evil.example/", reverse("dashboard"))):
        answer = Client().post(
            reverse("login"), {"login": email, "password": PASSWORD, "next": target}
        )
        assert answer["Location"] == lands


def test_a_second_factor_is_set_up_asked_for_and_recovered_from(place: Place) -> None:
    user, client = place.buyer.user, Client()
    sign_in(client, user.email)
    asked = client.get(reverse("mfa_activate_totp"))["Location"]
    assert asked.startswith(reverse("account_reauthenticate"))
    client.post(asked, {"password": PASSWORD})
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    secret = re.search(r'value="([A-Z2-7]{16,})"', page)
    assert secret, page
    assert 'src="data:image/svg+xml' in page
    made_codes = client.post(
        reverse("mfa_activate_totp"), {"code": code_of(secret[1])}, follow=True
    ).content.decode()
    assert "Recovery codes" in made_codes
    codes = re.findall(r"<code>(\w+)</code>", made_codes)
    assert len(codes) == 10

    fresh = Client()
    assert sign_in(fresh, user.email)["Location"] == reverse("mfa_authenticate")
    assert fresh.get(reverse("dashboard")).status_code == 302, "not signed in yet"
    wrong = fresh.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert wrong.status_code == 200
    assert fresh.post(reverse("mfa_authenticate"), {"code": codes[0]}).status_code == 302
    assert fresh.get(reverse("dashboard")).status_code == 200
    again = Client()
    sign_in(again, user.email)
    used = again.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert used.status_code == 200, "a code opens once"


def code_of(secret: str) -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return f"{hotp_value(secret, counter):06d}"


PAGES = (
    "account_login",
    "account_signup",
    "account_reset_password",
    "account_email_verification_sent",
    "account_reset_password_done",
    "account_inactive",
)

OWN_PAGES = (
    "account_logout",
    "account_email",
    "account_change_password",
    "account_reauthenticate",
    "mfa_index",
    "mfa_activate_totp",
    "mfa_reauthenticate",
    "organisation_new",
    "terms",
)


@pytest.mark.parametrize("name", [*PAGES, *OWN_PAGES])
def test_every_page_is_ours_and_has_no_inline_code(place: Place, name: str) -> None:
    client = Client()
    if name in OWN_PAGES:
        sign_in(client, place.buyer.user.email)
    answer = client.get(reverse(name), follow=True)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert '<a class="skip" href="#content">' in text
    assert not re.search(r"<style|<script(?![^>]+src=)|\s(style|on\w+)=\"", text)


def test_newer_terms_wait_for_an_owner_before_anything_new(place: Place) -> None:
    now = timezone.now()
    MarketSettings.objects.update_or_create(pk=1, defaults={"terms_version": "2027-01"})
    with pytest.raises(NotAllowed, match="2027-01"):
        made.lot(place.producer, place.certificate)
    with pytest.raises(NotAllowed, match="2027-01"):
        made.requirement(place.buyer)
    page = place.browser(place.producer).get(reverse("dashboard")).content.decode()
    assert "Version 2027-01 of the market&#x27;s terms" in page or "2027-01" in page
    with pytest.raises(NotAllowed):
        terms.accept(by=place.producer.actor, version="2027-01", now=now)
    refused = place.browser(place.producer).post(reverse("terms"), {"version": "2027-01"})
    assert refused["Location"] == reverse("terms")

    owner = users.create_user(email="owner@mill.example", password=PASSWORD, name="Owner")
    organisations.add_member(organisation=place.producer.organisation, user=owner, role=Role.OWNER)
    actor = Actor(owner, place.producer.organisation, Role.OWNER)
    with pytest.raises(Conflict):
        terms.accept(by=actor, version="2026-11", now=now)
    client = Client()
    client.force_login(owner)
    assert "Accept for the organisation" in client.get(reverse("terms")).content.decode()
    client.post(reverse("terms"), {"version": "2027-01"})
    terms.accept(by=actor, version="2027-01", now=now)
    kept = TermsAcceptance.objects.get(organisation=place.producer.organisation, version="2027-01")
    assert kept.user == owner
    made.lot(place.producer, place.certificate)
    assert "Accepted for your organisation" in client.get(reverse("terms")).content.decode()


def test_an_address_that_an_admin_wrote_signs_in_and_the_old_one_does_not(place: Place) -> None:
    user, old = place.buyer.user, place.buyer.user.email
    User.objects.filter(pk=user.pk).update(email="new@buyer.example")
    user.refresh_from_db()
    User.objects.vouch(user)
    assert sign_in(Client(), old).status_code == 200
    assert sign_in(Client(), "new@buyer.example").status_code == 302


def test_nobody_inactive_accepts_terms(place: Place) -> None:
    user = users.create_user(email="a@b.example", password=PASSWORD, name="A")
    user.is_active = False
    user.save()
    with pytest.raises(NotAllowed):
        onboarding.found(
            by=user, raw=MILL | {"terms_version": current.version()}, now=timezone.now()
        )
    assert not Organisation.objects.filter(name=MILL["name"]).exists()

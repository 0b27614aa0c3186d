"""What a reader sees where there is nothing to see: in words, in the site's own page."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.integration.marketplace.web.conftest import Place

pytestmark = pytest.mark.django_db


def test_an_unknown_address_is_said_on_a_page_of_the_site(client: Client) -> None:
    answer = client.get("/nothing-here")
    page = answer.content.decode()
    assert answer.status_code == 404
    assert "<title>" in page
    assert "There is nothing at this address" in page
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_it_is_said_in_the_readers_language(client: Client) -> None:
    page = client.get("/nothing-here", headers={"accept-language": "zh-CN"}).content.decode()
    assert 'lang="zh-hans"' in page
    assert "There is nothing" not in page


def test_who_is_signed_in_keeps_the_way_around(place: Place) -> None:
    page = place.browser(place.buyer).get("/lots/none").content.decode()
    assert reverse("dashboard") in page


def test_a_refusal_of_the_admin_is_a_page_as_well(place: Place) -> None:
    place.buyer.user.is_staff = True
    place.buyer.user.save()
    page = reverse("admin:marketplace_certificate_changelist")
    answer = place.browser(place.buyer).get(page)
    assert answer.status_code == 403
    assert "this page is not open to you" in answer.content.decode()


def test_a_form_whose_token_is_too_old_is_refused_in_words(place: Place) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(place.producer.user)
    answer = browser.post(reverse("lot_new"), {"grade": "P1020A", "csrfmiddlewaretoken": "old"})
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "Nothing was saved" in page and reverse("dashboard") in page
    assert "default-src 'none'" in answer["Content-Security-Policy"]

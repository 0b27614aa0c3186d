"""Everybody reads in their own language and time zone; papers stay as both sides signed them."""

from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from marketplace.domain.vocabulary import Event, NoticeMode
from marketplace.models import Deal, Proposal, User
from marketplace.services import mails, notifications, proposals, readers
from tests.factories import market as made
from tests.integration.marketplace.web.conftest import Place

PAGE, LANGUAGE = reverse("settings"), reverse("language")


def test_the_settings_are_found_by_ones_address_and_kept(place: Place) -> None:
    user, client = place.buyer.user, place.browser(place.buyer)
    page = client.get(reverse("dashboard")).content.decode()
    assert f'href="{PAGE}">{user.email}</a>' in page
    assert "Times are in UTC." in page

    answer = client.post(PAGE, {"language": "zh-hans", "time_zone": "Asia/Shanghai"})
    assert answer.status_code == 302
    user.refresh_from_db()
    assert (user.language, user.time_zone) == ("zh-hans", "Asia/Shanghai")
    shown = client.get(PAGE)
    assert shown["Content-Language"] == "zh-hans"
    text = shown.content.decode()
    assert '<html lang="zh-hans">' in text
    assert "Asia/Shanghai (UTC+08:00)" in text
    assert '<option value="Asia/Shanghai" selected>' in text

    client.post(PAGE, {"language": "", "time_zone": ""})
    assert settings.LANGUAGE_COOKIE_NAME not in {
        name for name, morsel in client.cookies.items() if morsel.value
    }
    assert "UTC" in client.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [("language", "xx"), ("time_zone", "Moon/Tycho"), ("time_zone", "../../etc/passwd")],
)
def test_what_is_not_known_is_refused_at_its_field(place: Place, field: str, value: str) -> None:
    client = place.browser(place.buyer)
    answer = client.post(PAGE, {"language": "", "time_zone": "", field: value})
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    place.buyer.user.refresh_from_db()
    assert (place.buyer.user.language, place.buyer.user.time_zone) == ("", "")


def test_a_stored_zone_that_is_known_no_more_reads_as_utc(place: Place) -> None:
    User.objects.filter(pk=place.buyer.user.pk).update(time_zone="Asia/Atlantis", language="xx")
    page = place.browser(place.buyer).get(reverse("dashboard"))
    assert page.status_code == 200
    assert "Times are in UTC." in page.content.decode()


def test_anybody_switches_the_language_and_stays_on_the_page(db: None) -> None:
    client = Client()
    assert '<html lang="en">' in client.get(reverse("home")).content.decode()
    answer = client.post(LANGUAGE, {"language": "zh-hans", "next": "/login?next=/deals"})
    assert answer["Location"] == "/login?next=/deals"
    assert '<html lang="zh-hans">' in client.get(reverse("home")).content.decode()


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil", ""]
)
def test_the_switch_leads_nowhere_else(db: None, target: str) -> None:
    answer = Client().post(LANGUAGE, {"language": "en", "next": target})
    assert answer["Location"] == reverse("home")


def test_the_switch_refuses_other_languages_and_keeps_a_readers_choice(place: Place) -> None:
    client = place.browser(place.buyer)
    client.post(LANGUAGE, {"language": "xx", "next": "/"})
    place.buyer.user.refresh_from_db()
    assert place.buyer.user.language == ""
    assert settings.LANGUAGE_COOKIE_NAME not in client.cookies
    client.post(LANGUAGE, {"language": "zh-hans", "next": "/"})
    place.buyer.user.refresh_from_db()
    assert place.buyer.user.language == "zh-hans"


def test_times_are_the_readers_and_days_by_rule_stay(place: Place, proposal: Proposal) -> None:
    """23:30 in UTC is the next morning in Shanghai; the delivery window is the same for all."""
    late = datetime(2027, 1, 10, 23, 30, tzinfo=UTC)
    Proposal.objects.update(expires_at=late)
    readers.choose(by=place.buyer.user, raw={"language": "", "time_zone": "Asia/Shanghai"})
    proposals.accept(
        by=place.buyer.actor, public_id=proposal.public_id, now=datetime(2026, 12, 1, tzinfo=UTC)
    )
    path = reverse("proposal", args=[proposal.public_id])
    proposal.refresh_from_db()
    for trader, words in (
        (place.buyer, "2027-01-11 07:30 UTC+08:00"),
        (place.producer, "2027-01-10 23:30 UTC"),
    ):
        Proposal.objects.update(producer_answer="ACCEPTED" if trader is place.producer else "OPEN")
        page = place.browser(trader).get(path).content.decode()
        assert words in page
        assert f"{proposal.window_start} – {proposal.window_end}" in page


def test_papers_stay_in_utc(place: Place, proposal: Proposal) -> None:
    readers.choose(by=place.buyer.user, raw={"language": "", "time_zone": "Asia/Shanghai"})
    for trader in (place.producer, place.buyer):
        proposals.accept(by=trader.actor, public_id=proposal.public_id, now=timezone.now())
    deal = Deal.objects.get()
    pages = [
        place.browser(trader)
        .get(reverse("deal_paper", args=[deal.public_id, "confirmation"]))
        .content.decode()
        for trader in (place.producer, place.buyer)
    ]
    for page in pages:
        assert f"{deal.concluded_at:%Y-%m-%d %H:%M} UTC" in page
    packs = {
        place.browser(trader).get(reverse("deal_pack", args=[deal.public_id])).content
        for trader in (place.producer, place.buyer)
    }
    assert len(packs) == 1


def test_mails_speak_the_readers_language_and_zone(place: Place) -> None:
    user, now = place.producer.user, timezone.now()
    readers.choose(by=user, raw={"language": "zh-hans", "time_zone": "America/Sao_Paulo"})
    mails.send_waiting(user_id=user.pk, mode=NoticeMode.NOW, now=now)
    mail.outbox.clear()
    notifications.tell(
        organisations=[place.producer.organisation.pk],
        event=Event.PROPOSAL_OPENED,
        key="proposal.opened:test",
        params={
            "tonnes": "500",
            "product": "INGOT",
            "other": "Harbour Cable",
            "until": "2026-11-27T01:00:00+00:00",
        },
        now=now,
    )
    mails.send_waiting(user_id=user.pk, mode=NoticeMode.NOW, now=now)
    assert "2026-11-26 22:00 UTC-03:00" in mail.outbox[0].body
    assert timezone.get_current_timezone_name() == "UTC"
    assert translation.get_language() == "en"


def test_an_admin_without_organisation_has_settings_too(db: None) -> None:
    client = Client()
    client.force_login(made.admin(now=timezone.now()))
    assert client.get(PAGE).status_code == 200


def test_the_api_answers_in_utc_beside_a_session(place: Place) -> None:
    readers.choose(by=place.buyer.user, raw={"language": "zh-hans", "time_zone": "Asia/Shanghai"})
    answer = place.browser(place.buyer).get("/api/v1/deals")
    assert answer.status_code == 401
    assert answer["Content-Language"] != "zh-hans"

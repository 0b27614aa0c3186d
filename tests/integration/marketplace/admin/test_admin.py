"""The admin's pages: all of them open, and what is entered there passes the same rules."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from marketplace.models import (
    Certificate,
    FxRate,
    GradeSynonym,
    Heartbeat,
    MarketSettings,
    Organisation,
    OutboxRow,
    Proposal,
    User,
)
from marketplace.services import certificates, keys, outbox, proposals, rates
from matching import services as matching
from tests.factories import market as made

pytestmark = pytest.mark.django_db(transaction=True)
PAPER = {
    "scheme": "CGMC_GREEN_POWER",
    "issuer": "CGMC",
    "number": "CGMC-D",
    "certified_t": "100",
    "valid_from": "2026-01-01",
    "valid_to": "2027-12-31",
}


@pytest.fixture
def boss() -> User:
    return made.admin(now=timezone.now(), may_all=True)


@pytest.fixture
def office(boss: User) -> Client:
    client = Client()
    client.force_login(boss)
    return client


@pytest.fixture
def busy(boss: User, settings: Any, tmp_path: Any) -> None:
    """Something in every list: a deal, a shortfall, a document, a key, a rate, a heartbeat."""
    settings.MEDIA_ROOT = tmp_path
    now = timezone.now()
    producer, buyer = (made.trader(side=side, by=boss) for side in ("producer", "buyer"))
    made.lot(producer, made.certificate(producer, by=boss))
    made.requirement(buyer, volume_t="700")
    matching.run_on_change(row_id=None, clock=timezone.now)
    for trader in (producer, buyer):
        found = Proposal.objects.get().public_id
        proposals.accept(by=trader.actor, public_id=found, now=now)
    document = SimpleUploadedFile("paper.pdf", b"%PDF-1.7 paper")
    certificates.submit(by=producer.actor, raw=PAPER, document=document, now=now)
    keys.issue(user=buyer.user, organisation=buyer.organisation, now=now)
    Heartbeat.objects.create(name="worker", started_at=now, beat_at=now)


def test_every_list_and_every_page_opens_and_none_has_inline_code(
    office: Client, boss: User, busy: None
) -> None:
    opened = 0
    for model, page in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        addresses = [reverse(f"{name}_changelist")]
        first = model._default_manager.first()
        if first is not None:
            addresses.append(reverse(f"{name}_change", args=[first.pk]))
        request: Any = office.get(reverse("admin:index")).wsgi_request
        if page.has_add_permission(request):
            addresses.append(reverse(f"{name}_add"))
        for address in addresses:
            answer = office.get(address, follow=True)
            assert answer.status_code == 200, address
            assert not re.search(r"<style|<script(?![^>]+src=)", answer.content.decode()), address
            opened += 1
    assert opened >= 40
    for address in ("?state=undone", "?state=dead", "?state=done"):
        assert office.get(f"/admin/marketplace/outboxrow/{address}").status_code == 200
    for state in ("DEAL", "DROPPED"):
        found = office.get(f"/admin/matching/match/?proposal_state={state}")
        assert ("700" in found.content.decode() or "500.000" in found.content.decode()) == (
            state == "DEAL"
        )


def test_an_admin_reads_the_document_as_a_download(office: Client, busy: None) -> None:
    found = Certificate.objects.get(number="CGMC-D")
    answer = office.get(reverse("admin:marketplace_certificate_document", args=[found.pk]))
    assert b"".join(answer.streaming_content) == b"%PDF-1.7 paper"  # type: ignore[attr-defined]
    assert answer["Content-Disposition"].startswith("attachment;")
    without = Certificate.objects.exclude(pk=found.pk).get()
    missing = office.get(reverse("admin:marketplace_certificate_document", args=[without.pk]))
    assert missing.status_code == 404


def acted(office: Client, model: str, action: str, pk: int, **more: str) -> Any:
    data = {"action": action, "_selected_action": str(pk), **more}
    return office.post(f"/admin/marketplace/{model}/", data, follow=True)


def test_a_reason_is_asked_for_and_a_wrong_step_is_told(office: Client, busy: None) -> None:
    found = Certificate.objects.exclude(number="CGMC-D").get()
    page = acted(office, "certificate", "suspend", found.pk)
    assert 'name="reason"' in page.content.decode()
    page = acted(office, "certificate", "suspend", found.pk, confirmed="yes", reason=" ")
    assert "those concerned read it" in page.content.decode()
    acted(office, "certificate", "suspend", found.pk, confirmed="yes", reason="Audit is late.")
    found.refresh_from_db()
    assert (found.state, found.state_reason) == ("SUSPENDED", "Audit is late.")
    page = acted(office, "certificate", "refuse", found.pk, confirmed="yes", reason="No.")
    assert "errorlist" in page.content.decode() or 'class="error"' in page.content.decode()
    acted(office, "certificate", "verify", found.pk)
    acted(office, "certificate", "revoke", found.pk, confirmed="yes", reason="Fraud.")
    found.refresh_from_db()
    assert found.state == "REVOKED"


def test_an_admin_pauses_and_goes_on_with_market_and_organisation(
    office: Client, busy: None
) -> None:
    buyer = Organisation.objects.get(is_buyer=True)
    why = {"confirmed": "yes", "reason": "Wrong prices"}
    office.get("/admin/marketplace/marketsettings/")
    for model, pk in (("marketsettings", 1), ("organisation", buyer.pk)):
        for what in ("matching", "trading"):
            acted(office, model, f"pause_{what}", pk, **why)
    row = MarketSettings.objects.get()
    buyer.refresh_from_db()
    assert row.matching_paused_at and row.trading_paused_at
    assert buyer.matching_paused_at and buyer.trading_paused_at
    for model, pk in (("marketsettings", 1), ("organisation", buyer.pk)):
        for what in ("matching", "trading"):
            acted(office, model, f"resume_{what}", pk)
    after = MarketSettings.objects.get()
    assert (after.matching_paused_at, after.trading_paused_at, after.paused_reason) == (
        None, None, ""
    )  # fmt: skip
    acted(office, "organisation", "suspend", buyer.pk, **why)
    buyer.refresh_from_db()
    assert buyer.suspended_reason == "Wrong prices"
    acted(office, "organisation", "reinstate", buyer.pk)
    buyer.refresh_from_db()
    assert buyer.suspended_at is None


def added(office: Client, model: str, **values: str) -> Any:
    return office.post(f"/admin/marketplace/{model}/add/", values, follow=True)


def undone() -> int:
    return OutboxRow.objects.filter(task=outbox.ROUND, done_at__isnull=True).count()


def test_a_rate_is_entered_and_an_old_one_warned_of(office: Client, boss: User) -> None:
    now = timezone.now()
    old = now - timedelta(days=4)
    rates.enter(
        currency="CNY",
        usd_per_unit=Decimal("0.14"),
        date=old.date(),
        source="x",
        by=boss,
        now=now,
    )
    assert "newest CNY rate" in office.get("/admin/marketplace/fxrate/").content.decode()
    good = {"currency": "EUR", "usd_per_unit": "1.0855", "date": f"{now:%Y-%m-%d}", "source": "ECB"}
    added(office, "fxrate", **good)
    assert str(FxRate.objects.get(currency="EUR").usd_per_unit) == "1.08550000"
    page = added(office, "fxrate", **good | {"currency": "GBP"})
    assert "CNY" in page.content.decode()
    assert not FxRate.objects.filter(currency="GBP").exists()


def test_organisations_are_created_and_changed_through_the_rules(office: Client) -> None:
    members = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    sent = {"name": "Rhein Auto", "country": "DE", "is_buyer": "on", **members}
    page = added(office, "organisation", **sent | {"country": "Z9"})
    assert "ISO 3166" in page.content.decode()
    added(office, "organisation", **sent)
    found = Organisation.objects.get()
    assert (found.country, found.verified_at) == ("DE", None)
    before = undone()
    office.post(f"/admin/marketplace/organisation/{found.pk}/change/", sent | {"is_producer": "on"})
    found.refresh_from_db()
    assert found.is_producer
    assert undone() >= max(before, 1)


def test_set_times_need_a_cron_form_and_a_known_time_zone(office: Client) -> None:
    office.get("/admin/marketplace/marketsettings/")
    path = reverse("admin:marketplace_marketsettings_change", args=[1])
    sent = {
        "proposal_hours": "72",
        "round_schedule": "0 14 * * 1-5",
        "time_zone": "Asia/Shanghai",
        "round_gap_seconds": "5",
        "terms_version": "2026-11",
        "deal_standing": "INDICATION",
        "decline_days": "14",
    }
    for field, value, words in (
        ("round_schedule", "at noon", "Not a cron form"),
        ("time_zone", "Beijing", "Not a time zone"),
        ("proposal_hours", "0", "greater than or equal to 1"),
    ):
        page = office.post(path, sent | {field: value})
        assert words in page.content.decode(), field
    office.post(path, sent)
    stored = MarketSettings.objects.get()
    assert (stored.proposal_hours, stored.time_zone) == (72, "Asia/Shanghai")


def test_a_synonym_of_a_grade_makes_a_round(office: Client) -> None:
    added(office, "gradesynonym", name="Al 99.70", grade="P1020A")
    assert GradeSynonym.objects.get().name_key
    assert undone() == 1


def test_addresses_of_users_are_kept_in_one_form(office: Client) -> None:
    added(
        office,
        "user",
        email=" New.Trader@Example.COM ",
        name="New",
        usable_password="true",
        password1="a long enough phrase",
        password2="a long enough phrase",
        **{"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"},
    )
    assert User.objects.filter(email="new.trader@example.com").exists()

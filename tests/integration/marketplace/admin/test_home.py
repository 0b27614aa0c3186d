"""An admin's first page: what needs a decision, what is stale, how rounds and workers are."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from marketplace.models import CbamPrice, FxRate, Heartbeat, OutboxRow, User
from marketplace.services import certificates, deals
from matching.models import MatchingRound
from tests.factories import market as made
from tests.factories.deals import Pair

pytestmark = pytest.mark.django_db
HOME = "admin:index"


@pytest.fixture
def boss() -> User:
    return made.admin(now=timezone.now(), may_all=True)


def page(user: User) -> str:
    client = Client()
    client.force_login(user)
    answer = client.get(reverse(HOME))
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_it_names_what_waits_for_a_decision(boss: User) -> None:
    pair = Pair(timezone.now())
    made.trader(side="producer", by=boss, verified=False)
    raw = {
        "scheme": "CGMC_GREEN_POWER", "issuer": "CGMC", "number": "CGMC-WAITS",
        "certified_t": "100", "valid_from": "2026-01-01", "valid_to": "2027-12-31",
    }  # fmt: skip
    certificates.submit(by=pair.producer.actor, raw=raw, document=None, now=timezone.now())
    deal = pair.deal(100)
    deals.flag(lot_ids=[deal.proposal.lot_id], reason="A test.", now=timezone.now())
    now = timezone.now()
    OutboxRow.objects.create(task="gone.task", created_at=now, due_at=now, dead_at=now)
    found = page(boss)
    for words in ("CGMC-WAITS", "Producer", deal.number, "gone.task"):
        assert words in found, words


def test_a_round_is_one_line(boss: User) -> None:
    MatchingRound.objects.create(
        state="PUBLISHED", trigger="CHANGE", started_at=timezone.now(),
        lease_until=timezone.now(), matched_kg=3_350_000, surplus_usd=Decimal("1234.50"),
        seconds=Decimal("0.412"), verified=True, optimal=True,
    )  # fmt: skip
    found = page(boss)
    for words in ("3,350", "1,234.50", "0.412", "Published"):
        assert words in found, words


def test_stale_rates_and_parameters_are_an_alarm(boss: User) -> None:
    today = timezone.now().date()
    FxRate.objects.create(
        currency="EUR", usd_per_unit=Decimal("1.08"), date=today - timedelta(days=2), source="x"
    )
    FxRate.objects.create(
        currency="CNY", usd_per_unit=Decimal("0.139"), date=today - timedelta(days=1), source="x"
    )
    CbamPrice.objects.all().delete()
    found = page(boss)
    assert "The newest rate of EUR is of" in found
    assert "rate of CNY" not in found
    assert "The CBAM certificate price of Q" in found
    FxRate.objects.all().delete()
    assert "There is no rate of CNY" in page(boss)


def test_silent_workers_are_said(boss: User) -> None:
    assert "no worker gives a sign of life" in page(boss)
    now = timezone.now()
    Heartbeat.objects.create(name="one", started_at=now, beat_at=now, heard_at=now)
    assert "workers hear" in page(boss)


def test_who_may_view_little_reads_little() -> None:
    clerk = made.admin(now=timezone.now())
    clerk.user_permissions.add(Permission.objects.get(codename="view_certificate"))
    found = page(clerk)
    assert "Certificates to verify" in found
    for words in ("Organisations to verify", "Surplus", "Jobs that were given up"):
        assert words not in found


def queries_of(client: Client) -> int:
    with CaptureQueriesContext(connection) as found:
        client.get(reverse(HOME))
    return len(found)


def test_a_fixed_number_of_queries(boss: User) -> None:
    client, now = Client(), timezone.now()
    client.force_login(boss)
    few = queries_of(client)
    for number in range(20):
        made.trader(side="buyer", by=boss, verified=False)
        OutboxRow.objects.create(task=f"t{number}", created_at=now, due_at=now, dead_at=now)
    assert queries_of(client) == few
    assert few <= 20

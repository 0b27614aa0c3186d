"""The OpenAPI document, its page, and what load balancers ask."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from marketplace.models import Heartbeat

ROOT = Path(__file__).resolve().parents[4]


def test_the_committed_document_is_the_one_that_is_served(tmp_path: Path) -> None:
    made = tmp_path / "openapi.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(made))
    assert made.read_text() == (ROOT / "docs" / "openapi.yaml").read_text()


@pytest.mark.django_db
def test_the_document_and_its_page_are_public(client: Client) -> None:
    document = client.get("/api/schema", headers={"Accept": "application/json"})
    assert document.status_code == 200
    page = client.get("/api/docs")
    assert page.status_code == 200
    text = page.content.decode()
    assert "/api/v1/lots/{public_id}/withdraw" in text
    assert 'id="problem-invalid_input"' in text


@pytest.mark.django_db
def test_the_page_needs_neither_inline_script_nor_style(client: Client) -> None:
    page = client.get("/api/docs")
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    text = page.content.decode()
    assert "<style" not in text
    assert " style=" not in text
    assert "<script>" not in text


def test_healthz_asks_nobody(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.django_db
def test_readyz_needs_a_worker_that_was_heard_lately(client: Client, settings: Settings) -> None:
    settings.HEARTBEAT_STALE_AFTER = timedelta(seconds=60)
    silent = client.get("/readyz")
    assert silent.status_code == 503
    assert silent.json()["checks"] == {"database": "ok", "redis": "ok", "worker": "silent"}
    Heartbeat.objects.create(name="worker", started_at=timezone.now(), beat_at=timezone.now())
    assert client.get("/readyz").status_code == 200
    Heartbeat.objects.update(beat_at=timezone.now() - timedelta(seconds=61))
    assert client.get("/readyz").json()["checks"]["worker"] == "silent"


@pytest.mark.django_db
def test_readyz_says_deaf_when_no_worker_that_lives_hears(
    client: Client, settings: Settings
) -> None:
    settings.DEAF_AFTER_SECONDS = 120
    now, long_ago = timezone.now(), timezone.now() - timedelta(seconds=121)
    for name, heard_at in (("never", None), ("long-ago", long_ago)):
        Heartbeat.objects.create(name=name, started_at=long_ago, beat_at=now, heard_at=heard_at)
    deaf = client.get("/readyz")
    assert (deaf.status_code, deaf.json()["checks"]["worker"]) == (503, "deaf")
    Heartbeat.objects.create(name="hears", started_at=long_ago, beat_at=now, heard_at=now)
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db
def test_readyz_tells_quickly_that_redis_is_away(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = "redis://secret:password@127.0.0.1:1/0"
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["redis"] == "unreachable"
    assert "password" not in response.content.decode()

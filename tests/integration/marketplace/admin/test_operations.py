"""What an operator sees and does: dead rows are tried again, deaf workers are named."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from marketplace.models import Heartbeat, OutboxRow
from tests.factories import market as made

pytestmark = pytest.mark.django_db

ROWS, WORKERS = "/admin/marketplace/outboxrow/", "/admin/marketplace/heartbeat/"


@pytest.fixture
def office() -> Client:
    client = Client()
    client.force_login(made.admin(now=timezone.now(), may_all=True))
    return client


def row(*, dead: bool) -> OutboxRow:
    now = timezone.now()
    return OutboxRow.objects.create(
        task="some.task",
        created_at=now,
        due_at=now,
        attempts=8 if dead else 2,
        dead_at=now if dead else None,
        last_error="RuntimeError: no luck" if dead else "",
    )


def test_a_dead_row_is_seen_and_tried_again(office: Client) -> None:
    dead, alive = row(dead=True), row(dead=False)
    page = office.get(f"{ROWS}?state=dead").content.decode()
    assert "no luck" in page
    assert page.count("some.task") < office.get(ROWS).content.decode().count("some.task")

    answer = office.post(
        ROWS, {"action": "try_again", "_selected_action": [dead.pk, alive.pk]}, follow=True
    )

    dead.refresh_from_db()
    alive.refresh_from_db()
    assert (dead.attempts, dead.dead_at, dead.last_error) == (0, None, "")
    assert alive.attempts == 2
    text = answer.content.decode()
    assert "1 done." in text
    assert "This changed meanwhile" in text


def test_workers_are_shown_with_their_state_and_a_warning(office: Client) -> None:
    now, long_ago = timezone.now(), timezone.now() - timedelta(hours=1)
    assert "start one" in office.get(WORKERS).content.decode()
    Heartbeat.objects.create(name="gone:1", started_at=long_ago, beat_at=long_ago)
    Heartbeat.objects.create(name="deaf:2", started_at=long_ago, beat_at=now, heard_at=long_ago)
    page = office.get(WORKERS).content.decode()
    assert "no sign of life" in page
    assert "deaf: hears no messages" in page
    assert "No worker hears messages" in page

    Heartbeat.objects.create(name="good:3", started_at=long_ago, beat_at=now, heard_at=now)

    page = office.get(WORKERS).content.decode()
    assert "No worker" not in page
    assert ">hears<" in page

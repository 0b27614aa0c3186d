"""What goes after its time, and what never does."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone

from marketplace import tasks
from marketplace.models import (
    Deal,
    Heartbeat,
    IdempotentAnswer,
    LedgerPosting,
    Notification,
    OutboxRow,
    Proposal,
    ProposalStep,
)
from marketplace.services import retention
from matching import retention as rounds
from matching import services
from matching import tasks as matching_tasks
from matching.models import Match, MatchingRound, Shortfall
from tests.factories.deals import Pair
from tests.factories.offers import books_balance

pytestmark = pytest.mark.django_db(transaction=True)

DAY = timedelta(days=1)


def test_old_rounds_go_but_never_the_newest_published_one(settings: Any) -> None:
    now = timezone.now()
    pair = Pair(now)
    pair.lot()
    pair.requirement(volume_t="600")
    services.run_on_change(row_id=None, clock=lambda: now)
    late = now + timedelta(minutes=1)
    pair.requirement()
    services.run_on_change(row_id=None, clock=lambda: late)
    assert MatchingRound.objects.count() == 2
    assert rounds.prune(now=now + (settings.ROUND_KEEP_DAYS - 1) * DAY) == 0
    assert rounds.prune(now=now + (settings.ROUND_KEEP_DAYS + 1) * DAY) == 1
    left = MatchingRound.objects.get()
    assert left.started_at == late
    assert set(Match.objects.values_list("round", flat=True)) <= {left.pk}
    assert set(Shortfall.objects.values_list("round", flat=True)) <= {left.pk}
    assert Proposal.objects.count() == 1
    books_balance()


def test_what_is_done_goes_and_what_waits_or_counts_stays(settings: Any) -> None:
    now = timezone.now()
    pair = Pair(now)
    pair.deal()
    kept = [LedgerPosting.objects.count(), ProposalStep.objects.count(), Deal.objects.count()]
    OutboxRow.objects.all().delete()
    old, row = now - 400 * DAY, {"task": "t", "created_at": now, "due_at": now}
    OutboxRow.objects.bulk_create(
        [OutboxRow(done_at=old, **row), OutboxRow(dead_at=old, **row), OutboxRow(**row)]
    )
    Notification.objects.filter(user=pair.buyer.user).update(read_at=old)
    unread = Notification.objects.filter(read_at__isnull=True).count()
    read = Notification.objects.filter(read_at__isnull=False).count()
    for key, age in (("a", timedelta(hours=23)), ("b", timedelta(hours=25))):
        IdempotentAnswer.objects.create(
            organisation=pair.buyer.organisation,
            key=key,
            request_sha256="",
            status=201,
            body={},
            created_at=now - age,
        )
    Session.objects.create(session_key="x", session_data="", expire_date=old)
    Heartbeat.objects.create(name="gone", started_at=old, beat_at=old)
    Heartbeat.objects.create(name="lives", started_at=old, beat_at=now)

    assert retention.prune(now=now) == retention.Pruned(
        outbox_rows=1,
        idempotent_answers=1,
        notifications=read,
        sessions=1,
        ended_sessions=0,
        heartbeats=1,
        probes=0,
        webhook_messages=0,
        search_hits=0,
        imports=0,
        exports=0,
        letters=0,
    )
    assert OutboxRow.objects.count() == 2
    assert Notification.objects.count() == unread
    assert IdempotentAnswer.objects.get().key == "a"
    assert Heartbeat.objects.get().name == "lives"
    now_kept = [LedgerPosting.objects.count(), ProposalStep.objects.count(), Deal.objects.count()]
    assert now_kept == kept


def test_it_goes_in_batches_by_command_and_by_task(monkeypatch: Any) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    now = timezone.now()
    row = {"task": "t", "created_at": now, "due_at": now, "done_at": now - 400 * DAY}
    OutboxRow.objects.bulk_create(OutboxRow(**row) for _ in range(5))
    out = io.StringIO()
    call_command("prune", stdout=out)
    assert out.getvalue().splitlines()[0] == "outbox rows: 5"
    assert out.getvalue().splitlines()[-1] == "rounds: 0"
    OutboxRow.objects.create(**row)
    tasks.prune()
    tasks.expire_certificates()
    matching_tasks.prune_rounds()
    assert not OutboxRow.objects.exists()

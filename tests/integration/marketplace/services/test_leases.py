"""The outbox's leases: an attempt counts when work begins, eight are the end, ringing is free."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError

from marketplace.domain.errors import Conflict, NotAllowed
from marketplace.models import OutboxRow
from marketplace.services import outbox
from tests.factories import market as made
from tests.factories.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
LEASE = timedelta(seconds=60)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.fixture(autouse=True)
def rung(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    heard: list[int] = []
    monkeypatch.setattr(outbox, "ring", lambda task, row_id: heard.append(row_id))
    return heard


@pytest.fixture
def row(rung: list[int]) -> OutboxRow:
    added = outbox.add(task=outbox.ROUND, argument=7, now=NOW)
    rung.clear()
    return added


def now_is(row: OutboxRow) -> OutboxRow:
    row.refresh_from_db()
    return row


def broken(_row: OutboxRow) -> None:
    raise RuntimeError("no luck")


def test_work_is_done_once_and_its_row_closed(row: OutboxRow) -> None:
    handled: list[int | None] = []

    assert outbox.work(row.pk, lambda found: handled.append(found.argument), NOW)
    assert not outbox.work(row.pk, lambda found: handled.append(found.argument), NOW)

    assert handled == [7]
    assert (now_is(row).done_at, row.attempts, row.leased_until) == (NOW, 1, None)


def test_a_held_row_is_neither_claimed_nor_rung_until_its_lease_is_over(
    row: OutboxRow, rung: list[int]
) -> None:
    held = outbox.claim(row.pk, NOW, by="here:1")

    assert held is not None
    assert (held.attempts, held.leased_by, held.leased_until) == (1, "here:1", NOW + LEASE)
    assert outbox.claim(row.pk, after(59), by="there:2") is None
    assert outbox.sweep(now=after(59)) == 0
    assert (outbox.sweep(now=after(60)), rung) == (1, [row.pk])
    again = outbox.claim(row.pk, after(60), by="there:2")
    assert again is not None
    assert (again.attempts, again.leased_by) == (2, "there:2")


def test_many_workers_hear_one_bell_and_one_works(row: OutboxRow) -> None:
    handled: list[int] = []

    def working() -> object:
        return outbox.work(row.pk, lambda found: handled.append(found.pk), NOW)

    answers = at_once([working] * 8)

    assert (answers.count(True), handled) == (1, [row.pk])


def test_failures_wait_longer_each_time_and_end_after_eight(
    row: OutboxRow, caplog: pytest.LogCaptureFixture
) -> None:
    now, waits = NOW, []
    while now_is(row).dead_at is None:
        assert outbox.work(row.pk, broken, now)
        waits.append((now_is(row).due_at - now).total_seconds())
        assert not outbox.work(row.pk, broken, now), "it rests"
        now = max(now, row.due_at)

    assert waits[:7] == [5, 10, 20, 40, 80, 160, 320]
    assert (row.attempts, len(waits)) == (8, 8)
    assert row.last_error.startswith("RuntimeError: no luck (test_leases.py:")
    assert any("given up" in record.message for record in caplog.records)
    assert outbox.sweep(now=after(1e6)) == 0


def test_the_longest_wait_is_ten_minutes() -> None:
    assert outbox.wait_after(30) == timedelta(minutes=10)


def test_a_job_that_kills_its_worker_is_dead_after_eight(row: OutboxRow, rung: list[int]) -> None:
    now = NOW
    for attempt in range(1, 9):
        assert outbox.sweep(now=now) == 1
        held = outbox.claim(row.pk, now, by="doomed:1")
        assert held is not None
        assert held.attempts == attempt
        now += LEASE

    assert outbox.claim(row.pk, now, by="doomed:1") is None
    assert outbox.sweep(now=now) == 0
    assert (now_is(row).dead_at, row.last_error) == (now, outbox.LOST)
    assert len(rung) == 8


def test_no_worker_for_a_day_kills_no_row(row: OutboxRow) -> None:
    for minute in range(0, 24 * 60, 10):
        assert outbox.sweep(now=after(60 * minute)) == 1

    assert (now_is(row).attempts, row.dead_at) == (0, None)


def test_rows_that_nobody_takes_do_not_keep_the_bell_from_others(
    row: OutboxRow, rung: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "BATCH", 2)
    rows = [row, *(outbox.add(task="some.task", now=NOW) for _more in range(4))]
    rung.clear()

    for sweep in range(3):
        outbox.sweep(now=after(10 * (sweep + 1)))

    assert set(rung) == {one.pk for one in rows}


def test_a_task_that_no_worker_knows_is_given_up_after_an_hour(rung: list[int]) -> None:
    """Before that a newer version may run beside this one, whose workers know it."""
    renamed = outbox.add(task="matching.tasks.of_an_older_version", now=NOW)
    rung.clear()

    assert (outbox.sweep(now=after(3_599)), rung) == (1, [renamed.pk])
    assert outbox.sweep(now=after(3_600)) == 0
    assert now_is(renamed).dead_at == after(3_600)
    assert renamed.last_error == outbox.UNKNOWN


def test_who_lost_the_lease_says_nothing_any_more(row: OutboxRow) -> None:
    slow = outbox.claim(row.pk, NOW, by="slow:1")
    assert slow is not None
    outbox.claim(row.pk, after(60), by="quick:2")

    outbox.failed(row.pk, "too slow", after(61), attempt=slow.attempts)

    assert (now_is(row).leased_by, row.last_error) == ("quick:2", "")
    assert row.leased_until == after(120)


def test_what_postgresql_says_of_a_rows_values_is_not_kept(
    row: OutboxRow, caplog: pytest.LogCaptureFixture
) -> None:
    def refused(_row: OutboxRow) -> None:
        raise DatabaseError("Failing row contains (max_premium 987.65)")

    outbox.work(row.pk, refused, NOW)

    assert now_is(row).last_error.startswith("DatabaseError (")
    assert "987.65" not in caplog.text


def test_a_dead_row_is_tried_again_by_an_admin_only(
    row: OutboxRow, rung: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    admin = made.admin(now=NOW)
    trader = made.trader(side="buyer", by=admin, now=NOW)
    with pytest.raises(Conflict):
        outbox.retry(row_id=row.pk, by=admin, now=NOW)
    OutboxRow.objects.filter(pk=row.pk).update(attempts=8, dead_at=NOW, last_error="x")
    with pytest.raises(NotAllowed):
        outbox.retry(row_id=row.pk, by=trader.user, now=NOW)
    rung.clear()
    caplog.set_level(logging.INFO)

    outbox.retry(row_id=row.pk, by=admin, now=after(5))

    assert rung == [row.pk]
    assert f"asked by user {admin.pk}" in caplog.text
    assert (now_is(row).attempts, row.dead_at, row.due_at) == (0, None, after(5))
    assert outbox.work(row.pk, lambda _row: None, after(5))

"""Celery's side of marketplace: thin; the clock is read here."""

from celery import shared_task
from django.utils import timezone

from marketplace.domain.vocabulary import NoticeMode
from marketplace.models import OutboxRow
from marketplace.selectors.export_jobs import WRITE
from marketplace.services import (
    certificates,
    chain,
    events,
    exports,
    footprints,
    imports,
    letters,
    mails,
    outbox,
    pact_events,
    proposals,
    pump,
    retention,
    searches,
    signals,
)


@shared_task(name="marketplace.tasks.sweep_outbox")
def sweep_outbox() -> None:
    outbox.sweep(now=timezone.now())


@shared_task(name="marketplace.tasks.expire_proposals")
def expire_proposals() -> None:
    proposals.expire_due(now=timezone.now())


@shared_task(name="marketplace.tasks.expire_certificates")
def expire_certificates() -> None:
    certificates.expire_due(now=timezone.now())


@shared_task(name=searches.FIND)
def find_lots(row_id: int) -> None:
    now = timezone.now()

    outbox.work(row_id, lambda _row: searches.find(now=now), now)


@shared_task(name="marketplace.tasks.look_for_lots")
def look_for_lots() -> None:
    searches.find(now=timezone.now())


@shared_task(name="marketplace.tasks.check_import")
def check_import(row_id: int) -> None:
    def check(row: OutboxRow) -> None:
        imports.check(row=row, clock=timezone.now)

    outbox.work(row_id, check, timezone.now())


@shared_task(name="marketplace.tasks.run_import")
def run_import(row_id: int) -> None:
    def run(row: OutboxRow) -> None:
        imports.carry_out(row=row, clock=timezone.now)

    outbox.work(row_id, run, timezone.now())


@shared_task(name=WRITE)
def write_export(row_id: int) -> None:
    def write(row: OutboxRow) -> None:
        exports.write(row=row, clock=timezone.now)

    outbox.work(row_id, write, timezone.now())


@shared_task(name=events.PUMP)
def pump_webhooks(row_id: int) -> None:
    outbox.work(row_id, lambda _row: pump.run(clock=timezone.now), timezone.now())


@shared_task(name="marketplace.tasks.sweep_webhooks")
def sweep_webhooks() -> None:
    pump.sweep(now=timezone.now())


@shared_task(name="marketplace.tasks.write_market_figures")
def write_market_figures() -> None:
    signals.write_due(now=timezone.now())


@shared_task(name="marketplace.tasks.write_footprints")
def write_footprints() -> None:
    footprints.write_due(now=timezone.now())


@shared_task(name="marketplace.tasks.send_pact_events")
def send_pact_events() -> None:
    pact_events.send_due(clock=timezone.now)


@shared_task(name="marketplace.tasks.link_audit")
def link_audit() -> None:
    chain.link_new(now=timezone.now())


@shared_task(name="marketplace.tasks.prune")
def prune() -> None:
    retention.prune(now=timezone.now())


@shared_task(name="marketplace.tasks.send_notices")
def send_notices(row_id: int) -> None:
    _send_notices(row_id, NoticeMode.NOW)


@shared_task(name="marketplace.tasks.send_daily_notices")
def send_daily_notices(row_id: int) -> None:
    _send_notices(row_id, NoticeMode.DAILY)


@shared_task(name=letters.SEND)
def send_letter(row_id: int) -> None:
    def send(row: OutboxRow) -> None:
        assert row.argument is not None
        letters.send(letter_id=row.argument)

    outbox.work(row_id, send, timezone.now())


@shared_task(name="marketplace.tasks.ask_for_daily_notices")
def ask_for_daily_notices() -> None:
    mails.ask_for_daily(now=timezone.now())


def _send_notices(row_id: int, mode: NoticeMode) -> None:
    now = timezone.now()

    def send(row: OutboxRow) -> None:
        assert row.argument is not None
        mails.send_waiting(user_id=row.argument, mode=mode, now=now)

    outbox.work(row_id, send, now)

"""Celery's side of matching: thin, may run twice, twice at once, or never."""

import logging
from datetime import timedelta

from celery import Task, shared_task
from django.utils import timezone

from matching import requests, retention, services

logger = logging.getLogger(__name__)


@shared_task(name=requests.ON_CHANGE, bind=True)
def run_round(self: "Task[[int | None], None]", outbox_row_id: int | None = None) -> None:
    again = services.run_on_change(row_id=outbox_row_id, clock=timezone.now)
    _ask_again(self, outbox_row_id, again)


@shared_task(name=requests.NOW, bind=True)
def run_round_now(self: "Task[[int | None], None]", outbox_row_id: int | None = None) -> None:
    again = services.run_now(row_id=outbox_row_id, clock=timezone.now)
    _ask_again(self, outbox_row_id, again)


@shared_task(name="matching.tasks.start_scheduled_round")
def start_scheduled_round() -> None:
    services.run_scheduled(clock=timezone.now)


@shared_task(name="matching.tasks.prune_rounds")
def prune_rounds() -> None:
    retention.prune(now=timezone.now())


def _ask_again(
    task: "Task[[int | None], None]", outbox_row_id: int | None, after: timedelta | None
) -> None:
    if after is None:
        return
    try:
        task.apply_async((outbox_row_id,), countdown=after.total_seconds(), retry=False)
    except Exception:
        logger.warning("the broker is away; the sweep asks for the next round", exc_info=True)

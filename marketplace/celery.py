"""The Celery application. Tasks carry ids only; PostgreSQL is the queue, Redis the doorbell."""

import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
from django.conf import settings
from kombu.transport import redis

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
# `celery` begins here. Every other process comes by way of apps.py and has read its settings.
if not settings.configured:
    os.environ.setdefault("PROCESS", "worker")


class Channel(redis.Channel):
    """Says nothing over a connection that is lost: in kombu 5.7 that ends the worker.

    What was not begun needs no putting back and what is done no acknowledging: the sweep rings for
    what is undone, and a message that comes twice finds its row done.
    """

    do_restore = False

    def basic_ack(self, delivery_tag: Any, multiple: bool = False) -> None:
        if not self.closed:
            super().basic_ack(delivery_tag, multiple)  # type: ignore[no-untyped-call]

    def basic_reject(self, delivery_tag: Any, requeue: bool = False) -> None:
        if not self.closed:
            super().basic_reject(delivery_tag, requeue)  # type: ignore[no-untyped-call]


redis.Transport.Channel = Channel


def _broker_url(redis_url: str) -> str:
    """The same server and database in kombu's words, which differ for a Unix socket."""
    if not redis_url.startswith("unix://"):
        return redis_url
    return redis_url.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=")


app = Celery("marketplace")
app.conf.update(
    broker_url=_broker_url(settings.REDIS_URL),
    broker_connection_retry_on_startup=True,
    broker_connection_timeout=2,
    # A task whose worker died comes back after visibility_timeout; the sweep makes it early.
    broker_transport_options={
        "visibility_timeout": settings.BROKER_VISIBILITY_SECONDS,
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
        "socket_timeout": settings.REDIS_TIMEOUT_SECONDS * 10,
        "socket_connect_timeout": settings.REDIS_TIMEOUT_SECONDS,
    },
    task_publish_retry=False,
    task_ignore_result=True,
    result_backend=None,
    task_serializer="json",
    accept_content=["json"],
    task_acks_late=True,
    task_reject_on_worker_lost=False,
    worker_prefetch_multiplier=1,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    timezone="UTC",
    imports=("marketplace.tasks", "matching.tasks", "marketplace.watchdog"),
    beat_schedule={
        "sweep-outbox": {
            "task": "marketplace.tasks.sweep_outbox",
            "schedule": settings.OUTBOX_SWEEP_SECONDS,
        },
        "expire-proposals": {
            "task": "marketplace.tasks.expire_proposals",
            "schedule": settings.EXPIRY_SWEEP_SECONDS,
        },
        "saved-searches": {
            "task": "marketplace.tasks.look_for_lots",
            "schedule": settings.SEARCH_SWEEP_SECONDS,
        },
        "webhooks": {
            "task": "marketplace.tasks.sweep_webhooks",
            "schedule": settings.OUTBOX_SWEEP_SECONDS,
        },
        # Weekly figures, written once; a day without a worker is made up for by the next.
        "market-figures": {
            "task": "marketplace.tasks.write_market_figures",
            "schedule": crontab(minute=20, hour=0),
        },
        "daily-notices": {
            "task": "marketplace.tasks.ask_for_daily_notices",
            "schedule": crontab(minute=0, hour=settings.NOTICE_DAILY_HOUR),
        },
        "expire-certificates": {
            "task": "marketplace.tasks.expire_certificates",
            "schedule": crontab(minute=5),
        },
        "footprints": {
            "task": "marketplace.tasks.write_footprints",
            "schedule": settings.FOOTPRINT_SWEEP_SECONDS,
        },
        "pact-events": {
            "task": "marketplace.tasks.send_pact_events",
            "schedule": settings.OUTBOX_SWEEP_SECONDS,
        },
        "audit-chain": {"task": "marketplace.tasks.link_audit", "schedule": 60.0},
        "prune": {
            "task": "marketplace.tasks.prune",
            "schedule": crontab(minute=30, hour=3),
        },
        "prune-rounds": {
            "task": "matching.tasks.prune_rounds",
            "schedule": crontab(minute=45, hour=3),
        },
        "scheduled-rounds": {
            "task": "matching.tasks.start_scheduled_round",
            "schedule": 30.0,
        },
    },
)

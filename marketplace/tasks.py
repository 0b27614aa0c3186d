"""Celery's side of marketplace: thin; the clock is read here."""

import socket

from celery import shared_task
from django.utils import timezone

from marketplace.services import heartbeat, outbox, proposals


@shared_task(name="marketplace.tasks.sweep_outbox")
def sweep_outbox() -> None:
    outbox.sweep(now=timezone.now())


@shared_task(name="marketplace.tasks.expire_proposals")
def expire_proposals() -> None:
    proposals.expire_due(now=timezone.now())


@shared_task(name="marketplace.tasks.record_heartbeat")
def record_heartbeat() -> None:
    heartbeat.beat(name=f"worker@{socket.gethostname()}", now=timezone.now())

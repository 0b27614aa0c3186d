"""Remove what nobody needs any more, as the daily task does, and say how much it was."""

from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from marketplace.services import retention as marketplace
from matching import retention as matching


class Command(BaseCommand):
    help = "Remove old rounds, done outbox rows, answers, read notices, sessions and heartbeats."

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        removed = {**asdict(marketplace.prune(now=now)), "rounds": matching.prune(now=now)}
        for name, number in removed.items():
            self.stdout.write(f"{name.replace('_', ' ')}: {number}")

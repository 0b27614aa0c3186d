"""Wait until every change so far has been considered by a published round; tell what it found."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from marketplace.models import OutboxRow
from marketplace.services.outbox import ROUND
from matching import selectors

POLL_SECONDS = 0.2


class Command(BaseCommand):
    help = "Wait until the matching has considered all changes, and print the newest round."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seconds", type=float, default=60)

    def handle(self, *args: Any, **options: Any) -> None:
        deadline = time.monotonic() + options["seconds"]
        asked = OutboxRow.objects.filter(task=ROUND, done_at__isnull=True)
        waiting_for = list(asked.values_list("pk", flat=True))
        while asked.filter(pk__in=waiting_for).exists() or selectors.latest_round() is None:
            if time.monotonic() > deadline:
                raise CommandError("No round was published: is a worker running?")
            time.sleep(POLL_SECONDS)
        found = selectors.latest_round()
        if found is not None:
            tonnes = found.matched_kg / 1000
            self.stdout.write(f"Round {found.pk}: {tonnes:,.3f} t matched, verified.")

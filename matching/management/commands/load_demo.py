"""Fill an empty database with the demo market, through the services as its people would."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from marketplace.management.demo import facts, loading
from marketplace.models import Organisation, User
from matching.management import past


class Command(BaseCommand):
    help = "Load the demo market (needs DEMO=1 and a database that holds no real organisation)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--logins", action="store_true", help="only print the log-ins")
        parser.add_argument(
            "--times", type=int, default=1, help="so many lots for each one, to measure with"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["logins"]:
            self._print_logins()
            return
        if not settings.DEMO:
            raise CommandError("DEMO is not set: the demo's log-ins are no secret.")
        if Organisation.objects.filter(is_demo=False).exists():
            raise CommandError("This database holds real organisations: no demo is loaded into it.")
        now = timezone.now()
        with transaction.atomic():
            loaded = User.objects.filter(email=facts.ADMIN).first()
            admin = loaded or loading.admin()
            # A demo that is started again next week has rates of next week.
            loading.enter_rates(admin, now)
            if loaded is None:
                loading.enter_people(admin, since=past.begin(now), now=now)
        # Rounds read in transactions of their own. A loading that was interrupted goes on.
        people = loading.people(admin)
        if not loading.has_market():
            past.play(people, now, options["times"])
            with transaction.atomic():
                loading.market(people, now, options["times"])

    def _print_logins(self) -> None:
        self.stdout.write(f"Sign in with password {facts.PASSWORD} as")
        for role, email in facts.PRINTED:
            self.stdout.write(f"  {role:<9} {email}")

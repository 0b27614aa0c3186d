"""Import dated exchange rates from a CSV file: all rows or none."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from marketplace.domain.errors import InvalidInput
from marketplace.models import User
from marketplace.services import rates


class Command(BaseCommand):
    help = "Import rates from a CSV with the columns currency, usd_per_unit, date."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--by", required=True, help="e-mail of the admin who imports")

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["by"].strip().lower()
        admin = User.objects.filter(email=email, is_active=True, is_staff=True).first()
        if admin is None:
            raise CommandError(f"There is no active admin {email}.")
        try:
            with options["file"].open("rb") as file:
                count = rates.import_csv(file=file, by=admin, now=timezone.now())
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from error
        except InvalidInput as error:
            lines = (f"{one.field} {one.value!r}: {one}" for one in error.errors)
            raise CommandError("Nothing was imported.\n" + "\n".join(lines)) from error
        self.stdout.write(f"{count} rates imported.")

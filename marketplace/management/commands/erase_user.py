"""Erase a person: name and address go, the record of what the organisation did stays."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from marketplace.domain.errors import DomainError
from marketplace.models import User
from marketplace.services import users


class Command(BaseCommand):
    help = "Replace a user's name and e-mail for good, and end all access."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="the person's e-mail")
        parser.add_argument("--by", required=True, help="e-mail of the admin who does it")

    def handle(self, *args: Any, **options: Any) -> None:
        admin = _named(options["by"])
        person = _named(options["email"])
        try:
            erased = users.erase(public_id=person.public_id, by=admin, now=timezone.now())
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Erased: {erased.user.email}")
        for organisation in erased.without_owner:
            self.stdout.write(f"{organisation.name} has no owner any more: name one.")


def _named(email: str) -> User:
    found = User.objects.filter(email=email.strip().lower()).first()
    if found is None:
        raise CommandError(f"There is no user {email.strip().lower()}.")
    return found

"""Issue an API key. The key is printed alone on stdout, once; only its hash is kept."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from marketplace.domain.errors import NotAllowed
from marketplace.models import Organisation, User
from marketplace.selectors import organisations
from marketplace.services import keys


class Command(BaseCommand):
    help = "Print a new API key of a user, alone, on stdout. It cannot be shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument(
            "--organisation", help="public id; needed only for members of several organisations"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"].strip().lower()
        user = User.objects.filter(email=email, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user {email}.")
        organisation = _organisation(user, options["organisation"])
        try:
            key = keys.issue(user=user, organisation=organisation, now=timezone.now())
        except NotAllowed as error:
            raise CommandError(f"{email} belongs to no organisation and is no admin.") from error
        self.stdout.write(key)


def _organisation(user: User, named: str | None) -> Organisation | None:
    own = [membership.organisation for membership in organisations.of_user(user)]
    if named:
        found = next((one for one in own if str(one.public_id) == named), None)
        if found is None:
            raise CommandError(f"{user.email} is no member of organisation {named}.")
        return found
    if len(own) > 1:
        choices = "\n".join(f"  {one.public_id}  {one.name}" for one in own)
        raise CommandError(f"Name one of these with --organisation:\n{choices}")
    return own[0] if own else None

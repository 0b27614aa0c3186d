"""Fill an empty database with the demo market, through the services as its people would."""

from argparse import ArgumentParser
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from marketplace.domain.vocabulary import Role
from marketplace.management.demo import facts
from marketplace.models import Certificate, Organisation, User
from marketplace.models.actors import Actor
from marketplace.selectors import terms as current
from marketplace.services import (
    certificates,
    lots,
    organisations,
    rates,
    requirements,
    sites,
    terms,
    users,
)


class Command(BaseCommand):
    help = "Load the demo market (needs DEMO=1 and a database that holds no real organisation)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--logins", action="store_true", help="only print the log-ins")

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
            admin = loaded or _admin()
            # A demo that is started again next week has rates of next week.
            _enter_rates(admin, now)
            if loaded is None:
                _load(admin, now)

    def _print_logins(self) -> None:
        self.stdout.write(f"Sign in with password {facts.PASSWORD} as")
        for role, email in facts.PRINTED:
            self.stdout.write(f"  {role:<9} {email}")


def _admin() -> User:
    user = users.create_user(
        email=facts.ADMIN, password=facts.PASSWORD, name="Demo admin", is_staff=True
    )
    user.is_superuser = True
    user.save(update_fields=["is_superuser"])
    return user


def _enter_rates(admin: User, now: datetime) -> None:
    for currency, usd in facts.RATES:
        rates.enter(
            currency=currency,
            usd_per_unit=Decimal(usd),
            date=now.date(),
            source="invented for the demo",
            by=admin,
            now=now,
        )


def _load(admin: User, now: datetime) -> None:
    actors = {party.email: _party(party, admin, now) for party in facts.PARTIES}
    papers = {paper.key: _paper(paper, actors[paper.holder], admin, now) for paper in facts.PAPERS}
    for offered in facts.LOTS:
        values = {
            **offered.columns,
            "certificates": [str(papers[key].public_id) for key in offered.papers],
            "produced_from": _day(now, -60),
            "produced_to": _day(now, -2),
            **_window(now, offered.window),
        }
        lots.publish(by=actors[offered.holder], raw=values, now=now)
    for wanted in facts.REQUIREMENTS:
        columns = {**wanted.columns, **_window(now, wanted.window)}
        requirements.post(by=actors[wanted.buyer], raw=columns, now=now)


def _party(party: facts.Party, admin: User, now: datetime) -> Actor:
    organisation = organisations.create(
        name=party.name,
        country=party.country,
        is_producer=party.is_producer,
        is_buyer=party.is_buyer,
        is_demo=True,
        now=now,
    )
    organisation = organisations.verify(public_id=organisation.public_id, by=admin, now=now)
    user = users.create_user(email=party.email, password=facts.PASSWORD, name=party.name)
    organisations.add_member(organisation=organisation, user=user, role=Role.OWNER)
    actor = Actor(user=user, organisation=organisation, role=Role.OWNER)
    terms.accept(by=actor, version=current.version(), now=now)
    for name, unlocode in party.sites:
        place = {"name": name, "country": party.country, "unlocode": unlocode}
        sites.create(by=actor, raw=place, now=now)
    return actor


def _paper(paper: facts.Paper, holder: Actor, admin: User, now: datetime) -> Certificate:
    begin, end = paper.days
    columns = {**paper.columns, "valid_from": _day(now, begin), "valid_to": _day(now, end)}
    found = certificates.submit(by=holder, raw=columns, document=None, now=now)
    if paper.verified:
        certificates.verify(public_id=found.public_id, by=admin, now=now)
    return found


def _window(now: datetime, days: tuple[int, int]) -> dict[str, str]:
    return {"window_start": _day(now, days[0]), "window_end": _day(now, days[1])}


def _day(now: datetime, days: int) -> str:
    return (now.date() + timedelta(days=days)).isoformat()

"""The demo's people and its market of today, entered through the services as they would."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from marketplace.domain.vocabulary import Role
from marketplace.management.demo import facts
from marketplace.models import Certificate, Lot, User
from marketplace.models.actors import Actor
from marketplace.selectors import actors
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

REFERENCE = "DEMO-{:03d}"


@dataclass(frozen=True)
class People:
    """Who trades, by e-mail, and their certificates, by the keys of ``facts``."""

    admin: User
    actors: Mapping[str, Actor]
    papers: Mapping[str, Certificate]


def admin() -> User:
    user = users.create_user(
        email=facts.ADMIN, password=facts.PASSWORD, name="Demo admin", is_staff=True
    )
    user.is_superuser = True
    user.save(update_fields=["is_superuser"])
    return user


def enter_rates(by: User, now: datetime) -> None:
    for currency, usd in facts.RATES:
        rates.enter(
            currency=currency,
            usd_per_unit=Decimal(usd),
            date=now.date(),
            source="invented for the demo",
            by=by,
            now=now,
        )


def enter_people(by: User, *, since: datetime, now: datetime) -> None:
    """Organisations and verified certificates since a day in the past; what waits is of today."""
    for party in facts.PARTIES:
        _enter_party(party, by, since)
    found = actors_by_email()
    for paper in facts.PAPERS:
        _enter_paper(paper, found[paper.holder], by, since if paper.verified else now, now)


def people(by: User) -> People:
    """Those who were entered."""
    papers = {
        paper.key: Certificate.objects.get(number=paper.columns["number"]) for paper in facts.PAPERS
    }
    return People(by, actors_by_email(), papers)


def actors_by_email() -> dict[str, Actor]:
    found = {}
    for party in facts.PARTIES:
        actor = actors.for_user(User.objects.get(email=party.email))
        assert actor is not None
        found[party.email] = actor
    return found


def market(found: People, now: datetime, times: int) -> None:
    """What is offered and wanted today; ``times`` as often, together of the same tonnes."""
    for number, offered in enumerate(times * facts.LOTS, start=1):
        values = {
            **offered.columns,
            "quantity_t": _part(offered.columns["quantity_t"], times),
            "reference": REFERENCE.format(number),
            "certificates": [str(found.papers[key].public_id) for key in offered.papers],
            "produced_from": day(now, -60),
            "produced_to": day(now, -2),
            **window(now, offered.window),
        }
        lots.publish(by=found.actors[offered.holder], raw=values, now=now)
    for wanted in times * facts.REQUIREMENTS:
        volume = _part(wanted.columns["volume_t"], times)
        columns = {**wanted.columns, "volume_t": volume, **window(now, wanted.window)}
        requirements.post(by=found.actors[wanted.buyer], raw=columns, now=now)


def _part(tonnes: str, times: int) -> str:
    return str(Decimal(tonnes) / times)


def has_market() -> bool:
    return Lot.objects.filter(reference=REFERENCE.format(1)).exists()


def window(now: datetime, days: tuple[int, int]) -> dict[str, str]:
    return {"window_start": day(now, days[0]), "window_end": day(now, days[1])}


def day(now: datetime, days: int) -> str:
    return (now.date() + timedelta(days=days)).isoformat()


def _enter_party(party: facts.Party, admin: User, now: datetime) -> None:
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


def _enter_paper(
    paper: facts.Paper, holder: Actor, admin: User, at: datetime, now: datetime
) -> None:
    begin, end = paper.days
    columns = {**paper.columns, "valid_from": day(now, begin), "valid_to": day(now, end)}
    found = certificates.submit(by=holder, raw=columns, document=None, now=at)
    if paper.verified:
        certificates.verify(public_id=found.public_id, by=admin, now=at)

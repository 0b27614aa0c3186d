"""A small market made through the services, as an operator and two traders would make it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from marketplace.domain.vocabulary import Role
from marketplace.models import Certificate, Lot, Organisation, Requirement, User
from marketplace.models.actors import Actor
from marketplace.selectors import terms as current
from marketplace.services import certificates, lots, organisations, requirements, terms, users

_numbers = count(1)


@dataclass(frozen=True)
class Trader:
    """An organisation and the trader who acts for it."""

    actor: Actor

    @property
    def organisation(self) -> Organisation:
        return self.actor.organisation

    @property
    def user(self) -> User:
        return self.actor.user


def admin(*, now: datetime, may_all: bool = False) -> User:
    """A member of the market's staff; with ``may_all`` one who may do everything in the admin."""
    number = next(_numbers)
    user = users.create_user(
        email=f"admin{number}@market.example",
        password="correct horse battery",
        name="Market admin",
        is_staff=True,
    )
    if may_all:
        user.is_superuser = True
        user.save()
    return user


def trader(
    *, side: str, by: User, now: datetime | None = None, verified: bool = True, group: Any = None
) -> Trader:
    """A verified organisation, producer or buyer, with one trader."""
    now, number = now or timezone.now(), next(_numbers)
    organisation = organisations.create(
        name=f"{side.title()} {number}",
        country="CN" if side == "producer" else "DE",
        is_producer=side == "producer",
        is_buyer=side == "buyer",
        group=group,
        now=now,
    )
    if verified:
        organisations.verify(public_id=organisation.public_id, by=by, now=now)
        organisation.refresh_from_db()
    user = users.create_user(
        email=f"trader{number}@{side}.example",
        password="correct horse battery",
        name="Trader",
    )
    organisations.add_member(organisation=organisation, user=user, role=Role.TRADER)
    terms.record(organisation=organisation, user=user, version=current.version(), now=now)
    return Trader(Actor(user=user, organisation=organisation, role=Role.TRADER))


def certificate(
    holder: Trader, *, by: User, now: datetime | None = None, **raw: str
) -> Certificate:
    """A verified tonnage certificate over 12,000 t unless ``raw`` says otherwise."""
    now = now or timezone.now()
    values: dict[str, object] = {
        "scheme": "CGMC_GREEN_POWER",
        "issuer": "CGMC",
        "number": f"CGMC-{next(_numbers):04d}",
        "certified_t": "12000",
        "valid_from": (now.date() - timedelta(days=200)).isoformat(),
        "valid_to": (now.date() + timedelta(days=165)).isoformat(),
        **raw,
    }
    found = certificates.submit(by=holder.actor, raw=values, document=None, now=now)
    certificates.verify(public_id=found.public_id, by=by, now=now)
    found.refresh_from_db()
    return found


def window(today: date) -> dict[str, str]:
    return {
        "window_start": (today + timedelta(days=30)).isoformat(),
        "window_end": (today + timedelta(days=90)).isoformat(),
    }


def lot_values(
    *backing: Certificate, today: date | None = None, **raw: object
) -> dict[str, object]:
    """Raw text of an ordinary lot: 500 t of ingot at 3.200 smelter 1+2 for 20 USD/t."""
    today = today or timezone.now().date()
    return {
        "product_form": "INGOT",
        "grade": "P1020A",
        "quantity_t": "500",
        "ci_smelter_s1s2": "3.200",
        "certificates": [str(one.public_id) for one in backing],
        "energy_source": "HYDRO",
        "renewable_pct": "100",
        "origin_country": "CN",
        "delivery_regions": "EU|CN",
        "produced_from": (today - timedelta(days=60)).isoformat(),
        "produced_to": (today - timedelta(days=1)).isoformat(),
        "ask_premium": "20",
        "premium_unit": "USD_T",
        **window(today),
        **raw,
    }


def requirement_values(*, today: date | None = None, **raw: object) -> dict[str, object]:
    """Raw text of an ordinary requirement: 500 t of ingot, <= 4.000 smelter 1+2, 25 USD/t."""
    today = today or timezone.now().date()
    return {
        "product_forms": "INGOT",
        "grades": "P1020A",
        "volume_t": "500",
        "max_ci": "4.000",
        "boundary": "SMELTER_S1S2",
        "max_premium": "25",
        "premium_unit": "USD_T",
        "delivery_region": "EU",
        **window(today),
        **raw,
    }


def lot(holder: Trader, *backing: Certificate, now: datetime | None = None, **raw: object) -> Lot:
    now = now or timezone.now()
    return lots.publish(by=holder.actor, raw=lot_values(*backing, today=now.date(), **raw), now=now)


def requirement(buyer: Trader, *, now: datetime | None = None, **raw: object) -> Requirement:
    now = now or timezone.now()
    return requirements.post(
        by=buyer.actor, raw=requirement_values(today=now.date(), **raw), now=now
    )

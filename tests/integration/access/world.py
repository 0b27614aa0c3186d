"""One of everything that belongs to somebody, and everybody who might ask for it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.test import Client

from marketplace import tasks
from marketplace.domain.vocabulary import Role
from marketplace.models import (
    Invitation,
    Membership,
    Notification,
    Organisation,
    OutboxRow,
    User,
    WebhookMessage,
)
from marketplace.models.actors import Actor
from marketplace.selectors import webhooks as sent
from marketplace.selectors.export_jobs import WRITE
from marketplace.services import (
    exports,
    footprint_files,
    keys,
    members,
    searches,
    sites,
    webhooks,
)
from tests.factories import market as made
from tests.factories.deals import Pair
from tests.factories.footprints import V3 as FOOTPRINT
from tests.factories.sheets import as_csv, checked, lot_row

PRODUCER, BUYER = "producer C", "buyer A"
# USD/t, and USD per t CO2e: numbers that nothing else can be.
ASK, LIMIT, CARBON_PRICE = "719.43", "987.61", "387.6"
SECRETS = {
    "ask_premium": ASK,
    "max_premium": LIMIT,
    "internal_carbon_price": CARBON_PRICE,
}
ROLES = ("anonymous", "unverified", BUYER, "buyer B", PRODUCER, "producer D", "staff")


@dataclass
class World:
    """``things``: kind -> public id; ``users``: role -> who asks, None for nobody.

    ``sessions``: role -> key of the session that it is signed in with.
    """

    pair: Pair
    users: dict[str, User | None]
    sessions: dict[str, str]
    things: dict[str, object] = field(default_factory=dict)

    def organisation_of(self, role: str) -> Organisation | None:
        user = self.users[role]
        own = Membership.objects.filter(user=user).select_related("organisation").first()
        return own.organisation if own else None


def build(now: datetime, **secrets: str) -> World:
    """``secrets``: numbers of SECRETS that are others in this world."""
    pair = Pair(now)
    staff = made.admin(now=now, may_all=True)
    others = {
        "unverified": made.trader(side="buyer", by=pair.admin, verified=False),
        "buyer B": made.trader(side="buyer", by=pair.admin),
        "producer D": made.trader(side="producer", by=pair.admin),
    }
    users: dict[str, User | None] = {name: one.user for name, one in others.items()}
    users |= {"anonymous": None, "staff": staff}
    users |= {BUYER: pair.buyer.user, PRODUCER: pair.producer.user}
    found = World(pair, users, {role: _session(user) for role, user in users.items() if user})
    _trade(found, SECRETS | secrets)
    _own(found, now)
    return found


def _session(user: User) -> str:
    browser = Client()
    browser.force_login(user)
    return str(browser.session.session_key)


def _trade(world: World, secrets: Mapping[str, str]) -> None:
    pair, known = world.pair, dict(secrets)
    lot = pair.lot(ask_premium=known.pop("ask_premium"))
    wanted = pair.requirement(**known)
    deal = pair.deal(200, lot=lot, wanted=wanted)
    proposal = pair.proposal(lot, wanted, 100)
    world.things |= {
        "lot": lot.public_id, "requirement": wanted.public_id, "deal": deal.public_id,
        "proposal": proposal.public_id, "certificate": pair.certificate.public_id,
    }  # fmt: skip


def _own(world: World, now: datetime) -> None:
    """What each side keeps for itself: the producer's are the ones asked for."""
    pair = world.pair
    Membership.objects.filter(user=pair.producer.user).update(role=Role.OWNER.value)
    owner = Actor(pair.producer.user, pair.producer.organisation, Role.OWNER)
    raw = {"url": "https://hooks.example/a", "events": ["deal.created"]}
    endpoint = webhooks.create(by=owner, raw=raw, now=now).endpoint
    webhooks.test(by=owner, public_id=endpoint.public_id, now=now)
    message = WebhookMessage.objects.filter(endpoint=endpoint).latest("pk")
    members.invite(by=owner, raw={"email": "new@p.example", "role": "TRADER"}, now=now)
    paper = f"CGMC_GREEN_POWER:{pair.certificate.number}"
    job = checked(pair.producer, "LOTS", as_csv([lot_row("X-1", paper)]))
    search = searches.save(by=pair.buyer.actor, name="Mine", raw={}, now=now)
    key = keys.create(by=owner, raw={"name": "K", "scope": "READ", "days": "9"}, now=now)
    export = exports.ask(by=pair.producer.actor, table="lots", form="csv", query={}, now=now)
    tasks.write_export(OutboxRow.objects.get(task=WRITE).pk)
    place = sites.create(by=owner, raw={"name": "Smelter 1", "country": "CN"}, now=now)
    read = footprint_files.take(by=owner, text=json.dumps(FOOTPRINT), now=now)
    told = Notification.objects.filter(user=pair.producer.user).latest("pk")
    assert sent.log(endpoint).exists()
    world.things |= {
        "webhook": endpoint.public_id, "message": message.public_id, "key": key.row.public_id,
        "invitation": Invitation.objects.get().public_id, "import": job.public_id,
        "export": export.public_id,
        "search": search.public_id, "notification": told.public_id,
        "member": pair.producer.user.public_id, "site": place.public_id,
        "footprint": read.public_id,
    }  # fmt: skip

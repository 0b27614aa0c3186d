"""Previews as a test asks for them: of the service, and of the page beside the form."""

import re

from django.test import Client
from django.urls import reverse

from matching import previews
from tests.factories import market as made
from tests.factories.market import Trader
from tests.integration.matching.conftest import World


def look(world: World, who: Trader | None = None, **raw: object) -> previews.Preview:
    now = world.clock()
    values = made.requirement_values(today=now.date(), **raw)
    return previews.drafted(by=(who or world.buyer).actor, raw=values, now=now)


def typed(**raw: object) -> dict[str, object]:
    """What a browser sends for an ordinary requirement, by the clock of the pages."""
    first = {"partial_ok": "yes", "ci_basis": "PER_LOT", "schemes_rule": "ALL"}
    return {**first, **made.requirement_values(), **raw}


def panel(trader: Trader, *, live: bool = True, **raw: object) -> str:
    client = Client(headers={"HX-Request": "true"} if live else {})
    client.force_login(trader.user)
    answer = client.post(reverse("matching:preview"), typed(**raw))
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())

"""Every operation x every role x a thing of others: read by nobody, changed by nobody.

The operations come from the OpenAPI document and from the tables of addresses.
"""

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from marketplace.api import reference
from marketplace.web.urls import urlpatterns as pages
from matching.urls import urlpatterns as panels
from tests.factories.api import Caller
from tests.figures import Figures, attack
from tests.integration.access.matrix import API, NAMELESS, PAGES, PARTS, Entry
from tests.integration.access.world import ROLES, World, build

pytestmark = [pytest.mark.django_db, attack("C1")]

NAMES = [
    *(one.name for one in pages if "<" in str(one.pattern)),
    *(f"matching:{one.name}" for one in panels if "<" in str(one.pattern)),
]
OPERATIONS = [
    (one["method"], one["path"]) for one in reference.operations() if "{public_id}" in one["path"]
]
SETUP = "every page and API operation that names a thing, asked of another's and of an absent one"
REFUSED = (401, 403, 404)
# Whole where the body is judged before the thing is looked for.
BODY = {"step": "ask", "reason": "No."}
# Differs from page to page of one reader, and says nothing.
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="\w+"')


@pytest.fixture
def world() -> World:
    return build(timezone.now())


def written() -> dict[str, int]:
    """Rows of everything, history included: whatever changes an audited row adds one."""
    kept = {"session", "cache", "notification", "probe"}
    return {
        model.__name__: model._default_manager.count()
        for model in apps.get_models()
        if model.__name__.lower() not in kept and model._meta.managed
    }


@pytest.mark.parametrize("role", ROLES)
def test_a_page_of_others_answers_like_one_that_does_not_exist(
    world: World, role: str, figures: Figures
) -> None:
    before, asked = written(), 0
    for name, entry in _foreign(role):
        for method in ("GET", "POST"):
            foreign, absent = (
                _told(_ask(world, role, method, name, public_id), public_id)
                for public_id in (world.things[entry.kind], uuid4())
            )
            asked += 1
            assert foreign == absent, (role, method, name)
            assert foreign[0] != 200, (role, method, name)
    assert written() == before
    assert asked >= 16
    figures.say(SETUP, f"{role}: {asked} on pages")


@pytest.mark.parametrize("role", ROLES)
def test_the_api_answers_so_too(world: World, role: str, figures: Figures) -> None:
    caller = Caller(world.users[role], world.organisation_of(role))
    before, asked = written(), 0
    for method, path in OPERATIONS:
        begin = path.removeprefix("/api/v1/").partition("/{public_id}")[0]
        entry = API[begin]
        if role in entry.whose:
            continue
        body = json.dumps(BODY if "cancellation" in path else {})
        foreign, absent = (
            _told(
                caller.send(
                    method, path.removeprefix("/api/v1/").format(public_id=one, **PARTS), body
                ),
                one,
            )
            for one in (world.things[entry.kind], uuid4())
        )
        asked += 1
        assert foreign[0] in REFUSED, (role, method, path, foreign)
        assert foreign == absent, (role, method, path)
    assert written() == before
    assert asked >= 5
    figures.say(SETUP, f"{asked} on the API")


def test_every_address_that_names_a_thing_has_its_entry() -> None:
    assert set(NAMES) - NAMELESS == set(PAGES)
    begins = {path.removeprefix("/api/v1/").partition("/{public_id}")[0] for _m, path in OPERATIONS}
    assert begins == set(API)


def test_whose_it_is_finds_it(world: World) -> None:
    """Without this the matrix would pass on addresses that answer nobody."""
    for name, entry in PAGES.items():
        for role in sorted(entry.whose) if name not in WITHOUT_A_THING else ():
            with transaction.atomic():
                codes = {
                    _ask(world, role, method, name, world.things[entry.kind]).status_code
                    for method in ("GET", "POST")
                }
                transaction.set_rollback(True)
            assert codes - {404, 405}, (name, role, codes)


# Follow from the body, of which the id may be a part, and from the second of the answer.
VOLATILE = {"Content-Length", "ETag", "Expires", "Date"}
# The world's certificate and delivery have no document; its invitation is to somebody else.
WITHOUT_A_THING = {"certificate_document", "deal_analysis", "invitation_accept"}


def _foreign(role: str) -> Iterator[tuple[str, Entry]]:
    return ((name, entry) for name, entry in PAGES.items() if role not in entry.whose)


def _ask(world: World, role: str, method: str, name: str, public_id: object) -> Any:
    """In a browser of its own: what one page leaves to be said is not said on the next."""
    browser = Client()
    if role in world.sessions:
        browser.cookies[settings.SESSION_COOKIE_NAME] = world.sessions[role]
    more = [world.things.get(part, part) for part in PAGES[name].more]
    address = reverse(name, args=[public_id, *more])
    return browser.get(address) if method == "GET" else browser.post(address, BODY)


def _told(answer: Any, public_id: object) -> tuple[object, ...]:
    """Everything that could tell the two apart, but for the id that was asked for itself."""
    name = str(public_id)
    headers = {
        key: value.replace(name, "") for key, value in answer.headers.items() if key not in VOLATILE
    }
    body = b"" if answer.streaming else TOKEN.sub(b"", answer.content)
    return answer.status_code, headers, body.replace(name.encode(), b"")

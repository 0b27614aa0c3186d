"""Everything that a role can ask for in the world, and the bytes of what it is told."""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

from django.test import Client
from django.urls import NoReverseMatch, reverse

from marketplace.api import reference
from marketplace.web import market
from marketplace.web.urls import urlpatterns as pages
from matching.urls import urlpatterns as panels
from tests.factories.api import Caller
from tests.integration.access.matrix import API, PAGES, PARTS
from tests.integration.access.world import ROLES, World

# Market admins may read limits.
OTHERS = [role for role in ROLES if role != "staff"]
TABLES = ("lots", "requirements", "market-lots", "proposals", "deals")
ZIP = b"PK\x03\x04"


def everything(world: World, role: str) -> Iterator[tuple[str, Any]]:
    """Each address with its answer: pages, files in each of their forms, GETs of the API."""
    browser = Client()
    if role in world.sessions:
        browser.cookies["sessionid"] = world.sessions[role]
    for address in addresses(world):
        yield address, browser.get(address)
    caller = Caller(world.users[role], world.organisation_of(role))
    for operation in reference.operations():
        if operation["method"] == "GET":
            yield operation["path"], caller.get(_filled(world, operation["path"]))


def addresses(world: World) -> Iterator[str]:
    """Every page; those of files in each of their forms."""
    yield from (reverse("export", args=[one, form]) for one in TABLES for form in ("csv", "xlsx"))
    yield from (f"/market/{one}.csv" for one in market.TABLES)
    names = [one.name for one in pages] + [f"matching:{one.name}" for one in panels]
    for name in names:
        entry = PAGES.get(name)
        more = [world.things.get(part, part) for part in entry.more] if entry else []
        try:
            yield reverse(name, args=[world.things[entry.kind], *more] if entry else [])
        except NoReverseMatch:
            continue


def told(content: bytes) -> bytes:
    """With what a spreadsheet or a pack holds inside."""
    if not content.startswith(ZIP):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return b"\n".join([told(archive.read(name)) for name in archive.namelist()])


def read(answer: Any) -> bytes:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return told(content) + repr(sorted(answer.headers.items())).encode()


def _filled(world: World, path: str) -> str:
    place = path.removeprefix("/api/v1/")
    begin = place.partition("/{public_id}")[0]
    if begin == place:
        return place
    return place.format(public_id=world.things.get(API[begin].kind, world.things["lot"]), **PARTS)

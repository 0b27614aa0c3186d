"""Twin worlds: databases that differ in one party's secret only read alike to everybody else. C2.

The same clock in both; ids are told by the order in which an answer names them, and tokens and
hashes over ids are taken out. PDF hold what their pages hold.
"""

import re
from collections.abc import Callable, Mapping
from importlib import import_module
from itertools import count
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone

from marketplace.models import ApiKey
from matching import previews
from tests.conftest import empty
from tests.factories import market as made
from tests.figures import FULL, Figures, attack
from tests.integration.access.reading import OTHERS, everything, read
from tests.integration.access.world import BUYER, PRODUCER, build

pytestmark = [pytest.mark.django_db(transaction=True), attack("C2")]

# Differ from page to page of one reader, follow from ids, or say when the file itself was made.
VOLATILE = re.compile(
    rb'name="csrfmiddlewaretoken" value="\w+"|<dcterms:\w+ [^>]*>[^<]*<|\b[0-9a-f]{64}\b|'
    # Numbers of papers are counted by the database, which goes on counting.
    rb"(?<=[A-Z]-\d{4}-)\d{6}|"
    rb"\('(Expires|Date|ETag|Content-Length)', '[^']*'\)"
)
# What migrations enter goes when the tables are emptied: CBAM's figures and baselines.
SEEDS = import_module("marketplace.migrations.0006_cbam_and_baselines")
ID = re.compile(rb"[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}")
PDF = b"%PDF-"
LIMIT, PRICE = {"max_premium": "998.76"}, {"internal_carbon_price": "212.3"}
ASK = {"ask_premium": "512.09"}
ASKED = {BUYER, PRODUCER, "buyer B"}
# Secrets, and who may read them. A full run changes one at a time.
WORLDS = [(LIMIT, {BUYER}), (PRICE, {BUYER}), (ASK, ASKED)] if FULL else [(LIMIT | ASK, ASKED)]
Told = Mapping[tuple[str, str], tuple[int, bytes]]


@pytest.fixture
def tell(monkeypatch: pytest.MonkeyPatch, owner_url: str) -> Callable[..., Told]:
    """What every role is told in a world with some other secrets, which is made and removed."""
    now = timezone.now()

    def told(**secrets: str) -> Told:
        empty(owner_url)
        with monkeypatch.context() as same:
            same.setattr(made, "_numbers", count(1))
            same.setattr(timezone, "now", lambda: now)
            # Keys of what this process remembers are the same in both worlds.
            same.setattr(previews, "_RECENT", previews.Recent())
            SEEDS.seed(apps, None)
            world = build(now, **secrets)
            return {
                (role, _named(f"{place} {address}".encode()).decode()): _bare(answer)
                for role in OTHERS
                for place, (address, answer) in enumerate(everything(world, role))
            }

    return told


def test_who_may_not_read_a_secret_cannot_tell_the_worlds_apart(
    tell: Callable[..., Told], figures: Figures
) -> None:
    first, compared = tell(), 0
    if FULL:
        assert not differing(first, tell()), "control: only a secret makes a difference"
    for secrets, readers in WORLDS:
        other = tell(**secrets)
        assert set(other) == set(first)
        differ = {role for role, _address in differing(first, other)}
        assert differ <= readers, (secrets, sorted(differing(first, other)))
        assert differ, "control: its readers read it"
        compared += sum(role not in readers for role, _address in first)
    assert sum(status == 200 for status, _content in first.values()) > 150
    figures.say(
        "pages, exports, papers and API read by six roles in worlds that differ in a limit, an "
        "internal carbon price or an ask",
        f"{compared:,} answers byte for byte the same for who may not read it",
    )


def differing(first: Told, second: Told) -> set[tuple[str, str]]:
    return {key for key, answer in first.items() if second[key] != answer}


def _bare(answer: Any) -> tuple[int, bytes]:
    content = read(answer)
    if PDF in content:
        content = content[: content.index(PDF)]
    for key in ApiKey.objects.values_list("prefix", flat=True):
        content = content.replace(key.encode(), b"")
    return answer.status_code, _named(VOLATILE.sub(b"", content))


def _named(content: bytes) -> bytes:
    """With each id as the place of its first mention."""
    known: dict[bytes, bytes] = {}
    return ID.sub(
        lambda found: known.setdefault(found[0].replace(b"-", b""), b"id-%d" % len(known)), content
    )

"""Footprints of others over the API: kept as they came, each once, with what is weak about them."""

import hashlib
import json

import pytest
from django.utils import timezone

from marketplace.models import ReadFootprint
from tests.factories.api import Caller
from tests.factories.deals import Pair
from tests.factories.footprints import V2, V3

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair() -> Pair:
    return Pair(timezone.now())


def test_one_is_read_kept_as_it_came_and_its_value_makes_a_lot(pair: Pair) -> None:
    caller, text = Caller.of(pair.producer), json.dumps(V3, indent=3)
    answer = caller.send("POST", "footprints", text)
    told = answer.json()
    assert answer.status_code == 201, told
    assert told["ci_cradle_to_gate"] == "4.125"
    assert told["warnings"] == []
    assert ReadFootprint.objects.get().text == text
    assert told["sha256"] == hashlib.sha256(text.encode()).hexdigest()
    assert caller.get(answer.headers["Location"].removeprefix("/api/v1/")).json() == told
    (listed,) = caller.get("footprints").json()["results"]
    assert listed == told


def test_the_same_again_is_the_same_and_weak_ones_say_why(pair: Pair) -> None:
    caller = Caller.of(pair.producer)
    weak = {**V2, "status": "Deprecated"}
    first, second = (caller.post("footprints", weak).json() for _ in range(2))
    assert first == second
    (warning,) = first["warnings"]
    assert warning["code"] == "DEPRECATED"
    assert "replaced" in warning["detail"]


@pytest.mark.parametrize("body", ["{", "[]", "\x00", '{"pcf": {}}', b"\xff\xfe"])
def test_what_is_none_is_refused_and_nothing_is_kept(pair: Pair, body: str | bytes) -> None:
    answer = Caller.of(pair.producer).send("POST", "footprints", body)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert not ReadFootprint.objects.exists()


def test_nobody_else_reads_it(pair: Pair) -> None:
    made = Caller.of(pair.producer).post("footprints", V3).json()
    other = Caller.of(pair.buyer)
    assert other.get(f"footprints/{made['id']}").status_code == 404
    assert other.get("footprints").json()["results"] == []

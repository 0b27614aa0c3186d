"""Idempotency-Key: however often a request is sent, it has one effect."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import httpx
import pytest
from django.db import connection, transaction
from django.utils import timezone

from marketplace.api import idempotency
from marketplace.models import Certificate, Lot, Requirement
from marketplace.services import locks
from tests.factories import market as made
from tests.factories.api import Caller, key_of
from tests.factories.market import Trader
from tests.factories.races import at_once
from tests.figures import Figures, attack, times

pytestmark = pytest.mark.django_db(transaction=True)

REPEATS = 50


class Poster:
    """Posts a requirement over HTTP with one Idempotency-Key."""

    def __init__(self, address: str, trader: Trader) -> None:
        self.url = f"{address}/api/v1/requirements"
        self.key = key_of(trader)
        self.values = made.requirement_values(today=timezone.now().date())

    def post(self, idempotency_key: str, **raw: object) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": idempotency_key}
        body: dict[str, Any] = {**self.values, **raw}
        body = {name: value.split("|") if name in LISTS else value for name, value in body.items()}
        return httpx.post(self.url, json=body, headers=headers, timeout=60)


LISTS = ("product_forms", "grades")


@attack("A7")
def test_one_key_many_times_is_one_effect(address: str, figures: Figures) -> None:
    keys, waits, repeats = times(1, 20), 0, times(10, REPEATS)
    admin = made.admin(now=timezone.now())
    buyer, stranger = (made.trader(side="buyer", by=admin) for _each in range(2))
    own, foreign = Poster(address, buyer), Poster(address, stranger)
    for number in range(keys):
        key = f"order-{number}"
        answers: list[Any] = at_once([partial(own.post, key)] * repeats)
        first = next(one for one in answers if one.status_code == 201)
        for one in answers:
            if one.status_code == 409:
                assert one.headers["Retry-After"]
                waits += 1
            else:
                assert (one.status_code, one.json()) == (201, first.json())
        series = [own.post(key) for _each in range(repeats)]
        assert {(one.status_code, one.text) for one in series} == {(201, first.text)}
        assert own.post(key, volume_t="501").status_code == 422
        theirs = foreign.post(key)
        assert (theirs.status_code, theirs.json()["id"] == first.json()["id"]) == (201, False)

    posted = Requirement.objects.filter(organisation=buyer.organisation)
    assert posted.count() == keys
    assert Requirement.objects.filter(organisation=stranger.organisation).count() == keys
    figures.say(
        f"{keys} keys, each {repeats} times in parallel and {repeats} times in series over HTTP, "
        "once with another body, once by another organisation",
        f"{keys} effects; in parallel the same answer or 409 with Retry-After ({waits} of these); "
        "in series the same bytes; other body 422; the other organisation had its own effect",
    )


@contextmanager
def held_elsewhere(certificate: Certificate) -> Iterator[None]:
    """For a second: every request gets past the question whether its key is known, and waits."""
    taken = threading.Event()

    def hold() -> None:
        with transaction.atomic():
            locks.certificates([certificate.pk])
            taken.set()
            time.sleep(1)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    taken.wait()
    yield
    holder.join()


@attack("A7")
def test_control_without_the_lock_one_key_has_several_effects_or_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    admin = made.admin(now=timezone.now())
    producer = made.trader(side="producer", by=admin)
    certificate = made.certificate(producer, by=admin)
    caller = Caller.of(producer)
    body = made.lot_values(certificate)
    body["delivery_regions"] = ["EU"]
    monkeypatch.setattr(idempotency, "_lock", lambda actor, key: None)

    with held_elsewhere(certificate):
        answers: list[Any] = at_once(
            [partial(caller.post, "lots", body, Idempotency_Key="one")] * 8
        )

    # Only the database's own uniqueness stands then: it refuses, but as a fault of ours.
    codes = [one.status_code for one in answers]
    assert Lot.objects.count() > 1 or any(code >= 500 for code in codes), codes

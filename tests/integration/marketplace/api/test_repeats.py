"""Idempotency keys and ETags: repeats have one effect; nobody overwrites the unread."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from marketplace.api.idempotency import _lock
from marketplace.models import IdempotentAnswer, Lot, Requirement, User
from marketplace.services import keys, requirements
from tests.factories import market
from tests.factories.api import Caller
from tests.factories.market import Trader


@pytest.fixture
def buyer() -> Trader:
    return market.trader(side="buyer", by=market.admin(now=timezone.now()))


pytestmark = pytest.mark.django_db


def test_a_repeat_with_the_same_key_has_one_effect_and_the_same_answer(buyer: Trader) -> None:
    caller, values = Caller.of(buyer), market.requirement_values()
    first = caller.post("requirements", values, Idempotency_Key="order 7")
    again = caller.post("requirements", values, Idempotency_Key="order 7")
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert first.headers["ETag"] == again.headers["ETag"]
    assert first.headers["Location"] == again.headers["Location"]
    assert Requirement.objects.count() == 1


def test_another_body_under_the_same_key_is_refused(buyer: Trader) -> None:
    caller = Caller.of(buyer)
    caller.post("requirements", market.requirement_values(), Idempotency_Key="k")
    other = market.requirement_values(volume_t="600")
    response = caller.post("requirements", other, Idempotency_Key="k")
    assert response.status_code == 422
    assert Requirement.objects.count() == 1


def test_another_organisation_may_use_the_same_key(buyer: Trader) -> None:
    other = market.trader(side="buyer", by=market.admin(now=timezone.now()))
    for caller in (Caller.of(buyer), Caller.of(other)):
        response = caller.post("requirements", market.requirement_values(), Idempotency_Key="k")
        assert response.status_code == 201
    assert Requirement.objects.count() == 2


def test_a_refused_request_may_be_corrected_under_its_key(buyer: Trader) -> None:
    caller = Caller.of(buyer)
    bad = caller.post("requirements", market.requirement_values(max_ci="0"), Idempotency_Key="k")
    good = caller.post("requirements", market.requirement_values(), Idempotency_Key="k")
    assert (bad.status_code, good.status_code) == (400, 201)


@pytest.mark.parametrize("key", ["", "x" * 201])
def test_an_impossible_key_is_refused(buyer: Trader, key: str) -> None:
    response = Caller.of(buyer).post(
        "requirements", market.requirement_values(), Idempotency_Key=key
    )
    assert response.status_code == 400
    assert not Requirement.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_while_the_same_key_is_answered_the_second_waits(buyer: Trader) -> None:
    caller, locked, finish = Caller.of(buyer), threading.Event(), threading.Event()

    def answer_slowly() -> None:
        try:
            with transaction.atomic():
                _lock(buyer.actor, "k")
                locked.set()
                finish.wait(10)
        finally:
            connection.close()

    first = threading.Thread(target=answer_slowly)
    first.start()
    try:
        assert locked.wait(10)
        values = market.requirement_values()
        response = caller.post("requirements", values, Idempotency_Key="k")
    finally:
        finish.set()
        first.join()
    assert response.status_code == 409
    assert response.headers["Retry-After"] == "1"
    assert not Requirement.objects.exists()
    assert caller.post("requirements", values, Idempotency_Key="k").status_code == 201


def test_after_a_day_a_key_is_as_good_as_new(buyer: Trader) -> None:
    caller = Caller.of(buyer)
    first = caller.post("requirements", market.requirement_values(), Idempotency_Key="k")
    aged = timezone.now() - timedelta(hours=24, seconds=1)
    IdempotentAnswer.objects.update(created_at=aged)

    other = market.requirement_values(volume_t="600")
    second = caller.post("requirements", other, Idempotency_Key="k")

    assert (second.status_code, second.json()["volume_t"]) == (201, "600.000")
    assert second.json()["id"] != first.json()["id"]
    assert caller.post("requirements", other, Idempotency_Key="k").content == second.content


@pytest.mark.django_db(transaction=True)
def test_the_victim_of_a_deadlock_is_answered_once_all_the_same(
    buyer: Trader, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Deadlock(Exception):
        pgcode = "40P01"

    tries: list[int] = []
    post = requirements.post

    def unlucky(**values: Any) -> Any:
        tries.append(1)
        posted = post(**values)
        if len(tries) < 3:
            raise OperationalError from Deadlock()
        return posted

    monkeypatch.setattr(requirements, "post", unlucky)
    response = Caller.of(buyer).post(
        "requirements", market.requirement_values(), Idempotency_Key="k"
    )
    assert (response.status_code, len(tries)) == (201, 3)
    assert Requirement.objects.count() == IdempotentAnswer.objects.count() == 1


def test_an_etag_guards_a_lot() -> None:
    admin: User = market.admin(now=timezone.now())
    producer = market.trader(side="producer", by=admin)
    caller = Caller.of(producer)
    created = caller.post("lots", market.lot_values(market.certificate(producer, by=admin)))
    path, tag = f"lots/{created.json()['id']}", created.headers["ETag"]
    assert caller.get(path, If_None_Match=tag).status_code == 304
    assert caller.patch(path, {"ask_premium": "19.00"}, If_Match=tag).status_code == 200
    assert caller.patch(path, {"ask_premium": "20.00"}, If_Match=tag).status_code == 412
    assert caller.put(path, {}, If_Match=tag).status_code == 412
    assert caller.post(f"{path}/withdraw", If_Match=tag).status_code == 412
    assert caller.get(path).json()["ask_premium"] == "19.00"


def test_an_etag_guards_an_edit(buyer: Trader) -> None:
    caller = Caller.of(buyer)
    created = caller.post("requirements", market.requirement_values())
    path, tag = f"requirements/{created.json()['id']}", created.headers["ETag"]
    assert caller.get(path).headers["ETag"] == tag
    assert caller.get(path, If_None_Match=tag).status_code == 304
    changed = caller.patch(path, {"volume_t": "700"}, If_Match=tag)
    assert changed.status_code == 200, changed.content
    assert changed.json()["volume_t"] == "700.000"
    assert changed.json()["max_premium"] == "25.00"
    assert caller.patch(path, {"volume_t": "800"}, If_Match=tag).status_code == 412
    assert caller.post(f"{path}/withdraw", If_Match=tag).status_code == 412
    assert Requirement.objects.get().volume_kg == 700_000


def test_put_takes_defaults_for_what_is_left_out(buyer: Trader) -> None:
    caller = Caller.of(buyer)
    created = caller.post("requirements", market.requirement_values(internal_carbon_price="10"))
    path = f"requirements/{created.json()['id']}"
    replaced = caller.put(path, market.requirement_values())
    assert replaced.status_code == 200, replaced.content
    assert replaced.json()["internal_carbon_price"] == "0.0"


def test_a_patched_lot_keeps_all_that_was_not_named() -> None:
    admin: User = market.admin(now=timezone.now())
    producer = market.trader(side="producer", by=admin)
    caller = Caller.of(producer)
    values = market.lot_values(
        market.certificate(producer, by=admin), brand="North", ci_year="2025"
    )
    before = caller.post("lots", values).json()
    after = caller.patch(f"lots/{before['id']}", {"ask_premium": "18.50"})
    assert after.status_code == 200, after.content
    assert after.json() == {
        **before,
        "ask_premium": "18.50",
        "version": after.json()["version"],
    }


def test_withdrawing_ends_the_offer() -> None:
    admin = market.admin(now=timezone.now())
    producer = market.trader(side="producer", by=admin)
    lot = market.lot(producer, market.certificate(producer, by=admin))
    response = Caller.of(producer).post(f"lots/{lot.public_id}/withdraw")
    assert response.status_code == 200
    assert response.json()["state"] == "WITHDRAWN"
    assert Lot.objects.get().state == "WITHDRAWN"


def test_a_database_that_is_away_is_a_503(buyer: Trader, monkeypatch: pytest.MonkeyPatch) -> None:
    caller = Caller.of(buyer)

    def gone(**values: object) -> None:
        raise OperationalError("terminating connection due to administrator command")

    monkeypatch.setattr(keys, "authenticate", gone)
    response = caller.get("requirements")
    assert response.status_code == 503
    assert response.headers["Retry-After"]
    assert "administrator" not in response.content.decode()
    assert connection.is_usable()

"""Who gets in, and that foreign things answer exactly like absent ones."""

import uuid
from typing import Any

import pytest
from django.utils import timezone

from marketplace.models import ApiKey, Deal, User
from tests.factories import market
from tests.factories.api import Caller
from tests.factories.market import Trader

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> User:
    return market.admin(now=timezone.now())


def trader(side: str, by: User) -> Trader:
    return market.trader(side=side, by=by)


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer gpm_0000_wrong", "Basic YTpi", "Bearer a b", "Bearer \u00e9"]
)
def test_without_a_good_key_nothing_is_told(header: str) -> None:
    response = Caller().get("lots", Authorization=header)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.headers["Content-Type"] == "application/problem+json"


def test_a_revoked_key_is_refused_at_once(admin: User) -> None:
    caller = Caller.of(trader("producer", admin))
    assert caller.get("lots").status_code == 200
    ApiKey.objects.update(revoked_at=timezone.now())
    assert caller.get("lots").status_code == 401


def foreign_operations(lot: Any, requirement: Any, certificate: Any) -> list[tuple[str, str, Any]]:
    found = []
    for kind, row in (("lots", lot), ("requirements", requirement)):
        found += [
            ("GET", f"{kind}/%s", row),
            ("PUT", f"{kind}/%s", row),
            ("PATCH", f"{kind}/%s", row),
            ("POST", f"{kind}/%s/withdraw", row),
        ]
    return [
        *found,
        ("GET", "certificates/%s", certificate),
        ("GET", "proposals/%s", lot),
        ("POST", "proposals/%s/accept", lot),
        ("POST", "proposals/%s/decline", lot),
        ("GET", "deals/%s", lot),
    ]


def test_a_foreign_thing_answers_like_an_absent_one(admin: User) -> None:
    owner, other = trader("producer", admin), trader("producer", admin)
    buyer, rival = trader("buyer", admin), trader("buyer", admin)
    certificate = market.certificate(owner, by=admin)
    lot, requirement = market.lot(owner, certificate), market.requirement(buyer)
    before = (lot.version, requirement.version)
    for stranger in (Caller.of(other), Caller.of(rival)):
        for method, path, row in foreign_operations(lot, requirement, certificate):
            body = '{"reason": "no"}' if path.endswith("decline") else "{}"
            foreign = stranger.send(method, path % row.public_id, body)
            absent = stranger.send(method, path % uuid.uuid4(), body)
            assert foreign.status_code == 404, (method, path, foreign.content)
            assert (foreign.content, dict(foreign.headers)) == (
                absent.content,
                dict(absent.headers),
            ), (method, path)
    lot.refresh_from_db()
    requirement.refresh_from_db()
    assert (lot.version, requirement.version) == before
    assert not Deal.objects.exists()


def test_lists_hold_own_things_only(admin: User) -> None:
    owner, other, buyer = (trader(side, admin) for side in ("producer", "producer", "buyer"))
    lot = market.lot(owner, market.certificate(owner, by=admin))
    requirement = market.requirement(buyer)
    for kind, holder, row in (("lots", owner, lot), ("requirements", buyer, requirement)):
        assert [found["id"] for found in Caller.of(holder).get(kind).json()["results"]] == [
            str(row.public_id)
        ]
        assert Caller.of(other).get(kind).json()["results"] == []


def test_producers_see_requirements_without_the_buyers_secrets(admin: User) -> None:
    producer, buyer = trader("producer", admin), trader("buyer", admin)
    market.requirement(buyer, max_premium="987.65", internal_carbon_price="43.2")
    response = Caller.of(producer).get("market/requirements")
    assert response.status_code == 200
    assert len(response.json()["results"]) == 1
    text = response.content.decode()
    assert "987.65" not in text
    assert "43.2" not in text
    assert buyer.organisation.name not in text
    assert str(buyer.organisation.public_id) not in text


def test_verified_buyers_see_lots_with_asks_but_no_names(admin: User) -> None:
    producer, buyer = trader("producer", admin), trader("buyer", admin)
    market.lot(producer, market.certificate(producer, by=admin), ask_premium="12.34")
    response = Caller.of(buyer).get("market/lots")
    assert [found["ask_premium"] for found in response.json()["results"]] == ["12.34"]
    assert producer.organisation.name not in response.content.decode()


def test_no_other_producer_reads_an_ask(admin: User) -> None:
    producer, rival = trader("producer", admin), trader("producer", admin)
    market.lot(producer, market.certificate(producer, by=admin), ask_premium="12.34")
    assert "12.34" not in Caller.of(rival).get("market/lots").content.decode()


def test_an_unverified_organisation_may_not_trade(admin: User) -> None:
    newcomer = market.trader(side="buyer", by=admin, verified=False)
    response = Caller.of(newcomer).post("requirements", market.requirement_values())
    assert response.status_code == 403
    assert response.json()["code"] == "not_allowed"


def test_an_admins_own_key_trades_nothing(admin: User) -> None:
    assert Caller(admin).get("lots").status_code == 403

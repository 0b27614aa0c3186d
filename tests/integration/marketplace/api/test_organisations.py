"""One's own organisation, whom lots and requirements may name, and sites."""

import pytest
from django.utils import timezone

from marketplace.models import OrganisationGroup, Site
from tests.factories import market as made
from tests.factories.api import Caller
from tests.factories.deals import Pair

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair() -> Pair:
    return Pair(timezone.now())


def test_the_own_organisation_says_what_its_key_may(pair: Pair) -> None:
    answer = Caller.of(pair.producer).get("organisation")
    told = answer.json()
    assert told["id"] == str(pair.producer.organisation.public_id)
    assert (told["role"], told["is_producer"], told["is_buyer"]) == ("TRADER", True, False)
    assert told["verified_at"] is not None
    assert told["approval_above_t"] is None
    again = Caller.of(pair.producer).get("organisation", If_None_Match=answer.headers["ETag"])
    assert again.status_code == 304


def test_a_buyer_finds_producers_to_name_and_posts_with_one(pair: Pair) -> None:
    made.trader(side="buyer", by=pair.admin)
    made.trader(side="producer", by=pair.admin, verified=False)
    caller = Caller.of(pair.buyer)
    (found,) = caller.get("organisations").json()["results"]
    assert found["name"] == pair.producer.organisation.name
    values = made.requirement_values(allowed_producers=[found["id"]])
    posted = caller.post("requirements", values)
    assert posted.status_code == 201, posted.content
    assert posted.json()["allowed_producers"] == [found["id"]]


def test_nobody_finds_the_own_group_or_the_own_side(pair: Pair) -> None:
    group = OrganisationGroup.objects.create(name="Group")
    one = made.trader(side="producer", by=pair.admin, group=group)
    made.trader(side="buyer", by=pair.admin, group=group)
    names = {row["name"] for row in Caller.of(one).get("organisations").json()["results"]}
    assert names == {pair.buyer.organisation.name}


def test_they_are_narrowed_by_side_and_name(pair: Pair) -> None:
    other = made.trader(side="producer", by=pair.admin)
    caller = Caller.of(pair.buyer)
    named = caller.get(f"organisations?name={other.organisation.name.upper()}").json()["results"]
    assert [one["name"] for one in named] == [other.organisation.name]
    assert caller.get("organisations?side=BUYER").json()["results"] == []
    assert caller.get("organisations?side=NEITHER").status_code == 400


def test_who_is_not_verified_learns_no_names(pair: Pair) -> None:
    newcomer = made.trader(side="buyer", by=pair.admin, verified=False)
    assert Caller.of(newcomer).get("organisations").json()["results"] == []


def test_a_site_is_added_and_named_by_a_lot(pair: Pair) -> None:
    caller = Caller.of(pair.producer)
    body = {"name": "Qingtongxia", "country": "cn", "unlocode": "CNQTX"}
    added = caller.post("sites", body)
    assert added.status_code == 201, added.content
    address = added.headers["Location"].removeprefix("/api/v1/")
    assert caller.get(address).json() == {
        "name": "Qingtongxia", "country": "CN", "unlocode": "CNQTX", "id": added.json()["id"],
    }  # fmt: skip
    lot = caller.post("lots", made.lot_values(pair.certificate, site=added.json()["id"]))
    assert lot.json()["site"] == added.json()["id"]


def test_a_site_says_every_field_that_is_wrong_and_stands_once(pair: Pair) -> None:
    caller = Caller.of(pair.producer)
    wrong = caller.post("sites", {"name": " ", "country": "Atlantis", "unlocode": "X"})
    assert {one["field"] for one in wrong.json()["errors"]} == {"name", "country", "unlocode"}
    caller.post("sites", {"name": "Smelter 1", "country": "CN"})
    twice = caller.post("sites", {"name": "Smelter 1", "country": "CN"})
    assert [one["field"] for one in twice.json()["errors"]] == ["name"]
    assert Site.objects.count() == 1

"""Pages, API and admin of matching: each reads its own, in words that give nothing away."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from marketplace.models import OutboxRow, Requirement, User
from marketplace.services import keys
from matching import requests, services
from matching.models import Match, MatchingRound
from tests.factories import market as made
from tests.factories.market import Trader
from tests.integration.matching.conftest import Clock, World

pytestmark = pytest.mark.django_db(transaction=True)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def with_key(trader: Trader, clock: Clock) -> Client:
    key = keys.issue(user=trader.user, organisation=trader.organisation, now=clock())
    return Client(headers={"authorization": f"Bearer {key}"})


@pytest.fixture
def short(world: World, clock: Clock) -> Requirement:
    """A requirement of 500 t that a lot of 200 t serves; a dirtier lot does not."""
    world.lot(quantity_t="200")
    world.lot(quantity_t="900", ci_smelter_s1s2="4.001")
    requirement = world.requirement()
    services.run_on_change(row_id=None, clock=clock)
    return requirement


def test_the_buyer_sees_matches_average_and_why_not_more(world: World, short: Requirement) -> None:
    client = signed_in(world.buyer.user)

    page = client.get(reverse("matching:requirement_panel", args=[short.public_id]))

    text = page.content.decode()
    assert page.status_code == 200
    assert "200 t of 500 t" in text
    assert "3.200" in text
    assert "300 t" in text
    assert world.producer.organisation.name in text


@pytest.mark.parametrize("name", ["requirement_panel", "lot_panel"])
def test_foreign_and_absent_panels_read_alike(
    world: World, short: Requirement, clock: Clock, name: str
) -> None:
    stranger = signed_in(made.trader(side="buyer", by=world.admin, now=clock()).user)

    foreign = stranger.get(reverse(f"matching:{name}", args=[short.public_id]))
    absent = stranger.get(reverse(f"matching:{name}", args=[uuid4()]))

    assert (foreign.status_code, absent.status_code) == (404, 404)


def test_a_limit_above_or_below_the_ask_reads_alike_for_the_producer(
    world: World, clock: Clock
) -> None:
    """An unserved lot's panel is the same whether the limit was too low or the volume was taken."""
    lot = world.lot(ask_premium="30")
    world.requirement(max_premium="17.43")
    services.run_on_change(row_id=None, clock=clock)

    page = signed_in(world.producer.user).get(reverse("matching:lot_panel", args=[lot.public_id]))

    text = page.content.decode()
    assert "o tonnes left for you this round" in text
    assert "PREMIUM_TOO_HIGH" not in text
    assert "17.43" not in text


def test_participants_see_time_tonnes_and_proof_of_rounds_only(
    world: World, short: Requirement, clock: Clock
) -> None:
    answer = with_key(world.buyer, clock).get("/api/v1/rounds")

    (row,) = answer.json()["results"]
    assert row["matched_t"] == "200.000"
    assert row["verified"] is True
    told = {name for name, value in row.items() if value is not None}
    assert told == {"id", "finished_at", "matched_t", "verified"}
    one = with_key(world.producer, clock).get(f"/api/v1/rounds/{row['id']}")
    assert one.json() == row


def test_reasons_over_the_api_are_the_owners(
    world: World, short: Requirement, clock: Clock
) -> None:
    address = f"/api/v1/requirements/{short.public_id}/reasons"

    own = with_key(world.buyer, clock).get(address)
    foreign = with_key(world.producer, clock).get(address)

    assert own.json()["open_t"] == "300.000"
    assert {"code": "CI_TOO_HIGH", "counterparts": 1}.items() <= next(
        reason.items() for reason in own.json()["reasons"] if reason["code"] == "CI_TOO_HIGH"
    )
    assert foreign.status_code == 404


def test_the_page_of_rounds_lists_what_was_published(world: World, short: Requirement) -> None:
    page = signed_in(world.producer.user).get(reverse("matching:rounds"))

    assert page.status_code == 200
    assert ">200<" in page.content.decode()


def test_an_admin_reads_rounds_and_matches_and_asks_for_one(
    world: World, short: Requirement
) -> None:
    User.objects.filter(pk=world.admin.pk).update(is_superuser=True)
    client = signed_in(world.admin)
    ran = MatchingRound.objects.get()

    rounds = client.get(reverse("admin:matching_matchinground_changelist"))
    detail = client.get(reverse("admin:matching_matchinground_change", args=[ran.pk]))
    matches = client.get(reverse("admin:matching_match_changelist"), {"round__id__exact": ran.pk})
    asked = client.post(reverse("admin:matching_matchinground_run_now"))

    assert "Run matching now" in rounds.content.decode()
    assert "200.000" in detail.content.decode()
    assert matches.context["cl"].result_count == Match.objects.count() == 1
    assert asked.status_code == 302
    assert OutboxRow.objects.filter(task=requests.NOW).count() == 1


def test_nobody_else_asks_for_a_round(world: World) -> None:
    client = signed_in(world.buyer.user)

    assert client.post(reverse("admin:matching_matchinground_run_now")).status_code == 302
    assert not OutboxRow.objects.filter(task=requests.NOW).exists()

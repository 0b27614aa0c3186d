"""What admins alone see of a round: how one that they asked for goes, and what a tonne is worth."""

import csv
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from marketplace.models import OutboxRow, User
from matching import premiums, requests, services
from matching.models import MarginalPremiums, MatchingRound
from tests.integration.matching.conftest import Clock, World, ask

pytestmark = pytest.mark.django_db(transaction=True)

PREMIUMS = "admin:matching_matchinground_premiums"


@pytest.fixture
def office(world: World) -> Client:
    User.objects.filter(pk=world.admin.pk).update(is_superuser=True)
    return signed_in(world.admin)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text(client: Client, name: str, **more: Any) -> str:
    return client.get(reverse(name, args=more.pop("args", ())), more).content.decode()


def test_a_round_that_was_asked_for_is_followed_to_its_end(
    world: World, clock: Clock, office: Client
) -> None:
    world.lot(quantity_t="300")
    world.requirement(volume_t="300")
    answer = office.post(reverse("admin:matching_matchinground_run_now"))
    row = OutboxRow.objects.get(task=requests.NOW)
    page = reverse("admin:matching_matchinground_asked", args=[row.pk])
    assert answer.headers["Location"] == page

    waiting = office.get(page).content.decode()
    assert "Waiting for a worker" in waiting and "hx-get" in waiting
    services.run_now(row_id=row.pk, clock=clock)
    over = office.get(page, headers={"HX-Request": "true"}).content.decode()

    assert "300 t matched" in over and "proven; 1 proposals opened" in over
    assert "hx-get" not in over and "<html" not in over
    assert str(MatchingRound.objects.get().pk) in over


def test_one_that_was_given_up_says_so(clock: Clock, office: Client) -> None:
    office.post(reverse("admin:matching_matchinground_run_now"))
    row = OutboxRow.objects.get(task=requests.NOW)
    OutboxRow.objects.update(dead_at=clock(), last_error="Its worker was lost.")

    page = text(office, "admin:matching_matchinground_asked", args=[row.pk])

    assert "Given up" in page and "Its worker was lost." in page and "hx-get" not in page


def test_the_newest_round_tells_what_one_tonne_more_is_worth(
    world: World, clock: Clock, office: Client
) -> None:
    """400 of 500 t are matched at 3.200: the buyer would pay 25 USD/t for one more up to 4.000."""
    assert "No round has run yet" in text(office, PREMIUMS)
    world.lot(quantity_t="400")
    world.requirement(volume_t="500", max_ci="4.000", max_premium="25")
    ask(clock)
    world.lot(quantity_t="50", product_form="SLAB")
    world.requirement(volume_t="60", product_forms="SLAB", max_premium="31")
    clock.forward(minutes=10)
    ask(clock)

    page = text(office, PREMIUMS)
    slab = text(office, PREMIUMS, product="SLAB p1020a SMELTER_S1S2")
    rows = list(csv.DictReader(text(office, f"{PREMIUMS}_csv").splitlines()))

    (kept,) = MarginalPremiums.objects.all()
    assert kept.round == MatchingRound.objects.latest("pk")
    assert "25.00" in page and "31.00" not in page and 'role="img"' in page
    assert "31.00" in slab and "25.00" not in slab
    found = {row["ci_t_co2e_t"]: row for row in rows if row["product_form"] == "INGOT"}
    # What 400 t hold at 3.200 are firm proposals: 100 t are still wanted.
    assert (found["4.000"]["highest_usd_t"], found["4.000"]["wanted_t"]) == ("25.0000", "100.000")
    assert found["4.500"]["highest_usd_t"] == ""
    assert premiums.newest().round == kept.round


@pytest.mark.parametrize("name", [PREMIUMS, f"{PREMIUMS}_csv"])
def test_dual_prices_are_read_by_nobody_else(world: World, clock: Clock, name: str) -> None:
    """Nor by a member of the staff who may not view rounds."""
    world.lot()
    world.requirement()
    ask(clock)

    assert signed_in(world.admin).get(reverse(name)).status_code == 403
    for trader in (world.producer, world.buyer):
        assert signed_in(trader.user).get(reverse(name)).status_code == 302
    assert Client().get(reverse(name)).status_code == 302

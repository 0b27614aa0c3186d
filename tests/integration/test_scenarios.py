"""The trade's scenarios through the real parts: HTTP in, a Celery worker between, database out."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest
from django.utils import timezone

from marketplace.models import Certificate, Deal, Lot, Proposal, Requirement
from marketplace.services import bundles, certificates, keys
from tests import processes
from tests.factories import market as made
from tests.factories.market import Trader
from tests.factories.offers import books_balance, member
from tests.factories.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)
LIMIT = "23.57"


@dataclass
class Side:
    """A trader and a connection with its key."""

    trader: Trader
    http: httpx.Client

    def post(self, path: str, **body: object) -> httpx.Response:
        return self.http.post(path, json=body)

    def made(self, path: str, **body: object) -> dict[str, Any]:
        answer = self.post(path, **body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def listed(self, path: str) -> list[dict[str, Any]]:
        return list(self.http.get(path).json()["results"])


class World:
    def __init__(self, address: str, stack: ExitStack) -> None:
        self._address, self._stack = address, stack
        self.admin = made.admin(now=timezone.now())
        self.producer, self.buyer = self.side("producer"), self.side("buyer")
        self.certificate = made.certificate(self.producer.trader, by=self.admin, certified_t="5000")

    def side(self, side: str) -> Side:
        trader = made.trader(side=side, by=self.admin)
        key = keys.issue(user=trader.user, organisation=trader.organisation, now=timezone.now())
        client = httpx.Client(
            base_url=f"{self._address}/api/v1/", headers={"Authorization": f"Bearer {key}"}
        )
        return Side(trader, self._stack.enter_context(client))

    def lot(self, **raw: Any) -> dict[str, Any]:
        values = made.lot_values(self.certificate, **raw)
        return self.producer.made("lots", **values)

    def requirement(self, **raw: Any) -> dict[str, Any]:
        return self.buyer.made("requirements", **made.requirement_values(**raw))

    def proposals(self, count: int = 1) -> list[dict[str, Any]]:
        """Wait until the worker has proposed so many."""
        processes.wait_for(lambda: Proposal.objects.count() >= count)
        return self.buyer.listed("proposals")

    def reasons(self, requirement: dict[str, Any], code: str) -> dict[str, Any]:
        """Wait until the worker has told why; the reason with this code."""
        path = f"requirements/{requirement['id']}/reasons"

        def told() -> list[dict[str, Any]]:
            answer = self.buyer.http.get(path).json()
            return [one for one in answer["reasons"] if one["code"] == code]

        processes.wait_for(told)
        return told()[0]


@pytest.fixture
def world(address: str, transactional_db: None) -> Iterator[World]:
    with ExitStack() as stack:
        yield World(address, stack)


def test_1_a_listed_lot_and_a_posted_requirement_become_a_deal(world: World) -> None:
    world.lot(quantity_t="500", ci_smelter_s1s2="3.200", ask_premium="20")
    world.requirement(volume_t="500", max_ci="4.000", max_premium="25")
    (proposal,) = world.proposals()
    assert (proposal["quantity_t"], proposal["ci"], proposal["ask_premium"]) == (
        "500.000",
        "3.200",
        "20.00",
    )
    path = f"proposals/{proposal['id']}/accept"
    assert world.buyer.post(path).json()["state"] == "PROPOSED"
    assert world.producer.post(path).json()["state"] == "DEAL"
    (deal,) = world.buyer.listed("deals")
    assert deal == world.producer.listed("deals")[0]
    assert (deal["quantity_t"], deal["premium"], deal["premium_unit"]) == (
        "500.000",
        "20.00",
        "USD_T",
    )
    certificate = Certificate.objects.get()
    assert certificate.free_kg == 4_500_000
    books_balance()


def test_2_another_boundary_is_not_comparable_until_it_is_stated(world: World) -> None:
    lot = world.lot(ci_smelter_s1s2="1.900")
    wanted = world.requirement(boundary="CRADLE_TO_GATE", max_ci="4.000")
    assert world.reasons(wanted, "NOT_COMPARABLE")["counterparts"] == 1

    epd = made.certificate(
        world.producer.trader,
        by=world.admin,
        scheme="EPD",
        certified_t="",
        boundary="CRADLE_TO_GATE",
        ci="4.300",
    )
    backing = [str(world.certificate.public_id), str(epd.public_id)]
    changed = world.producer.http.patch(
        f"lots/{lot['id']}", json={"ci_cradle_to_gate": "4.300", "certificates": backing}
    )
    assert changed.status_code == 200, changed.text
    assert changed.json()["verified_boundaries"] == ["CRADLE_TO_GATE"]
    assert world.reasons(wanted, "CI_TOO_HIGH")["counterparts"] == 1
    assert not Proposal.objects.exists()


def test_3_edges_count_to_the_last_digit(world: World) -> None:
    """Each pair has a grade of its own, so that one round decides all of them."""
    pairs = {
        "4.000 passes": ("4.000", "20", "25"),
        "4.001 fails": ("4.001", "20", "25"),
        "25.00 passes": ("3.200", "25.00", "25.00"),
        "25.01 fails": ("3.200", "25.01", "25.00"),
        "0 passes": ("3.200", "0", "0"),
    }
    wanted = {}
    for grade, (carbon, ask, limit) in pairs.items():
        world.lot(grade=grade, quantity_t="100", ci_smelter_s1s2=carbon, ask_premium=ask)
        wanted[grade] = world.requirement(grades=[grade], volume_t="100", max_premium=limit)
    world.proposals(3)
    assert world.reasons(wanted["4.001 fails"], "CI_TOO_HIGH")["counterparts"] == 1
    assert world.reasons(wanted["25.01 fails"], "PREMIUM_TOO_HIGH")["counterparts"] == 1
    assert {one["grade"] for one in world.proposals(3)} == {
        grade for grade in pairs if grade.endswith("passes")
    }


def test_3_nothing_is_rounded(world: World) -> None:
    refused = world.producer.post(
        "lots", **made.lot_values(world.certificate, ci_smelter_s1s2="3.9996")
    )
    assert refused.status_code == 400
    assert refused.headers["Content-Type"] == "application/problem+json"
    (error,) = refused.json()["errors"]
    assert (error["field"], error["value"]) == ("ci_smelter_s1s2", "3.9996")
    assert "never rounded" in error["detail"]
    assert not Lot.objects.exists()


def test_5_a_cent_a_pound_is_too_much_for_22_dollars_and_fits_25(world: World) -> None:
    world.lot(ask_premium="1.00", premium_unit="USC_LB")
    wanted = world.requirement(max_premium="22.00")
    assert world.reasons(wanted, "PREMIUM_TOO_HIGH")["counterparts"] == 1
    world.buyer.http.patch(f"requirements/{wanted['id']}", json={"max_premium": "25"})
    (proposal,) = world.proposals()
    assert (proposal["ask_premium"], proposal["premium_unit"], proposal["premium_usd_t"]) == (
        "1.00",
        "USC_LB",
        "22.0462",
    )


BAD: dict[str, dict[str, Any]] = {
    "kilograms as tonnes": {"ci_smelter_s1s2": "3200"},
    "no carbon at all": {"ci_smelter_s1s2": "0"},
    "negative carbon": {"ci_smelter_s1s2": "-1"},
    "not a number": {"ci_smelter_s1s2": "NaN"},
    "a decimal comma": {"ci_smelter_s1s2": "4,0"},
    "carbon without boundary": {"ci_smelter_s1s2": ""},
    "no tonnes": {"quantity_t": "0"},
    "negative tonnes": {"quantity_t": "-5"},
    "1e12 tonnes": {"quantity_t": "1e12"},
    "a total price": {"ask_premium": "2600"},
    "the end first": {"window_end": "2020-01-01"},
    "more than the whole": {"recycled_pre_pct": "60", "recycled_post_pct": "55"},
    "impure P1020A": {"al_pct": "99.50"},
}


def test_9_bad_input_is_an_error_at_its_field_and_nothing_is_saved(world: World) -> None:
    for name, bad in BAD.items():
        values = made.lot_values(world.certificate, **bad)
        answer = world.producer.post("lots", **values)
        assert answer.status_code == 400, (name, answer.text)
        fields = {error["field"] for error in answer.json()["errors"]}
        assert fields & set(bad), (name, fields)
    assert not Lot.objects.exists()

    wrong_period = {"valid_from": "2026-06-01", "valid_to": "2026-05-31"}
    certificate = {"scheme": "CGMC_GREEN_POWER", "issuer": "CGMC", "certified_t": "10"}
    period = world.producer.post("certificates", number="CGMC-001", **certificate, **wrong_period)
    assert [error["field"] for error in period.json()["errors"]] == ["valid_to"]
    right = {"valid_from": "2026-06-01", "valid_to": "2027-05-31"}
    world.producer.made("certificates", number="CGMC-001", **certificate, **right)
    again = world.producer.post("certificates", number=" cgmc-001 ", **certificate, **right)
    assert again.status_code == 400, again.text
    assert [error["field"] for error in again.json()["errors"]] == ["number"]


def test_10_one_of_two_proposals_that_do_not_fit_together_wins(world: World) -> None:
    """A round would not make them: opened at once by two that know nothing of each other."""
    lot = world.lot(quantity_t="600", grade="only one fits")
    first, second = (
        world.requirement(volume_t=tonnes, grades=["another grade"]) for tonnes in ("500", "400")
    )
    row = Lot.objects.get(public_id=lot["id"])
    rows = [Requirement.objects.get(public_id=one["id"]) for one in (first, second)]
    steps = [partial(_open, number, row, wanted) for number, wanted in enumerate(rows, start=1_000)]
    opened = at_once(steps)
    assert sorted(map(str, opened)) == ["False", "True"]
    row.refresh_from_db()
    assert row.reserved_kg in (500_000, 400_000)
    books_balance()


def _open(number: int, lot: Lot, wanted: Requirement) -> bool:
    tonnes = wanted.volume_kg // 1000
    (answer,) = bundles.open_bundles(
        round_number=number,
        engine_version="test",
        bundles=[[member(lot, wanted, tonnes)]],
        now=timezone.now(),
    )
    return not answer.dropped_because


def test_10_a_producer_never_reads_a_buyers_limit(world: World) -> None:
    world.lot()
    world.requirement(max_premium=LIMIT, internal_carbon_price="431.7")
    (proposal,) = world.proposals()
    world.producer.post(f"proposals/{proposal['id']}/accept")
    world.buyer.post(f"proposals/{proposal['id']}/accept")
    deal = Deal.objects.get()
    read = [
        world.producer.http.get(path).text
        for path in (
            "proposals", f"proposals/{proposal['id']}", "deals", f"deals/{deal.public_id}",
            "market/requirements", "rounds", f"requirements/{proposal['requirement']}",
        )
    ]  # fmt: skip
    assert all(secret not in text for text in read for secret in (LIMIT, "431.7"))
    assert LIMIT in world.buyer.http.get(f"requirements/{proposal['requirement']}").text


def test_10_nobody_verifies_an_own_certificate(world: World) -> None:
    now = timezone.now()
    own = certificates.submit(
        by=world.producer.trader.actor,
        raw={
            "scheme": "ASI_PS",
            "issuer": "ASI",
            "number": "7",
            "valid_from": now.date().isoformat(),
            "valid_to": (now.date() + timedelta(days=9)).isoformat(),
        },
        now=now,
    )
    holder = world.producer.trader.user
    holder.is_staff = True
    holder.save(update_fields=["is_staff"])
    refuse: Callable[[], object] = partial(
        certificates.verify, public_id=own.public_id, by=holder, now=now
    )
    assert [type(one).__name__ for one in at_once([refuse])] == ["NotAllowed"]
    own.refresh_from_db()
    assert own.state == "PENDING"

"""A lot is never sold twice, and nobody who still fits is refused."""

import random
import threading
import time
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, cast

import httpx
import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import F

from marketplace.domain.errors import Conflict, InvalidInput
from marketplace.models import Deal, Lot, Proposal, Requirement
from marketplace.services import locks, lots, proposals
from tests import processes
from tests.concurrency.conftest import NOW, Market
from tests.factories import market as made
from tests.factories.api import key_of
from tests.factories.offers import books_balance
from tests.factories.races import at_once
from tests.figures import Figures, attack, times

pytestmark = pytest.mark.django_db(transaction=True)

CONNECTIONS = 16


def deadlocks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def dealt(steps: Sequence[Any]) -> list[Any]:
    """The steps in CONNECTIONS hands, all hands at once; every step's answer."""

    def play(hand: Sequence[Any]) -> list[Any]:
        return [step() for step in hand]

    hands = [partial(play, steps[first::CONNECTIONS]) for first in range(CONNECTIONS)]
    return [answer for answers in at_once(hands) for answer in cast("list[Any]", answers)]


@pytest.fixture
def web() -> Iterator[str]:
    """A web server alone: a worker's own rounds would take the lot first."""
    with processes.site() as address:
        yield address


@attack("A1")
def test_200_proposals_at_once_on_a_lot_for_100(web: str, market: Market, figures: Figures) -> None:
    rounds, codes, before = times(1, 50), [], deadlocks()
    keys = [key_of(market.producer), key_of(market.buyer)]
    for _round in range(rounds):
        lot, requirement = market.lot(1_000), market.requirement(2_000)
        told = dealt([partial(market.open_one, lot, requirement, 10)] * 200)
        lot.refresh_from_db()
        assert (told.count(""), told.count("LOT_SHORT"), lot.reserved_kg) == (100, 100, 1_000_000)

        opened = Proposal.objects.filter(lot=lot).values_list("public_id", flat=True)
        asked = [partial(_accept, web, key, public_id) for public_id in opened for key in keys]
        codes += dealt(asked)
        assert Deal.objects.filter(proposal__lot=lot).count() == 100

    assert set(codes) == {200}
    assert deadlocks() == before
    figures.say(
        f"{rounds} lots of 1,000 t, each: 16 connections open 200 proposals of 10 t at once, then "
        "both sides accept all of them at once over HTTP",
        f"opened {100 * rounds}, refused {100 * rounds}, deals {100 * rounds}",
        f"{len(codes)} answers, none but 200",
        "0 deadlocks",
    )


def _accept(address: str, key: str, public_id: object) -> int:
    url = f"{address}/api/v1/proposals/{public_id}/accept"
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.post(url, json={}, headers=headers, timeout=60).status_code


@attack("A1")
def test_control_without_the_row_lock_a_lot_is_miscounted(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    lot, requirement = market.lot(1_000), market.requirement(2_000)
    monkeypatch.setattr(locks, "lots", lambda pks: Lot.objects.in_bulk(set(pks)))
    monkeypatch.setattr(locks, "requirements", lambda pks: Requirement.objects.in_bulk(set(pks)))

    dealt([partial(market.open_one, lot, requirement, 10)] * 200)

    with pytest.raises(AssertionError):
        books_balance()


@attack("A2")
def test_uneven_sizes_never_exceed_the_lot_nor_refuse_who_fits(
    market: Market, figures: Figures
) -> None:
    rounds, dice, opened = times(1, 50), random.Random(7), 0
    for _round in range(rounds):
        lot, requirement = market.lot(1_000), market.requirement(20_000)
        sizes = [dice.randint(1, 97) for _each in range(200)]
        told = dealt([partial(_told, market, lot, requirement, tonnes) for tonnes in sizes])
        lot.refresh_from_db()
        taken = sum(tonnes for tonnes, why in told if not why)
        left = 1_000 - taken
        assert lot.reserved_kg == taken * 1_000 <= lot.quantity_kg
        # Tonnes only ever leave: who fits into what is left in the end fitted when it was asked.
        assert all(tonnes > left for tonnes, why in told if why)
        opened += sum(not why for _tonnes, why in told)
    figures.say(
        f"{rounds} lots of 1,000 t, each: 16 connections, 200 proposals of 1-97 t at once",
        f"{opened} opened, never above 1,000 t, 0 refused that still fitted",
    )


def _told(market: Market, lot: Lot, requirement: Requirement, tonnes: int) -> tuple[int, str]:
    return tonnes, market.open_one(lot, requirement, tonnes)


@attack("A3")
def test_deals_over_two_lots_in_any_order_do_not_deadlock(market: Market, figures: Figures) -> None:
    each, before = times(4, 250), deadlocks()
    pair = [market.lot(100_000), market.lot(100_000)]
    requirements = [market.requirement(100_000) for _each in range(CONNECTIONS)]

    told = at_once([
        partial(_bundles, market, pair, wanted, each, random.Random(seed))
        for seed, wanted in enumerate(requirements)
    ])  # fmt: skip

    assert told == [2 * each] * CONNECTIONS
    assert deadlocks() == before
    figures.say(
        f"16 connections x {each} bundles over two lots, taken in random order, each accepted by "
        "both sides",
        f"{each * CONNECTIONS * 2} deals, 0 deadlocks (pg_stat_database)",
    )


def _bundles(
    market: Market, pair: list[Lot], wanted: Requirement, each: int, dice: random.Random
) -> int:
    dealt_with = 0
    for _each in range(each):
        lots_in_any_order = dice.sample(pair, 2)
        for pk in market.open_all([(lot, wanted, 1) for lot in lots_in_any_order]):
            key = Proposal.objects.values_list("public_id", flat=True).get(pk=pk)
            for side in (market.buyer, market.producer):
                proposals.accept(by=side.actor, public_id=key, now=NOW)
            dealt_with += 1
    return dealt_with


@attack("A3")
def test_control_two_lots_in_opposite_order_deadlock(market: Market) -> None:
    """Without one order of locks two transactions wait for each other."""
    first, second = market.lot(10), market.lot(10)
    before = deadlocks()

    def take(one: Lot, other: Lot) -> None:
        try:
            with transaction.atomic():
                locks.lots([one.pk])
                time.sleep(0.2)
                locks.lots([other.pk])
        except OperationalError:
            return

    at_once([partial(take, first, second), partial(take, second, first)])

    until = time.monotonic() + 10
    while deadlocks() == before and time.monotonic() < until:
        time.sleep(0.2)
    assert deadlocks() == before + 1


@attack("A6")
def test_a_lot_edited_down_while_it_is_accepted(market: Market, figures: Figures) -> None:
    rounds, edited, sold = times(4, 100), 0, 0
    seller = market.producer.actor
    for _round in range(rounds):
        lot = market.lot(100)
        market.open_one(lot, market.requirement(60), 60)
        proposal = Proposal.objects.get(lot=lot)
        proposals.accept(by=market.buyer.actor, public_id=proposal.public_id, now=NOW)
        raw = made.lot_values(market.certificate, today=NOW.date(), quantity_t="50")
        answers = at_once([
            partial(proposals.accept, by=seller, public_id=proposal.public_id, now=NOW),
            partial(lots.edit, by=seller, public_id=lot.public_id, raw=raw, version=None, now=NOW),
        ])  # fmt: skip
        lot.refresh_from_db()
        assert lot.quantity_kg >= lot.reserved_kg + lot.sold_kg
        refused = [isinstance(answer, Conflict | InvalidInput) for answer in answers]
        assert sum(refused) == 1
        edited, sold = edited + refused[0], sold + refused[1]
    figures.say(
        f"{rounds} x: a lot of 100 t with 60 t proposed is edited to 50 t at the moment of the "
        "second acceptance",
        f"edited first {edited}, sold first {sold}, never both, total never below reserved",
    )


@attack("A6")
def test_control_without_its_lock_an_edit_sells_what_is_not_there(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read, wait, write: the tonnes sold meanwhile are overwritten."""
    lot = market.lot(100)

    def careless() -> None:
        seen = Lot.objects.get(pk=lot.pk)
        time.sleep(0.2)
        seen.quantity_kg = 50_000
        seen.save()

    def sells() -> None:
        time.sleep(0.05)
        Lot.objects.filter(pk=lot.pk).update(sold_kg=F("sold_kg") + 40_000)

    at_once([careless, sells])

    lot.refresh_from_db()
    assert lot.sold_kg == 0


@attack("A10")
def test_a_reader_always_counts_the_whole_lot(market: Market, figures: Figures) -> None:
    rounds, stop = times(1, 50), threading.Event()
    readings: list[int] = []
    lots_seen: list[int] = []

    def read() -> None:
        while not stop.is_set():
            readings.extend(map(_accounts, tuple(lots_seen)))
        connection.close()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for _round in range(rounds):
            lot, requirement = market.lot(1_000), market.requirement(2_000)
            lots_seen[:] = [lot.pk]
            dealt([partial(market.open_one, lot, requirement, 10)] * 200)
            keys = list(Proposal.objects.filter(lot=lot).values_list("public_id", flat=True))
            steps = [
                partial(proposals.accept, by=side.actor, public_id=key, now=NOW)
                for key in keys
                for side in (market.buyer, market.producer)
            ]
            dealt(steps)
    finally:
        stop.set()
        reader.join()

    assert set(readings) == {1_000_000}
    assert len(readings) > rounds
    figures.say(
        f"while {rounds} x A1 runs, a reader sums the lot's ledger: listed + reserved + sold",
        f"{len(readings)} readings, every one 1,000.000 t",
    )


def _accounts(lot_pk: int) -> int:
    """Kilograms on the lot's accounts by the ledger, in one statement."""
    held = ["LISTED", "RESERVED", "SOLD", "DELIVERED", "CLAIMED"]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT sum(kg * ((target = ANY(%s))::int - (source = ANY(%s))::int))
            FROM marketplace_ledgerposting WHERE lot_id = %s
            """,
            [held, held, lot_pk],
        )
        return int(cursor.fetchone()[0] or 0)

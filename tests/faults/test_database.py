"""PostgreSQL hangs up: nobody sees a fault of ours, and nothing happens twice."""

import random
import threading
import time
from collections import Counter

import pytest
from django.db import connection

from marketplace.models import Requirement
from tests import processes
from tests.faults.callers import Call, System, paced
from tests.faults.conftest import World, nothing_waits
from tests.faults.proxies import proxy
from tests.figures import Figures, attack, share, times

pytestmark = pytest.mark.django_db(transaction=True)

PER_SECOND = 20


class Hangman:
    """Terminates a random connection of the web server every ``every`` seconds."""

    def __init__(self, every: float, dice: random.Random) -> None:
        self.every, self.dice, self.killed = every, dice, 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._work)

    def _work(self) -> None:
        with connection.cursor() as cursor:
            while not self.over.wait(self.every):
                cursor.execute(
                    """
                    SELECT pid FROM pg_stat_activity
                    WHERE datname = current_database() AND pid <> pg_backend_pid()
                        AND application_name = 'web'
                    """
                )
                pids = [pid for (pid,) in cursor.fetchall()]
                if pids:
                    cursor.execute("SELECT pg_terminate_backend(%s)", [self.dice.choice(pids)])
                    self.killed += 1
        connection.close()

    def __enter__(self) -> "Hangman":
        self.thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.over.set()
        self.thread.join()


@attack("B10")
def test_connections_are_terminated_at_random(world: World, figures: Figures) -> None:
    seconds = times(5, 120)
    # A worker answers what the posts leave in the outbox; only the web server is hung up on.
    with (
        processes.site(PGAPPNAME="web") as address,
        System(address, world.buyer) as buyer,
        processes.running(environment={"PGAPPNAME": "worker"}) as worker,
    ):
        calls = [
            (lambda: buyer.post_requirement(volume_t="1")) if number % 2 else buyer.read
            for number in range(seconds * PER_SECOND)
        ]
        with Hangman(0.2, random.Random(7)) as hangman:
            answers = paced(calls, PER_SECOND)
        time.sleep(0.3)
        assert buyer.read().status_code == 200
        processes.wait_for(nothing_waits, seconds=60, worker=worker)
    codes = Counter(one.status for one in answers)
    unavailable = [one for one in answers if one.status == 503]
    assert set(codes) <= {200, 201, 503}, codes
    assert all(one.retry_after for one in unavailable)
    # Of a hundred requests one more or less is chance; the acceptance's share is for thousands.
    assert len(unavailable) <= len(answers) * times(15, 5) / 100, codes
    posted = Requirement.objects.count()
    # A 503 may hide a commit whose answer was lost; a 201 never lies.
    assert codes[201] <= posted <= codes[201] + codes[503]
    figures.say(
        "pg_terminate_backend on a random connection of the web server every 200 ms for "
        f"{seconds} s at {PER_SECOND} requests a second, half of them posts",
        f"{hangman.killed} terminated; {_told(codes)}; p95 "
        f"{share([one.seconds for one in answers], 95):.2f} s",
        f"503 with Retry-After: {100 * len(unavailable) / len(answers):.1f} %",
    )


def _told(codes: "Counter[int]") -> str:
    return ", ".join(f"{count} x {code}" for code, count in sorted(codes.items()))


@attack("B12")
def test_the_answer_to_commit_is_lost_and_the_client_repeats(
    world: World, figures: Figures
) -> None:
    rounds, first = times(3, 50), list[Call]()
    with (
        proxy() as (between, url),
        processes.site(DATABASE_URL=url) as address,
        System(address, world.buyer) as buyer,
    ):
        buyer.read()
        for number in range(rounds):
            key = f"order-{number}"
            between.armed.set()
            (lost,) = paced([lambda key=key: buyer.post_requirement(key)], 1)  # type: ignore[misc]
            first.append(lost)
            assert Requirement.objects.count() == number + 1, "what was lost is the answer only"
            again = buyer.post_requirement(key)
            assert again.status_code == 201, again.text
            assert Requirement.objects.count() == number + 1
            assert str(Requirement.objects.latest("pk").public_id) == again.json()["id"]
    assert {one.status for one in first} == {503}
    assert all(one.retry_after for one in first)
    assert between.lost == rounds
    figures.say(
        f"a proxy forwards COMMIT and hangs up instead of passing the answer on, {rounds} posts",
        f"{rounds} x 503 with Retry-After",
        f"{rounds} repeats with the same key: 201, {rounds} effects",
    )


@attack("B12")
def test_control_without_a_key_a_repeat_has_a_second_effect(world: World) -> None:
    with (
        proxy() as (between, url),
        processes.site(DATABASE_URL=url) as address,
        System(address, world.buyer) as buyer,
    ):
        buyer.read()
        between.armed.set()
        paced([buyer.post_requirement], 1)
        buyer.post_requirement()
    assert Requirement.objects.count() == 2

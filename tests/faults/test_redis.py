"""Redis is a doorbell: without it, or with one that hangs, nothing is lost and nobody waits."""

import threading
import time

import pytest

from marketplace.models import Proposal
from matching.models import MatchingRound
from tests import processes
from tests.faults.brokers import Broker, broker
from tests.faults.callers import System, paced
from tests.faults.conftest import World, locked, nothing_waits, unconsidered
from tests.figures import Figures, attack, share, times

pytestmark = pytest.mark.django_db(transaction=True)


@attack("B4")
def test_redis_is_emptied_and_stopped_while_people_post(world: World, figures: Figures) -> None:
    flushes, away = times(1, 10), times(3, 60)
    before, after = times(2, 40), times(3, 20)
    posts = round((before + away + after) * 100 / 60)
    with (
        broker() as bell,
        processes.site(REDIS_URL=bell.url) as address,
        System(address, world.producer, world.certificate) as seller,
        processes.running(REDIS_URL=bell.url, OUTBOX_SWEEP_SECONDS="10") as worker,
    ):
        trouble = threading.Thread(target=_trouble, args=(bell, flushes, before, away))
        trouble.start()
        answers = paced([lambda: seller.post_lot(quantity_t="1")] * posts, 100 / 60)
        trouble.join()
        back = time.monotonic()
        processes.wait_for(lambda: not unconsidered(), seconds=90, worker=worker)
        slowest = time.monotonic() - back
    assert {one.status for one in answers} == {201}
    assert share([one.seconds for one in answers], 95) < 1
    figures.say(
        f"100 posts a minute, {flushes} FLUSHALL, then Redis stopped for {away} s",
        f"{posts} posts, all 201, p95 {share([one.seconds for one in answers], 95):.2f} s",
        f"every lot considered {slowest:.0f} s after the last post (Redis was back before)",
    )


def _trouble(bell: Broker, flushes: int, before: float, away: float) -> None:
    for _each in range(flushes):
        time.sleep(before / flushes)
        bell.flush()
    bell.stop()
    time.sleep(away)
    bell.start()


@attack("B5")
def test_redis_accepts_and_never_answers(world: World, figures: Figures) -> None:
    posts = times(10, 200)
    with (
        broker() as bell,
        processes.site(REDIS_URL=bell.url) as address,
        System(address, world.producer, world.certificate) as seller,
    ):
        seller.post_lot(quantity_t="1")
        bell.freeze()
        answers = paced([lambda: seller.post_lot(quantity_t="1")] * posts, 10)
        longest = max(one.seconds for one in answers)
        assert {one.status for one in answers} == {201}
        assert longest < 1
        bell.thaw()
        with processes.running(REDIS_URL=bell.url) as worker:
            processes.wait_for(lambda: not unconsidered(), seconds=60, worker=worker)
    figures.say(
        f"Redis stopped by SIGSTOP (it accepts and never answers), {posts} posts at 10 a second",
        f"all 201, the longest {longest:.2f} s; all considered once Redis went on",
    )


@attack("B7")
def test_a_task_that_outlives_its_visibility_is_delivered_twice(
    world: World, figures: Figures
) -> None:
    world.lot()
    world.requirement()
    environment = {"BROKER_VISIBILITY_SECONDS": "2", "OUTBOX_SWEEP_SECONDS": "600"}
    with (
        processes.running(environment=environment) as first,
        processes.running(beat=False, environment=environment) as second,
    ):
        with locked("marketplace_lotcertificate", "ACCESS EXCLUSIVE"):
            processes.wait_for(
                lambda: MatchingRound.objects.filter(state="RUNNING").exists(), worker=first
            )
            processes.wait_for(lambda: redelivered(first, second), seconds=30, worker=second)
        processes.wait_for(nothing_waits, worker=first)
        processes.wait_for(Proposal.objects.exists, worker=first)
        twice = redelivered(first, second)
    assert MatchingRound.objects.filter(state="PUBLISHED", matches_found__gt=0).count() == 1
    assert Proposal.objects.count() == 1
    figures.say(
        "visibility_timeout 2 s, a round held in its snapshot until its task came a second time",
        f"delivered {twice} times, published once",
    )


def redelivered(*workers: processes.Process) -> int:
    """How often the round's task was received with one and the same id; 0 when only once."""
    received: dict[str, int] = {}
    for worker in workers:
        for line in worker.log.splitlines():
            if "Task matching.tasks.run_round[" in line and "received" in line:
                name = line.split("run_round[")[1].split("]")[0]
                received[name] = received.get(name, 0) + 1
    most = max(received.values(), default=0)
    return most if most > 1 else 0

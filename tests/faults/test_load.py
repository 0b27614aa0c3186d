"""Answers while a large round is published, and an hour of ordinary days."""

import os
import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx
import pytest
import redis
from django.db import connection
from django.utils import timezone

from marketplace.models import Deal, Lot, OutboxRow, Proposal
from marketplace.services import proposals
from matching.models import MatchingRound
from tests import processes
from tests.factories.offers import member
from tests.faults.brokers import Broker, broker
from tests.faults.callers import System, paced
from tests.faults.conftest import World, all_is_done, nothing_waits
from tests.figures import MINUTES, Figures, attack, share, times

pytestmark = pytest.mark.django_db(transaction=True)

PER_SECOND = 10
# The pace of the soak: so the acceptances last as long as the publishing of a large round does. At
# 40 a second they took 2.9 s at p95, which may have been one web process at its end.
ANSWERS_PER_SECOND = 10


@attack("P1")
def test_accepting_while_a_large_round_is_published(world: World, figures: Figures) -> None:
    size, answered = times(30, 4_000), times(10, 200)
    waiting = _opened(world, answered)
    for _each in range(size):
        world.lot(quantity_t="1")
    world.requirement(volume_t=str(size), max_premium="30")
    with (
        processes.site() as address,
        System(address, world.buyer) as buyer,
        processes.running() as worker,
    ):
        processes.wait_for(
            lambda: MatchingRound.objects.filter(state="SOLVED").exists(),
            seconds=120, worker=worker,
        )  # fmt: skip
        answers = paced([partial(buyer.accept, key) for key in waiting], ANSWERS_PER_SECOND)
        # On a slow machine what the market was made of is older than the oracle allows by now.
        processes.wait_for(all_is_done, seconds=120, worker=worker)
    assert {one.status for one in answers} == {200}
    p95 = share([one.seconds for one in answers], 95)
    published = MatchingRound.objects.filter(state="PUBLISHED").order_by("-proposals_opened")[0]
    assert p95 < 1
    figures.say(
        f"{answered} proposals are accepted over HTTP, {ANSWERS_PER_SECOND} a second, while a "
        f"round publishes {published.proposals_opened} others",
        f"all 200; p50 {share([one.seconds for one in answers], 50):.2f} s, p95 {p95:.2f} s",
    )


def _opened(world: World, count: int) -> list[str]:
    """Public ids of open proposals, each on a lot and a requirement of its own."""
    pairs = [(world.lot(quantity_t="1"), world.requirement(volume_t="1")) for _each in range(count)]
    proposals.open_bundles(
        round_number=1,
        engine_version="test",
        bundles=[[member(lot, wanted, 1)] for lot, wanted in pairs],
        now=timezone.now(),
    )
    return [str(key) for key in Proposal.objects.values_list("public_id", flat=True)]


@dataclass
class Days:
    """People of one producer and one buyer: they list, post, answer and look."""

    producer: System
    buyer: System
    dice: random.Random
    codes: "Counter[int]" = field(default_factory=Counter)

    def next(self) -> httpx.Response:
        kind = self.dice.random()
        if kind < 0.15:
            return self.producer.post_lot(quantity_t=str(self.dice.randint(1, 20)))
        if kind < 0.30:
            return self.buyer.post_requirement(volume_t=str(self.dice.randint(1, 20)))
        if kind < 0.60:
            return self._answer(self.producer, "producer_answer")
        if kind < 0.90:
            return self._answer(self.buyer, "buyer_answer")
        return self.dice.choice((self.producer, self.buyer)).read()

    def _answer(self, system: System, side: str) -> httpx.Response:
        """Mostly yes; of what two threads answer at once, one hears 409."""
        found = Proposal.objects.filter(state="PROPOSED", **{side: "OPEN"})
        key = found.order_by("created_at").values_list("public_id", flat=True).first()
        connection.close()
        if key is None:
            return system.read()
        if self.dice.random() < 0.95:
            return system.accept(str(key))
        return system.decline(str(key))


class Watch:
    """Every few seconds: memory of the workers, keys in Redis."""

    def __init__(self, workers: list[processes.Process], bell: Broker) -> None:
        self.workers, self.bell = workers, bell
        self.memory: list[float] = []
        self.keys: list[int] = []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._work)

    def _work(self) -> None:
        with redis.Redis.from_url(self.bell.url) as client:
            while not self.over.wait(5):
                self.memory.append(sum(_resident_mib(one.process.pid) for one in self.workers))
                self.keys.append(int(client.dbsize()))

    def __enter__(self) -> "Watch":
        self.thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.over.set()
        self.thread.join()

    @property
    def growth(self) -> float:
        """Of the workers' memory, from the second sixth (all is warm then) to the last one."""
        sixth = max(len(self.memory) // 6, 1)
        early, late = self.memory[sixth : 2 * sixth], self.memory[-sixth:]
        return sum(late) / len(late) / (sum(early) / len(early)) - 1


def _resident_mib(leader: int) -> float:
    """Proportional memory of a process group: what its members share counts once."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(folder.name)) == leader:
                lines = (folder / "smaps_rollup").read_text().splitlines()
                total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        except (OSError, ValueError):
            continue
    return total / 1024


@attack("B14")
def test_an_hour_of_ordinary_days(world: World, figures: Figures) -> None:
    with (
        broker() as bell,
        processes.site(REDIS_URL=bell.url) as address,
        processes.running(REDIS_URL=bell.url, OUTBOX_SWEEP_SECONDS="10") as first,
        processes.running(beat=False, environment={"REDIS_URL": bell.url}) as second,
        System(address, world.producer, world.certificate) as producer,
        System(address, world.buyer) as buyer,
        Watch([first, second], bell) as watch,
    ):
        days = Days(producer, buyer, random.Random(7))
        answers = paced([days.next] * round(MINUTES * 60 * PER_SECOND), PER_SECOND)
        processes.wait_for(nothing_waits, seconds=90, worker=first)
    lags, by_task = _lags()
    codes = Counter(one.status for one in answers)
    figures.say(
        f"{MINUTES:g} minutes at {PER_SECOND} requests a second: lots, requirements, answers, "
        "reading; two workers, one web process, a Redis of its own",
        f"{_counted(codes)}; p95 {share([one.seconds for one in answers], 95):.2f} s",
        f"{Lot.objects.count()} lots, {Deal.objects.count()} deals, "
        f"{MatchingRound.objects.filter(state='PUBLISHED').count()} rounds",
        f"workers' memory {watch.memory[0]:.0f} -> {watch.memory[-1]:.0f} MiB, grown by "
        f"{100 * watch.growth:.1f} % once warm",
        f"Redis keys at most {max(watch.keys)}, in the end {watch.keys[-1]}",
        f"outbox lag p50 {share(lags, 50):.1f} s, p99 {share(lags, 99):.1f} s ({by_task})",
    )
    assert set(codes) <= {200, 201, 409}, Counter(one.failure or one.status for one in answers)
    assert watch.growth < 0.10
    assert max(watch.keys) < 50
    assert share(lags, 99) < 15


def _lags() -> tuple[list[float], str]:
    """Seconds from each outbox row's writing to its end; and p99 of each task, in words."""
    found: dict[str, list[float]] = {}
    for task, begin, end in OutboxRow.objects.values_list("task", "created_at", "done_at"):
        if end:
            found.setdefault(task, []).append((end - begin).total_seconds())
    words = (
        f"{task.rpartition('.')[2]} {share(lags, 99):.1f} s" for task, lags in sorted(found.items())
    )
    return [lag for lags in found.values() for lag in lags], ", ".join(words)


def _counted(codes: "Counter[int]") -> str:
    return ", ".join(f"{count} x {code}" for code, count in sorted(codes.items()))

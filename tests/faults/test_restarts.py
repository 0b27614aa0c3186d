"""Workers come and go, beats come in pairs, a web process dies at the worst moment."""

import signal
import threading
import time
from contextlib import ExitStack
from datetime import timedelta
from itertools import cycle

import pytest
from django.db.models import Count
from django.utils import timezone

from marketplace.models import MarketSettings, Proposal, ProposalStep
from marketplace.services import market
from matching.models import MatchingRound
from tests import processes
from tests.faults.callers import System, paced
from tests.faults.conftest import World, nothing_waits, proposed, unconsidered
from tests.figures import Figures, attack, times

pytestmark = pytest.mark.django_db(transaction=True)

EVERY = 10


@attack("B3")
def test_rolling_restarts_while_lots_are_posted(world: World, figures: Figures) -> None:
    posts, every = times(20, 300), times(4, EVERY)
    seconds = times(9, 100)
    world.requirement(volume_t="100000", max_premium="100")
    over, restarts = threading.Event(), 0

    def roll() -> None:
        nonlocal restarts
        with ExitStack() as alive:
            workers = [alive.enter_context(processes.running()) for _each in range(2)]
            begun = time.monotonic()
            for how, place in cycle([(signal.SIGTERM, 0), (signal.SIGQUIT, 1),
                                     (signal.SIGQUIT, 0), (signal.SIGTERM, 1)]):  # fmt: skip
                if over.wait(max(0, begun + every - time.monotonic())):
                    return
                begun = time.monotonic()
                workers[place].signal(how)
                new = workers[place] = alive.enter_context(processes.running())
                restarts += 1
                # As whoever rolls a new version out does: the next one follows when this is up.
                processes.wait_for(lambda new=new: over.is_set() or "ready." in new.log, seconds=90)  # type: ignore[misc]

    rolling = threading.Thread(target=roll)
    rolling.start()
    try:
        with (
            processes.site() as address,
            System(address, world.producer, world.certificate) as seller,
        ):
            answers = paced([lambda: seller.post_lot(quantity_t="1")] * posts, posts / seconds)
            processes.wait_for(lambda: not unconsidered(), seconds=90)
            processes.wait_for(nothing_waits, seconds=90)
    finally:
        over.set()
        rolling.join()
    assert restarts
    assert {one.status for one in answers} == {201}
    pairs = Proposal.objects.values("lot", "requirement").annotate(n=Count("pk"))
    assert not pairs.filter(n__gt=1).exists()
    assert proposed() == posts
    figures.say(
        f"two workers, one of them restarted every {every} s (TERM, QUIT in turn), not before the "
        f"last is up, while {posts} lots are posted",
        f"{restarts} restarts, {posts} considered, {posts} proposed, 0 twice",
    )


@attack("B8")
def test_two_beats_and_three_workers(world: World, figures: Figures) -> None:
    count, minutes = times(5, 50), times(0, 2)
    for _each in range(count):
        world.lot(quantity_t="1")
    world.requirement(volume_t=str(count))
    environment = {"EXPIRY_SWEEP_SECONDS": "1"}
    with ExitStack() as alive:
        workers = [
            alive.enter_context(processes.running(beat=number < 2, environment=environment))
            for number in range(3)
        ]
        processes.wait_for(lambda: proposed() == count, worker=workers[0])
        every_minute = MarketSettings.objects.filter(pk=market.settings().pk)
        every_minute.update(round_schedule="* * * * *")
        past = timezone.now() - timedelta(seconds=1)
        Proposal.objects.update(created_at=past - timedelta(hours=48), expires_at=past)
        processes.wait_for(
            lambda: not Proposal.objects.filter(state="PROPOSED").exists(), worker=workers[0]
        )
        time.sleep(60 * minutes + 3)
    steps = ProposalStep.objects.filter(verb="expired").values("proposal").annotate(n=Count("pk"))
    assert [row["n"] for row in steps] == [1] * count
    scheduled = MatchingRound.objects.filter(scheduled_for__isnull=False)
    per_time = scheduled.values("scheduled_for").annotate(n=Count("pk"))
    assert [row["n"] for row in per_time] == [1] * len(per_time)
    assert len(per_time) >= minutes
    figures.say(
        "three workers, two of them with a beat, sweeps every second, a round every minute",
        f"{count} proposals expired once each; {len(per_time)} set times, one round each",
    )


@attack("B9")
def test_a_process_dies_between_commit_and_doorbell(world: World, figures: Figures) -> None:
    world.requirement()
    with processes.running(OUTBOX_SWEEP_SECONDS="10") as worker:
        processes.wait_for(nothing_waits, worker=worker)
        with (
            processes.served(DOOM="bell") as (address, web),
            System(address, world.producer, world.certificate) as seller,
        ):
            (answer,) = paced([seller.post_lot], 1)
            processes.wait_for(lambda: not web.is_running)
        died = time.monotonic()
        processes.wait_for(proposed, seconds=20, worker=worker)
        took = time.monotonic() - died
    assert answer.status == 0
    figures.say(
        "the web process is killed after the commit of a lot and before it rings",
        f"no answer to the caller, the lot is there, proposed {took:.1f} s later (sweep 10 s)",
    )

"""A worker dies at any moment of a round: what is published is what an undisturbed round gives."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import transaction
from django.db.models import Count
from django.test import Client
from django.utils import timezone

from marketplace.domain.vocabulary import Event
from marketplace.models import Lot, OutboxRow, Proposal
from marketplace.services import notifications, outbox
from matching.models import Match, MatchingRound
from tests import processes
from tests.factories import market as made
from tests.faults.conftest import World, nothing_waits, sound
from tests.figures import Figures, attack, times

pytestmark = pytest.mark.django_db(transaction=True)

POINTS = times(2, 32)
RECOVERY_SECONDS = 90


def a_market() -> None:
    """Portions, an average, an all-or-nothing: several bundles and several transactions."""
    world = World()
    for number, (tonnes, carbon, ask) in enumerate(
        [("600", "3.600", "20"), ("400", "4.500", "10"), ("300", "2.000", "15"),
         ("250", "3.900", "5"), ("800", "3.000", "24"), ("120", "1.500", "0")]
    ):  # fmt: skip
        world.lot(brand=f"L{number}", quantity_t=tonnes, ci_smelter_s1s2=carbon, ask_premium=ask)
    world.requirement(volume_t="1000", ci_basis="PORTFOLIO_AVERAGE")
    world.requirement(volume_t="700", partial_ok="no", tolerance_pct="2")
    world.requirement(volume_t="350", max_ci="2.500")
    world.requirement(volume_t="410", max_premium="12")


def outcome() -> dict[str, object]:
    """What a round leaves behind, in the names of the trade."""
    rows = Proposal.objects.values_list(
        "bundle", "lot__brand", "requirement__volume_kg", "quantity_kg", "ask_premium", "state"
    )
    bundles: dict[object, list[tuple[object, ...]]] = {}
    for bundle, *told in rows.order_by("lot__brand", "requirement__volume_kg"):
        bundles.setdefault(bundle, []).append(tuple(told))
    published = MatchingRound.objects.get(state="PUBLISHED", matches_found__gt=0)
    return {
        "bundles": sorted(map(tuple, bundles.values())),
        "lots": sorted(Lot.objects.values_list("brand", "reserved_kg", "sold_kg", "state")),
        "result": published.matches_found,
        "opened": published.proposals_opened,
    }


def no_bundle_is_half_published() -> bool:
    """Of each bundle of each round every match has a proposal, or none has."""
    grouped = Match.objects.values("round", "bundle").annotate(
        all=Count("pk"), opened=Count("proposal")
    )
    return all(row["opened"] in (0, row["all"]) for row in grouped)


@attack("B1")
def test_a_worker_killed_at_any_point_of_a_round(
    emptied: Callable[[], None], tmp_path: Path, figures: Figures
) -> None:
    log = tmp_path / "moments"
    a_market()
    with processes.running(DOOM="round:0", DOOM_MOMENTS=str(log)) as worker:
        processes.wait_for(nothing_waits, seconds=60, worker=worker)
    undisturbed, moments = outcome(), log.read_text().splitlines()
    # The moments of the round that published; later rounds find nothing new.
    last = next(place for place, line in enumerate(moments) if line.endswith("finished"))
    count, slowest = last + 1, 0.0
    for point in range(POINTS):
        at = 1 + point * (count - 1) // max(POINTS - 1, 1)
        emptied()
        a_market()
        with processes.running(DOOM=f"round:{at}") as doomed:
            # The last moments of a round are one more or less: who survives is killed at its end.
            processes.wait_for(lambda: not doomed.is_running or nothing_waits(), seconds=60)
            doomed.kill()
        assert no_bundle_is_half_published(), moments[at - 1]
        died = time.monotonic()
        with processes.running() as second:
            processes.wait_for(nothing_waits, seconds=RECOVERY_SECONDS, worker=second)
        slowest = max(slowest, time.monotonic() - died)
        assert outcome() == undisturbed, moments[at - 1]
        sound()
    figures.say(
        f"SIGKILL of the worker's whole process group at {POINTS} of {count} moments of a round "
        "(claimed, each SQL statement, before and after each commit, before, in and after solving)",
        f"{POINTS} of {POINTS} end as the undisturbed round, no bundle half-published",
        f"slowest recovery {slowest:.0f} s with a new worker's start (lease 3 s)",
    )


@attack("B2")
def test_a_job_that_kills_its_worker_stops_after_eight(
    world: World, client: Client, figures: Figures
) -> None:
    """Whatever mail the buyer gets kills the worker; rounds go on in between."""
    deaths, kills = 0, times(1, outbox.MAX_ATTEMPTS)
    tell_something(world)
    killer = OutboxRow.objects.get(
        task="marketplace.tasks.send_notices", argument=world.buyer.user.pk
    )
    OutboxRow.objects.filter(pk=killer.pk).update(attempts=outbox.MAX_ATTEMPTS - kills)
    environment = {"DOOM": f"mail:{world.buyer.user.email}", "OUTBOX_LEASE_SECONDS": "1"}

    def dead() -> bool:
        return OutboxRow.objects.filter(pk=killer.pk, dead_at__isnull=False).exists()

    while not dead():
        world.requirement(volume_t="1")
        with processes.running(environment=environment) as worker:
            processes.wait_for(lambda: dead() or not worker.is_running, seconds=60)
            deaths += not worker.is_running
            if dead():
                processes.wait_for(nothing_waits, seconds=60, worker=worker)
    assert deaths == kills
    client.force_login(made.admin(now=timezone.now(), may_all=True))
    shown = client.get("/admin/marketplace/outboxrow/?state=dead").content.decode()
    assert "send_notices" in shown
    rounds = OutboxRow.objects.filter(task=outbox.ROUND)
    slowest = max(row.done_at - row.created_at for row in rounds if row.done_at)
    assert slowest.total_seconds() < 60
    figures.say(
        f"sending one user's mail kills the worker, which is started anew: {kills} of 8 attempts",
        f"{deaths} deaths, then the row is dead and shown in the admin",
        f"rounds asked for meanwhile: {rounds.count()}, slowest done after {slowest.seconds} s",
    )


def tell_something(world: World) -> None:
    with transaction.atomic():
        notifications.tell(
            organisations=[world.buyer.organisation.pk],
            event=Event.MARKET_PAUSED,
            key="something",
            params={},
            now=timezone.now(),
        )

"""Rounds at set times, and rounds that an admin asks for."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from marketplace.domain.errors import NotAllowed
from marketplace.models import OutboxRow, Proposal
from marketplace.services import market
from matching import requests, services
from matching.models import MatchingRound, RoundPlan
from tests.integration.matching.conftest import NOON, Clock, World

pytestmark = pytest.mark.django_db(transaction=True)

State = MatchingRound.State


def set_times(form: str, zone: str = "UTC") -> None:
    settings = market.settings()
    settings.round_schedule, settings.time_zone = form, zone
    settings.save()


def test_at_set_times_changes_wait_and_the_time_counts_once(world: World, clock: Clock) -> None:
    set_times("0 14 * * *", "Africa/Lagos")  # 13:00 UTC all year
    world.lot()
    world.requirement()
    row = requests.waiting().order_by("pk").first()
    assert row is not None

    assert services.run_on_change(row_id=row.pk, clock=clock) is None
    services.run_scheduled(clock=clock)
    assert not MatchingRound.objects.exists()
    row.refresh_from_db()
    assert row.due_at == NOON + timedelta(hours=1)

    clock.forward(hours=1, seconds=20)
    services.run_scheduled(clock=clock)
    services.run_scheduled(clock=clock)

    ran = MatchingRound.objects.get()
    assert (ran.trigger, ran.scheduled_for) == ("SCHEDULE", NOON + timedelta(hours=1))
    assert RoundPlan.objects.get().next_at == NOON + timedelta(hours=25)
    assert Proposal.objects.count() == 1


def test_two_beats_start_one_round_at_a_set_time(world: World, clock: Clock) -> None:
    set_times("0 13 * * *")
    services.run_scheduled(clock=clock)
    clock.forward(hours=1)
    barrier = threading.Barrier(3)

    def beating() -> None:
        barrier.wait()
        try:
            services.run_scheduled(clock=clock)
        finally:
            connection.close()

    threads = [threading.Thread(target=beating) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert MatchingRound.objects.count() == 1


def test_an_admin_runs_a_round_also_where_set_times_are_configured(
    world: World, clock: Clock
) -> None:
    set_times("0 14 * * *")
    world.lot()
    world.requirement()

    services.request_now(by=world.admin, now=clock())
    row = OutboxRow.objects.get(task=requests.NOW)
    services.run_now(row_id=row.pk, clock=clock)
    services.run_now(row_id=row.pk, clock=clock)

    assert MatchingRound.objects.get().trigger == "ADMIN"
    assert Proposal.objects.count() == 1


def test_only_admins_ask_for_a_round(world: World, clock: Clock) -> None:
    with pytest.raises(NotAllowed):
        services.request_now(by=world.buyer.user, now=clock())

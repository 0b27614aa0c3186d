"""Matching rounds: when one runs, from the claim to the published proposals.

A round takes a while, so these take a ``clock`` where others take ``now``. No database connection
is held while the engine works.
"""

import logging
from datetime import datetime, timedelta
from decimal import Decimal

from django import conf
from django.db import connection, transaction

from marketplace.domain.errors import NotAllowed
from marketplace.models import MarketSettings, OutboxRow, User
from marketplace.services import market, outbox
from matching import claims, engine, publish, requests, schedule, snapshots
from matching.claims import Busy, Claim, Clock
from matching.models import MatchingRound

logger = logging.getLogger(__name__)

PAUSE_CHECK = timedelta(seconds=30)

Trigger = MatchingRound.Trigger
# What this process solved last, so that it solves again only what a change can influence.
_memory = engine.Memory()


def run_on_change(*, row_id: int | None, clock: Clock) -> timedelta | None:
    """Run a round if something waits for one and its time has come.

    Returns how long to wait before asking again, None when nothing is left to ask for. The outbox's
    sweep asks anyway, so an answer that gets lost costs seconds, not a round.
    """
    settings, now = market.settings(), clock()
    if _stands_still(settings, row_id, now):
        return None
    if settings.round_schedule:
        requests.postpone(row_id, until=schedule.next_at(settings, now))
        return None
    early = _time_until_next(settings, now)
    if early > timedelta(0):
        return early if requests.waiting().exists() else None
    return _start(Trigger.CHANGE, row_id=row_id, clock=clock)


def request_now(*, by: User, now: datetime) -> OutboxRow:
    """An admin asks for a round at once, also where rounds run at set times."""
    if not by.is_staff:
        raise NotAllowed
    with transaction.atomic():
        return outbox.add(task=requests.NOW, now=now)


def run_now(*, row_id: int | None, clock: Clock) -> timedelta | None:
    """Run the round that an admin asked for; see ``run_on_change`` for what is returned."""
    if not requests.waiting().filter(pk__in=[row_id]).exists():
        return None
    if _stands_still(market.settings(), row_id, clock()):
        return None
    return _start(Trigger.ADMIN, row_id=row_id, clock=clock)


def run_scheduled(*, clock: Clock) -> None:
    """Run the round whose set time has come, once however often asked; rescue a lost one."""
    settings, now = market.settings(), clock()
    with transaction.atomic():
        held = claims.claim(trigger=None, now=now)
        if held is None and settings.round_schedule and not market.rounds_paused(settings):
            held = _claim_set_time(settings, now)
    if isinstance(held, Claim):
        run(held, clock=clock)


def run(held: Claim, *, clock: Clock) -> MatchingRound:
    """Solve, prove and publish a claimed round. What is not proven is not published."""
    try:
        with claims.kept(held, clock=clock):
            if held.resume or _solve(held, clock=clock):
                publish.publish(held, clock=clock)
    except claims.LostRound:
        logger.warning("round %s: lost to another worker", held.round_id)
    except Exception:
        claims.release(held, now=clock())
        raise
    return MatchingRound.objects.get(pk=held.round_id)


def _stands_still(settings: MarketSettings, row_id: int | None, now: datetime) -> bool:
    """While an admin has paused it no round starts: the request asks again; resuming rings as well.

    A round that is at work already is finished.
    """
    if not market.rounds_paused(settings):
        return False
    requests.postpone(row_id, until=now + PAUSE_CHECK)
    return True


def _time_until_next(settings: MarketSettings, now: datetime) -> timedelta:
    latest = MatchingRound.objects.order_by("-started_at").values_list("started_at", flat=True)
    started = latest.first()
    if started is None:
        return timedelta(0)
    return started + timedelta(seconds=settings.round_gap_seconds) - now


def _claim_set_time(settings: MarketSettings, now: datetime) -> Claim | Busy | None:
    due = schedule.take_due(settings, now)
    if due is None:
        return None
    held = claims.claim(trigger=Trigger.SCHEDULE, now=now, scheduled_for=due)
    if not isinstance(held, Claim):
        # The set time stays due until its round has started.
        transaction.set_rollback(True)
    return held


def _start(trigger: MatchingRound.Trigger, *, row_id: int | None, clock: Clock) -> timedelta | None:
    now = clock()
    with transaction.atomic():
        held = claims.claim(trigger=trigger, now=now)
    if held is None:
        return None
    if isinstance(held, Busy):
        # The round at work rings for what it leaves; its row sleeps until that round must be over.
        requests.postpone(row_id, until=held.until)
        return None
    run(held, clock=clock)
    return timedelta(seconds=market.settings().round_gap_seconds) if _more_wait() else None


def _more_wait() -> bool:
    """Whether requests wait that this round did not see; failed ones ask again by themselves."""
    return requests.waiting().filter(last_error="").exists()


def _solve(held: Claim, *, clock: Clock) -> bool:
    """Take the snapshot, solve, prove and store. False when nothing may be published."""
    snapshot = snapshots.take(now=clock())
    publish.begin(held, snapshot)
    connection.close()
    started = clock()
    try:
        result = engine.solve(
            snapshot.market, workers=conf.settings.MATCHING_THREADS, memory=_memory
        )
        verdict = engine.verify(snapshot.market, result)
    except Exception as error:
        logger.exception("round %s: the engine failed", held.round_id)
        publish.close_failed(held, snapshot, why=f"{type(error).__name__}: {error}", now=clock())
        return False
    if not verdict.ok:
        logger.error("round %s: refused by verification, nothing published", held.round_id)
        publish.close_refused(held, snapshot, why="; ".join(verdict.problems), now=clock())
        return False
    reasons = engine.explain(snapshot.market, result, most=engine.EXPLAINED)
    seconds = Decimal(str((clock() - started).total_seconds()))
    publish.store(held, publish.Solved(snapshot, result, verdict, reasons, seconds))
    return True

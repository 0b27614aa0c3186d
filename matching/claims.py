"""Who owns the round at work: the lease, its renewal, the takeover, and the fence for writing.

One row of MatchingRound at most is RUNNING or SOLVED (a database constraint). Its owner holds it
until ``lease_until``; (pk, attempt) is the fence that every write of the owner passes.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, IntegrityError, connection, transaction

from marketplace.services import outbox
from matching import requests
from matching.models import MatchingRound

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 8
AT_WORK = (MatchingRound.State.RUNNING, MatchingRound.State.SOLVED)

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Claim:
    """A round that is ours. ``resume``: it is solved already and only waits to be published."""

    round_id: int
    attempt: int
    resume: bool = False


@dataclass(frozen=True)
class Busy:
    """Somebody else's round is at work; worth asking again at ``until``."""

    until: datetime


class LostRound(Exception):
    """The lease ran out and somebody else took the round over: stop, write nothing."""


def lease() -> timedelta:
    return timedelta(seconds=settings.ROUND_LEASE_SECONDS)


def claim(
    *,
    trigger: MatchingRound.Trigger | None,
    now: datetime,
    scheduled_for: datetime | None = None,
) -> Claim | Busy | None:
    """Take over the round whose owner is gone, else start one. Call it within a transaction.

    Without a trigger, or for a change that nothing waits for any more, only a takeover is done.
    """
    active = MatchingRound.objects.select_for_update(no_key=True).filter(state__in=AT_WORK).first()
    if active is not None:
        if active.lease_until > now:
            return Busy(active.lease_until)
        if taken := _take_over(active, now):
            return taken
    nobody_waits = trigger == MatchingRound.Trigger.CHANGE and not requests.waiting().exists()
    if trigger is None or nobody_waits:
        return None
    return _start(MatchingRound(trigger=trigger, scheduled_for=scheduled_for), now)


def _start(new: MatchingRound, now: datetime) -> Claim | Busy:
    new.started_at, new.lease_until = now, now + lease()
    try:
        with transaction.atomic():
            new.save(force_insert=True)
    except IntegrityError:
        return Busy(now + lease())
    return Claim(new.pk, new.attempt)


def _take_over(active: MatchingRound, now: datetime) -> Claim | Busy | None:
    """Publish a solved round further, run another one anew; None after too many lost workers."""
    why = f"Its worker was lost, attempt {active.attempt} of {MAX_ATTEMPTS}."
    logger.error("round %s: %s", active.pk, why)
    if active.attempt >= MAX_ATTEMPTS:
        _close(active, MatchingRound.State.FAILED, why, now)
        requests.give_up(asked_before=active.started_at, now=now, why=why)
        return None
    if active.state == MatchingRound.State.SOLVED:
        active.attempt += 1
        active.lease_until = now + lease()
        active.save(update_fields=["attempt", "lease_until"])
        return Claim(active.pk, active.attempt, resume=True)
    _close(active, MatchingRound.State.ABANDONED, why, now)
    again = MatchingRound(
        trigger=active.trigger, scheduled_for=active.scheduled_for, attempt=active.attempt + 1
    )
    return _start(again, now)


def _close(lost: MatchingRound, state: MatchingRound.State, why: str, now: datetime) -> None:
    lost.state, lost.detail, lost.finished_at = state, why, now
    lost.save(update_fields=["state", "detail", "finished_at"])


def fenced(held: Claim, *, state: MatchingRound.State) -> MatchingRound:
    """Our round, locked until the transaction ends. LostRound if it is not ours any more."""
    found = (
        MatchingRound.objects.select_for_update(no_key=True)
        .filter(pk=held.round_id, attempt=held.attempt, state=state)
        .first()
    )
    if found is None:
        raise LostRound(f"round {held.round_id} was taken over")
    return found


def renew(held: Claim, *, now: datetime) -> bool:
    """Hold the round for another lease; False when it is not ours any more."""
    return bool(
        MatchingRound.objects.filter(
            pk=held.round_id, attempt=held.attempt, state__in=AT_WORK
        ).update(lease_until=now + lease())
    )


def release(held: Claim, *, now: datetime) -> None:
    """Let go of a round that could not be finished. The next to ask takes it over after a pause,
    longer each time: what broke it, such as a database that restarts, may last.
    """
    pause = min(outbox.wait_after(held.attempt), lease())
    MatchingRound.objects.filter(pk=held.round_id, attempt=held.attempt, state__in=AT_WORK).update(
        lease_until=now + pause
    )


@contextmanager
def kept(held: Claim, *, clock: Clock) -> Iterator[None]:
    """Renew the lease from a thread while the body runs; it takes a connection only to write."""
    stop = threading.Event()

    def renewing() -> None:
        while not stop.wait(lease().total_seconds() / 4):
            try:
                renew(held, now=clock())
            except DatabaseError:
                logger.warning("round %s: lease not renewed", held.round_id, exc_info=True)
            finally:
                connection.close()

    keeper = threading.Thread(target=renewing, name="round-lease", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        stop.set()
        keeper.join()

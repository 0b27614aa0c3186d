"""What the engine said -> database rows, and firm proposals from them: the only place.

First everything is stored in one transaction (the round is SOLVED then and survives its worker).
After that whole bundles become proposals in short transactions, each behind the fence of the
round's owner.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from functools import partial

from django.db import transaction

from marketplace.domain.webhooks import EventType
from marketplace.services import events, proposals, retries
from marketplace.services.events import Happened
from matching import claims, engine, premiums, requests
from matching.claims import Claim, Clock
from matching.models import Match, MatchingRound, Shortfall
from matching.snapshots import Snapshot

MAX_PROPOSALS = 1_000
CENT = Decimal("0.01")
State = MatchingRound.State


@dataclass(frozen=True)
class Solved:
    """One proven result with its reasons; ``seconds`` is the engine's own time."""

    snapshot: Snapshot
    result: engine.Result
    verdict: engine.Verdict
    reasons: Sequence[engine.Reason]
    seconds: Decimal


def begin(held: Claim, snapshot: Snapshot) -> None:
    """Write down what the round looks at, before the engine works on it."""
    with transaction.atomic():
        current = claims.fenced(held, state=State.RUNNING)
        current.snapshot_at = snapshot.taken_at
        current.requests = list(snapshot.requests)
        current.lots = len(snapshot.lots)
        current.requirements = len(snapshot.requirements)
        current.engine_version = engine.ENGINE_VERSION
        current.save()
        requests.begun(snapshot.requests, now=snapshot.taken_at)


def close_failed(held: Claim, snapshot: Snapshot, *, why: str, now: datetime) -> None:
    _close(held, snapshot, state=State.FAILED, why=why, now=now)


def close_refused(held: Claim, snapshot: Snapshot, *, why: str, now: datetime) -> None:
    _close(held, snapshot, state=State.REFUSED, why=why, now=now)


def _close(held: Claim, snapshot: Snapshot, *, state: State, why: str, now: datetime) -> None:
    with transaction.atomic():
        current = claims.fenced(held, state=State.RUNNING)
        current.state, current.detail, current.finished_at = state, why, now
        current.save()
        requests.failed(snapshot.requests, why=f"round {held.round_id}: {state.label}", now=now)


def store(held: Claim, solved: Solved) -> None:
    """Keep the proven result: totals, matches and reasons, in one transaction."""
    with transaction.atomic():
        current = claims.fenced(held, state=State.RUNNING)
        _copy_totals(current, solved)
        current.state = State.SOLVED
        current.save()
        premiums.keep(current, solved.snapshot.market, solved.result)
        Match.objects.bulk_create(_matches(current, solved), batch_size=1_000)
        Shortfall.objects.bulk_create(_shortfalls(current, solved), batch_size=1_000)


def publish(held: Claim, *, clock: Clock) -> None:
    """Open the proposals of a solved round, bundle by bundle; may be called again after a crash."""
    while retries.repeated(partial(_publish_some, held, clock)):
        pass


def _publish_some(held: Claim, clock: Clock) -> bool:
    """One transaction: the next whole bundles, or the end of the round. False at the end."""
    with transaction.atomic():
        now = clock()
        current = claims.fenced(held, state=State.SOLVED)
        bundles = _next_bundles(current)
        if not bundles:
            _finish(current, now)
            return False
        opened = proposals.open_bundles(
            round_number=current.pk,
            engine_version=current.engine_version,
            bundles=[[_member(match) for match in bundle] for bundle in bundles],
            now=now,
        )
        _note([match for bundle in bundles for match in bundle], opened)
    return True


def _finish(current: MatchingRound, now: datetime) -> None:
    current.state, current.finished_at = State.PUBLISHED, now
    current.proposals_opened = current.matches.filter(proposal__isnull=False).count()
    current.save(update_fields=["state", "finished_at", "proposals_opened"])
    requests.done(current.requests, now=now)
    # Which rounds there were is no secret: every participant may read that.
    finished = Happened(
        event=EventType.ROUND_FINISHED,
        organisations=None,
        of=current.public_id,
        key=f"round.finished:{current.pk}",
        more={"number": str(current.pk)},
    )
    events.record([finished], now=now)


def _next_bundles(current: MatchingRound) -> list[list[Match]]:
    """Whole bundles still to publish, at most MAX_PROPOSALS matches unless one bundle is larger."""
    waiting = Match.objects.filter(
        round=current, proposal__isnull=True, dropped_because=""
    ).order_by("bundle", "pk")
    taken = list(waiting[:MAX_PROPOSALS])
    if len(taken) == MAX_PROPOSALS:
        cut, first = taken[-1].bundle, taken[0].bundle
        whole = [match for match in taken if match.bundle != cut]
        taken = whole or list(waiting.filter(bundle=first))
    bundles: dict[int, list[Match]] = {}
    for match in taken:
        bundles.setdefault(match.bundle, []).append(match)
    return list(bundles.values())


def _member(match: Match) -> proposals.BundleMember:
    return proposals.BundleMember(
        lot_id=match.lot_id,
        requirement_id=match.requirement_id,
        quantity_kg=match.quantity_kg,
        lot_version=match.lot_version,
        requirement_version=match.requirement_version,
        ci_milli=match.ci_milli,
        premium_usd_e4=match.ask_e4,
        fx_usd_per_unit=match.fx_usd_per_unit,
        fx_date=match.fx_date,
    )


def _note(matches: Sequence[Match], opened: Sequence[proposals.Opened]) -> None:
    """Remember beside each match the proposal it became, or why it did not become one."""
    answers = {(answer.lot_id, answer.requirement_id): answer for answer in opened}
    for match in matches:
        answer = answers[match.lot_id, match.requirement_id]
        match.proposal_id = answer.proposal_id
        if answer.proposal_id is None:
            match.dropped_because = answer.dropped_because[:40] or "DROPPED"
    Match.objects.bulk_update(matches, ["proposal", "dropped_because"], batch_size=500)


def _copy_totals(current: MatchingRound, solved: Solved) -> None:
    result = solved.result
    current.inputs_sha256 = result.inputs_sha256
    current.result_sha256 = result.result_sha256
    current.compatible_pairs = result.compatible_pairs
    current.segments = result.segments
    current.matches_found = len(result.matches)
    current.matched_kg = sum(match.quantity_kg for match in result.matches)
    current.surplus_usd = (Decimal(result.total_surplus_e7) / 10**7).quantize(CENT)
    current.optimal = result.optimal
    current.gap = result.gap.quantize(Decimal("1e-9"), ROUND_CEILING)
    current.verified = solved.verdict.ok
    current.seconds = solved.seconds


def _matches(current: MatchingRound, solved: Solved) -> Iterator[Match]:
    """The engine's matches; what only holds together shares a bundle."""
    bundles: dict[tuple[int, int | None], int] = {}
    for found in solved.result.matches:
        lot = solved.snapshot.lots[found.lot]
        wanted = solved.snapshot.requirements[found.requirement]
        together = (wanted.pk, None if wanted.whole else lot.pk)
        yield Match(
            round=current,
            lot_id=lot.pk,
            requirement_id=wanted.pk,
            quantity_kg=found.quantity_kg,
            ci_milli=found.ci_milli,
            ask_e4=found.ask_e4,
            surplus_e7=found.surplus_e7,
            fx_usd_per_unit=lot.fx_usd_per_unit,
            fx_date=lot.fx_date,
            lot_version=lot.version,
            requirement_version=wanted.version,
            bundle=bundles.setdefault(together, len(bundles)),
        )


def _shortfalls(current: MatchingRound, solved: Solved) -> Iterator[Shortfall]:
    for found in solved.reasons:
        lot = solved.snapshot.lots.get(found.key) if found.is_lot else None
        wanted = None if found.is_lot else solved.snapshot.requirements[found.key]
        yield Shortfall(
            round=current,
            lot_id=lot.pk if lot else None,
            requirement_id=wanted.pk if wanted else None,
            open_kg=found.open_kg,
            reason=found.reason,
            failing_first=dict(found.failing_first),
        )

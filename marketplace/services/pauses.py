"""Pausing matching or trading, for the market or for one organisation, and going on.

A pause of trading refuses new lots, requirements, edits and acceptances, and stops the clock of
open proposals; withdrawing, declining and fulfilling deals stay possible.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from marketplace.domain.errors import Conflict, FieldError, InvalidInput, NotFound, gettext_noop
from marketplace.domain.vocabulary import Event, ProposalState
from marketplace.models import MarketSettings, Organisation, Proposal, User
from marketplace.services import (
    authority,
    clocks,
    locks,
    market,
    notifications,
    outbox,
    reading,
)
from marketplace.services.constraints import one_transaction

Row = MarketSettings | Organisation

NOTHING_NAMED = gettext_noop("Say what: matching, trading, or both.")
PAUSED_ALREADY = gettext_noop("This is paused already.")
NOT_PAUSED = gettext_noop("This is not paused.")


@dataclass(frozen=True)
class What:
    """``organisation`` None: the whole market."""

    matching: bool = False
    trading: bool = False
    organisation: UUID | None = None

    def columns(self) -> list[str]:
        named = (("matching_paused_at", self.matching), ("trading_paused_at", self.trading))
        found = [column for column, wanted in named if wanted]
        if not found:
            raise InvalidInput([FieldError("what", "", "required", NOTHING_NAMED)])
        return found


@one_transaction
def pause(*, what: What, by: User, reason: str, now: datetime) -> None:
    """From now on. What is at work goes on to its end: a round, an acceptance under lock."""
    reason, columns = reading.reason(reason), what.columns()
    row = _locked(what, by)
    if all(getattr(row, column) is not None for column in columns):
        raise Conflict(PAUSED_ALREADY)
    for column in columns:
        if getattr(row, column) is None:
            setattr(row, column, now)
    row.paused_reason = reason
    row.save(update_fields=[*columns, "paused_reason"])
    _tell(what, row, "PAUSED", reason, now)
    if what.organisation is not None:
        # A round at work drops what it matched of them: the other side is matched anew.
        outbox.request_round(now=now)


@one_transaction
def resume(*, what: What, by: User, now: datetime) -> None:
    """Go on, with the time that open proposals lost; a round looks at what changed meanwhile."""
    columns = what.columns()
    row = _locked(what, by)
    since = row.trading_paused_at if what.trading else None
    if all(getattr(row, column) is None for column in columns):
        raise Conflict(NOT_PAUSED)
    for column in columns:
        setattr(row, column, None)
    if row.matching_paused_at is None and row.trading_paused_at is None:
        row.paused_reason = ""
    row.save(update_fields=[*columns, "paused_reason"])
    if since is not None:
        _give_time_back(row, since, now)
    _tell(what, row, "RESUMED", "", now)
    outbox.request_round(now=now)


def _locked(what: What, by: User) -> Row:
    if what.organisation is None:
        authority.admin(by)
        return MarketSettings.objects.select_for_update(no_key=True).get(pk=market.settings().pk)
    found = Organisation.objects.filter(public_id=what.organisation).first()
    if found is None:
        raise NotFound
    authority.impartial_admin(by, found)
    return locks.organisations([found.pk])[found.pk]


def _give_time_back(row: Row, since: datetime, now: datetime) -> None:
    opened = Proposal.objects.filter(state=ProposalState.PROPOSED.value)
    if isinstance(row, Organisation):
        of_it = Q(lot__organisation=row) | Q(requirement__organisation=row)
        opened = opened.filter(bundle__in=opened.filter(of_it).values("bundle"))
    held = locks.proposals(opened.values_list("pk", flat=True))
    still = [pk for pk, one in held.items() if one.state == ProposalState.PROPOSED.value]
    clocks.give_time_back(still, since=since, now=now)


def _tell(what: What, row: Row, verb: str, why: str, now: datetime) -> None:
    """The organisation's people, or everybody's."""
    one = isinstance(row, Organisation)
    told = [row.pk] if one else list(Organisation.objects.values_list("pk", flat=True))
    scope = f"organisation:{row.pk}" if one else "market"
    named = [("TRADING", what.trading), ("MATCHING", what.matching)]
    notifications.tell_many(
        [
            notifications.Notice(
                organisations=told,
                event=Event.MARKET_PAUSED,
                key=f"{scope}:{name.lower()}.{verb.lower()}:{now.isoformat()}",
                params={"what": f"{name}_{verb}", "why": why},
                path="/dashboard",
            )
            for name, wanted in named
            if wanted
        ],
        now=now,
    )

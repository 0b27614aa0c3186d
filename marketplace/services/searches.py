"""Saved searches: kept, looked at, and telling of new lots. What was told is in the database.

A lot is told of once in each of its versions, whatever runs twice or dies: a hit is noted and
told of in one transaction, under the lock of its search.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from marketplace.domain.errors import (
    Conflict,
    FieldError,
    InvalidInput,
    NotAllowed,
    NotFound,
    gettext_noop,
)
from marketplace.domain.fields import Reader, has_control
from marketplace.domain.names import comparable
from marketplace.domain.vocabulary import Event
from marketplace.models import Lot, SavedSearch, SearchHit
from marketplace.models.actors import Actor
from marketplace.selectors import searches
from marketplace.services import authority, locks, notifications, outbox
from marketplace.services.constraints import one_transaction

FIND = "marketplace.tasks.find_lots"
BETWEEN_NOTICES = timedelta(hours=1)
LONGEST_NAME, LONGEST_VALUE = 60, 100
TOO_MANY = gettext_noop("An organisation keeps {most} searches at most: delete one first.")
NOT_A_FILTER = gettext_noop("The list cannot be narrowed by this.")


@one_transaction
def save(*, by: Actor, name: str, raw: Mapping[str, object], now: datetime) -> SavedSearch:
    """Keep the filter in ``raw`` under a name. What it finds today is known, and no news.

    Raises InvalidInput for a name that is missing or taken and for what is no filter, Conflict
    when there are too many.
    """
    _refuse_others(by)
    row = Reader({"name": name})
    name = row.text("name", limit=LONGEST_NAME, required=True)
    row.finish()
    query = _checked(searches.narrowing(raw))
    # Two of them at once would both count the same.
    locks.organisations([by.organisation.pk])
    if searches.own(by).count() >= searches.MOST:
        raise Conflict(TOO_MANY, most=str(searches.MOST))
    search = SavedSearch.objects.create(
        organisation=by.organisation,
        name=name,
        name_key=comparable(name)[:LONGEST_NAME],
        query=query,
        created_at=now,
        seen_at=now,
    )
    _note(search, now, told_at=now)
    return search


@one_transaction
def look(*, by: Actor, public_id: UUID, now: datetime) -> SavedSearch:
    """Somebody of the organisation looks: all that it finds now is seen. Raises NotFound."""
    search = _locked(searches.own_one(by, public_id).pk)
    if search is None:
        raise NotFound
    _note(search, now, told_at=now)
    search.hits.filter(told_at__isnull=True).update(told_at=now)
    search.seen_at = now
    search.save(update_fields=["seen_at"])
    return search


@one_transaction
def delete(*, by: Actor, public_id: UUID) -> None:
    authority.trader(by)
    searches.own_one(by, public_id).delete()


def ask(*, now: datetime) -> None:
    """A lot is new or changed: have the searches look, if there are any; the sweep brings it."""
    if SavedSearch.objects.exists():
        outbox.add_unless_waiting(task=FIND, rings=False, now=now)


def carry_over(*, lot: Lot, version: int) -> None:
    """The lot is what it was in that version, but for what its producer calls it: no news."""
    SearchHit.objects.filter(lot=lot, lot_version=version).update(lot_version=lot.version)


def find(*, now: datetime) -> int:
    """Every search looks; how many told of something.

    Each in a transaction of its own; to be repeated at will.
    """
    keys = SavedSearch.objects.order_by("pk").values_list("pk", flat=True)
    return sum(_evaluate(search_id=key, now=now) for key in list(keys))


@one_transaction
def _evaluate(*, search_id: int, now: datetime) -> bool:
    """Note what is new, and tell of it unless the last notice is too recent: then a later sweep
    does.
    """
    search = _locked(search_id)
    if search is None:
        return False
    _note(search, now, told_at=None)
    if search.told_at is not None and now - search.told_at < BETWEEN_NOTICES:
        return False
    waiting = list(searches.untold(search, now.date()).values_list("pk", flat=True))
    if not waiting:
        return False
    search.hits.filter(pk__in=waiting).update(told_at=now)
    search.told_at, search.notices = now, search.notices + 1
    search.save(update_fields=["told_at", "notices"])
    notifications.tell(
        organisations=[search.organisation_id],
        event=Event.LOTS_FOUND,
        key=f"lots.found:{search.pk}:{search.notices}",
        params={"name": search.name, "count": str(len(waiting))},
        path=f"/searches/{search.public_id}",
        now=now,
    )
    return True


def _note(search: SavedSearch, now: datetime, *, told_at: datetime | None) -> None:
    rows = searches.unknown(search, now.date())
    SearchHit.objects.bulk_create(
        (
            SearchHit(search=search, lot_id=pk, lot_version=version, found_at=now, told_at=told_at)
            for pk, version in rows.order_by("pk").values_list("pk", "version")
        ),
        ignore_conflicts=True,
    )


def _locked(pk: int) -> SavedSearch | None:
    """None: deleted meanwhile."""
    rows = SavedSearch.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("organisation").filter(pk=pk).first()


def _refuse_others(by: Actor) -> None:
    """Buyers whose organisation trades; a pause of trading keeps nobody from looking."""
    authority.trader(by)
    if not by.organisation.is_buyer:
        raise NotAllowed(authority.NO_BUYER)
    if not by.organisation.trades:
        raise NotAllowed(authority.UNVERIFIED)


def _checked(query: dict[str, str]) -> dict[str, str]:
    """InvalidInput naming each value that the list cannot be narrowed by."""
    wrong = set(searches.filter_form(query).errors)
    wrong |= {
        name for name, text in query.items() if len(text) > LONGEST_VALUE or has_control(text)
    }
    if wrong:
        raise InvalidInput(
            [
                FieldError(name, query.get(name, "")[:40], "no_filter", NOT_A_FILTER)
                for name in sorted(wrong)
            ]
        )
    return query

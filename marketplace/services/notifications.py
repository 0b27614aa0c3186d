"""Telling people what happened: on the site in the transaction that did it, by e-mail after it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from marketplace.domain.errors import FieldError, InvalidInput, gettext_noop
from marketplace.domain.vocabulary import Event, NoticeMode
from marketplace.models import Membership, Notification, NotificationChoice, User
from marketplace.selectors import notices as words
from marketplace.selectors import notifications
from marketplace.services import mails
from marketplace.services.constraints import one_transaction

Choices = Mapping[tuple[int, str], str]
UNKNOWN = gettext_noop("Choose one of these.")


@dataclass(frozen=True)
class Notice:
    """One event for the members of some organisations; ``key`` names what happened, for ever.

    ``params`` fill the event's sentence (``selectors.notices.PARAMS`` lists them; others are not
    kept) and hold only what each of these readers may see: sides that differ get a notice each.
    """

    organisations: Collection[int]
    event: Event
    key: str
    params: Mapping[str, str]
    path: str = ""
    # Of the members only these users; everybody where it is None.
    readers: Collection[int] | None = None


def tell(
    *,
    organisations: Iterable[int],
    event: Event,
    key: str,
    params: Mapping[str, str],
    path: str = "",
    now: datetime,
) -> None:
    """Tell every active member of the organisations, each once. In the caller's transaction."""
    tell_many([Notice(frozenset(organisations), event, key, params, path)], now=now)


def tell_many(notices: Sequence[Notice], *, now: datetime) -> None:
    """Tell many things in a fixed number of queries. In the transaction of what happened.

    A user hears of a key once, whatever runs twice; what is wanted at once waits for one e-mail.
    """
    members = _members({pk for notice in notices for pk in notice.organisations})
    users = {user for known in members.values() for user in known}
    choices = _choices(users, {notice.event.value for notice in notices})
    rows = [
        _row(notice, user, organisation, choices, now)
        for notice in notices
        for organisation in sorted(notice.organisations)
        for user in members.get(organisation, ())
        if notice.readers is None or user in notice.readers
    ]
    # Sorted, so that two transactions that tell the same never wait for each other crosswise.
    rows.sort(key=lambda row: (row.user_id, row.key))
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    mails.ask({row.user_id for row in rows if row.mode == NoticeMode.NOW.value}, now=now)


@one_transaction
def open_one(*, by: User, public_id: UUID, now: datetime) -> Notification:
    """Mark one of the reader's own notices as read. Raises NotFound."""
    found = notifications.own_one(by, public_id)
    Notification.objects.filter(pk=found.pk, read_at__isnull=True).update(read_at=now)
    return found


@one_transaction
def mark_all_read(*, by: User, now: datetime) -> int:
    return _locked(notifications.unread(by).filter(created_at__lte=now)).update(read_at=now)


@one_transaction
def choose(*, by: User, modes: Mapping[str, object]) -> Mapping[str, str]:
    """How the user wants to hear of each event from now on; what waits for "never" is not sent.

    Raises InvalidInput, naming each event whose choice is not known.
    """
    known = {mode.value for mode in NoticeMode}
    given = {event.value: str(modes.get(event.value, "")) for event in Event}
    wrong = [
        FieldError(event, mode, "unknown", UNKNOWN)
        for event, mode in given.items()
        if mode not in known
    ]
    if wrong:
        raise InvalidInput(wrong)
    NotificationChoice.objects.bulk_create(
        (NotificationChoice(user=by, event=event, mode=given[event]) for event in sorted(given)),
        update_conflicts=True,
        unique_fields=["user", "event"],
        update_fields=["mode"],
    )
    never = [event for event, mode in given.items() if mode == NoticeMode.OFF.value]
    waiting = Notification.objects.filter(user=by, event__in=never, mailed_at__isnull=True)
    _locked(waiting).update(mode=NoticeMode.OFF.value)
    return given


def _locked(rows: QuerySet[Notification]) -> QuerySet[Notification]:
    """Locked by primary key first: statements over many rows would else lock in any order."""
    locked = rows.select_for_update(no_key=True, of=("self",)).order_by("pk")
    return Notification.objects.filter(pk__in=list(locked.values_list("pk", flat=True)))


def _members(organisations: Collection[int]) -> dict[int, list[int]]:
    """Active users of each organisation."""
    found: dict[int, list[int]] = {}
    rows = Membership.objects.filter(organisation__in=organisations, user__is_active=True)
    for organisation, user in rows.order_by("pk").values_list("organisation", "user"):
        found.setdefault(organisation, []).append(user)
    return found


def _choices(users: Collection[int], events: Collection[str]) -> Choices:
    rows = NotificationChoice.objects.filter(user__in=users, event__in=events)
    return {(user, event): mode for user, event, mode in rows.values_list("user", "event", "mode")}


def _row(
    notice: Notice, user: int, organisation: int, choices: Choices, now: datetime
) -> Notification:
    event, kept = notice.event.value, sorted(words.PARAMS[notice.event])
    return Notification(
        user_id=user,
        organisation_id=organisation,
        event=event,
        key=notice.key,
        params={name: notice.params[name] for name in kept if name in notice.params},
        path=notice.path,
        mode=choices.get((user, event), NoticeMode.NOW.value),
        created_at=now,
    )

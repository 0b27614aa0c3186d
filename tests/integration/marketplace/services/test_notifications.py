"""People are told once, as they chose; what they may not see is not even stored."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from marketplace.domain.errors import InvalidInput, NotFound
from marketplace.domain.vocabulary import Event, NoticeMode, Role
from marketplace.models import Notification, NotificationChoice, OutboxRow
from marketplace.selectors import notices, notifications
from marketplace.services import mails, organisations, users
from marketplace.services import notifications as services
from marketplace.services.notifications import Notice
from tests.factories import market as made
from tests.factories.market import Trader

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
PARAMS = {
    "tonnes": "500",
    "product": "BILLET",
    "other": "Buyer 7",
    "until": "2026-11-27T12:00:00+00:00",
}


@pytest.fixture
def mill() -> Trader:
    return made.trader(side="producer", by=made.admin(now=NOW))


def colleague(mill: Trader) -> Trader:
    user = users.create_user(
        email=f"{uuid4()}@mill.example", password="correct horse battery", name="Colleague"
    )
    organisations.add_member(organisation=mill.organisation, user=user, role=Role.VIEWER)
    return Trader(type(mill.actor)(user=user, organisation=mill.organisation, role=Role.VIEWER))


def opened(mill: Trader, number: int = 1) -> Notice:
    key = f"proposal.opened:{number}"
    return Notice([mill.organisation.pk], Event.PROPOSAL_OPENED, key, PARAMS, "/proposals")


def rows() -> list[int | None]:
    waiting = OutboxRow.objects.filter(task=mails.TASKS[NoticeMode.NOW])
    return list(waiting.order_by("argument").values_list("argument", flat=True))


def test_every_active_member_is_told_once_in_words(mill: Trader) -> None:
    other, asleep = colleague(mill), colleague(mill)
    asleep.user.is_active = False
    asleep.user.save()
    for _again in range(2):
        services.tell(
            organisations=[mill.organisation.pk],
            event=Event.PROPOSAL_OPENED,
            key="proposal.opened:1",
            params=PARAMS,
            path="/proposals",
            now=NOW,
        )

    told = Notification.objects.order_by("user")
    assert [one.user for one in told] == sorted([mill.user, other.user], key=lambda user: user.pk)
    assert notices.sentence(told[0]) == (
        "A proposal over 500 t Billet with Buyer 7 waits for your answer until "
        "2026-11-27 12:00 UTC."
    )
    assert {one.mode for one in told} == {NoticeMode.NOW.value}
    assert rows() == sorted([mill.user.pk, other.user.pk])


def test_each_hears_as_they_chose(mill: Trader) -> None:
    quiet, daily = colleague(mill), colleague(mill)
    for trader, mode in ((quiet, NoticeMode.OFF), (daily, NoticeMode.DAILY)):
        modes = {event.value: NoticeMode.NOW.value for event in Event}
        services.choose(by=trader.user, modes={**modes, Event.PROPOSAL_OPENED.value: mode.value})

    services.tell_many([opened(mill)], now=NOW)

    chosen = dict(Notification.objects.values_list("user", "mode"))
    assert chosen == {mill.user.pk: "NOW", quiet.user.pk: "OFF", daily.user.pk: "DAILY"}
    assert rows() == [mill.user.pk]


def count_queries(told: Sequence[Notice]) -> int:
    with CaptureQueriesContext(connection) as seen:
        services.tell_many(told, now=NOW)
    return len(seen)


def test_a_thousand_are_told_in_as_many_queries_as_one(mill: Trader) -> None:
    other = made.trader(side="buyer", by=made.admin(now=NOW))
    colleague(mill)

    one = count_queries([opened(mill, 0)])
    many = count_queries([opened(side, n) for n in range(1, 1001) for side in (mill, other)])

    assert many <= one <= 5
    assert Notification.objects.count() == 2 + 3 * 1000
    assert len(rows()) == 3, "one e-mail for each, however much there is to tell"


def test_nothing_is_told_of_what_did_not_happen(mill: Trader) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        services.tell_many([opened(mill)], now=NOW)
        raise ZeroDivisionError
    assert not Notification.objects.exists()
    assert rows() == []


def test_a_param_that_the_sentence_does_not_know_is_not_kept(mill: Trader) -> None:
    told = Notice(
        [mill.organisation.pk],
        Event.PROPOSAL_ENDED,
        "proposal.ended:1",
        {"how": "EXPIRED", "max_premium": "23.57", "reason": "too dear", "tonnes": "5"},
    )
    services.tell_many([told], now=NOW)

    assert Notification.objects.get().params == {"how": "EXPIRED", "tonnes": "5"}


def test_a_member_of_both_told_organisations_is_told_once(mill: Trader) -> None:
    other = made.trader(side="buyer", by=made.admin(now=NOW))
    organisations.add_member(organisation=other.organisation, user=mill.user, role=Role.VIEWER)
    both = [mill.organisation.pk, other.organisation.pk]

    services.tell_many(
        [Notice(both, Event.MARKET_PAUSED, "market.paused:1", {"what": "TRADING_PAUSED"})],
        now=NOW,
    )

    assert notifications.own(mill.user).count() == 1


def test_reading_one_or_all_of_ones_own(mill: Trader) -> None:
    other = colleague(mill)
    services.tell_many([opened(mill, number) for number in range(3)], now=NOW)
    first = notifications.own(mill.user).first()
    assert first is not None

    with pytest.raises(NotFound):
        services.open_one(by=other.user, public_id=first.public_id, now=NOW)
    services.open_one(by=mill.user, public_id=first.public_id, now=NOW)
    services.open_one(by=mill.user, public_id=first.public_id, now=NOW + timedelta(hours=1))

    first.refresh_from_db()
    assert first.read_at == NOW
    assert notifications.unread(mill.user).count() == 2
    assert services.mark_all_read(by=mill.user, now=NOW) == 2
    assert notifications.unread(mill.user).count() == 0
    assert notifications.unread(other.user).count() == 3


def test_who_left_the_organisation_reads_its_notices_no_more(mill: Trader) -> None:
    services.tell_many([opened(mill)], now=NOW)
    mill.user.memberships.all().delete()

    assert not notifications.own(mill.user).exists()
    assert not notifications.unsent(mill.user, NoticeMode.NOW).exists()


def test_choosing_never_stops_what_still_waits(mill: Trader) -> None:
    services.tell_many([opened(mill)], now=NOW)

    services.choose(by=mill.user, modes={event.value: "OFF" for event in Event})

    assert not notifications.unsent(mill.user, NoticeMode.NOW).exists()
    assert set(notifications.chosen(mill.user).values()) == {"OFF"}
    services.choose(by=mill.user, modes={event.value: "DAILY" for event in Event})
    assert set(notifications.chosen(mill.user).values()) == {"DAILY"}
    assert NotificationChoice.objects.count() == len(Event)


def test_an_unknown_choice_names_its_event_and_saves_nothing(mill: Trader) -> None:
    modes = {event.value: "NOW" for event in Event} | {"DEAL_FLAGGED": "HOURLY"}

    with pytest.raises(InvalidInput) as refused:
        services.choose(by=mill.user, modes=modes)

    assert [(one.field, one.value) for one in refused.value.errors] == [("DEAL_FLAGGED", "HOURLY")]
    assert not NotificationChoice.objects.exists()

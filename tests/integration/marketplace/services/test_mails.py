"""Every notice is in one e-mail, though mail servers refuse and workers die."""

import smtplib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import transaction
from django.utils import timezone

from marketplace import tasks
from marketplace.domain.vocabulary import Event, NoticeMode
from marketplace.models import Notification, OutboxRow
from marketplace.services import bundles, mails, outbox
from marketplace.services import notifications as services
from marketplace.services.notifications import Notice
from tests.factories import market as made
from tests.factories.market import Trader
from tests.factories.offers import member

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SECRET = "23.57"


class Refusing(EmailBackend):
    """A mail server that knows no such mailbox."""

    def send_messages(self, messages: Any) -> int:
        raise smtplib.SMTPRecipientsRefused({messages[0].to[0]: (550, b"no such user")})


class DyingAfterwards(EmailBackend):
    """The server takes the message, then the worker is gone."""

    def send_messages(self, messages: Any) -> int:
        super().send_messages(messages)
        raise SystemExit


@pytest.fixture
def mill() -> Trader:
    return made.trader(side="producer", by=made.admin(now=NOW))


def concluded(mill: Trader, *numbers: int, now: datetime = NOW) -> None:
    told = [
        Notice(
            [mill.organisation.pk],
            Event.DEAL_CONCLUDED,
            f"deal.concluded:{number}",
            {"number": f"GPM-{number}", "tonnes": "500", "other": "Harbour Cable"},
            f"/deals/{number}",
        )
        for number in numbers
    ]
    with transaction.atomic():
        services.tell_many(told, now=now)


def send(mill: Trader, mode: NoticeMode = NoticeMode.NOW) -> int:
    return mails.send_waiting(user_id=mill.user.pk, mode=mode, now=NOW)


def use(settings: Any, backend: type) -> None:
    settings.EMAIL_BACKEND = f"{backend.__module__}.{backend.__qualname__}"


def unsent() -> int:
    return Notification.objects.filter(mailed_at__isnull=True).count()


def test_one_notice_reads_as_a_short_letter_with_links(mill: Trader, settings: Any) -> None:
    settings.SITE_URL = "https://market.example"
    settings.DEFAULT_FROM_EMAIL = "Market <market@market.example>"
    concluded(mill, 7)

    assert send(mill) == 1

    (message,) = mail.outbox
    notice = Notification.objects.get()
    assert message.to == [mill.user.email]
    assert message.subject == "A deal is concluded"
    assert message.body == (
        "Hello Trader,\n"
        "\n"
        "This just happened on the market:\n"
        "\n"
        "- Deal GPM-7 over 500 t with Harbour Cable is concluded.\n"
        f"  https://market.example/notifications/{notice.public_id}\n"
        "\n"
        "-- \n"
        "Green Premium Marketplace. To change which messages you get, and when:\n"
        "https://market.example/notifications/settings\n"
    )
    assert message.message()["Message-ID"].endswith("@market.example>")
    assert notice.mailed_at == NOW


def test_two_hundred_notices_are_one_message_and_sent_once(mill: Trader) -> None:
    concluded(mill, *range(200))

    assert (send(mill), send(mill)) == (200, 0)

    (message,) = mail.outbox
    assert message.subject == "200 notices from the market"
    assert str(message.body).count("\n- ") == mails.SHOWN
    assert "And 150 more notices on the site:" in str(message.body)


def test_what_is_told_before_the_worker_comes_joins_its_message(mill: Trader) -> None:
    concluded(mill, 1)
    concluded(mill, 2, now=NOW + timedelta(seconds=3))

    row = OutboxRow.objects.get(task=mails.TASKS[NoticeMode.NOW])
    tasks.send_notices(row.pk)

    assert len(mail.outbox) == 1
    assert unsent() == 0
    row.refresh_from_db()
    assert row.done_at
    concluded(mill, 3)
    assert OutboxRow.objects.filter(task=row.task, done_at__isnull=True).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_refusing_mail_server_marks_nothing_and_the_retry_sends_once(
    mill: Trader, settings: Any
) -> None:
    kept = settings.EMAIL_BACKEND
    use(settings, Refusing)
    concluded(mill, 1)
    row = OutboxRow.objects.get(task=mails.TASKS[NoticeMode.NOW])

    tasks.send_notices(row.pk)

    row.refresh_from_db()
    assert (row.done_at, row.attempts, unsent()) == (None, 1, 1)
    assert "MailNotSent: SMTPRecipientsRefused" in row.last_error
    assert mill.user.email not in row.last_error
    settings.EMAIL_BACKEND = kept
    OutboxRow.objects.filter(pk=row.pk).update(due_at=NOW)
    for _again in range(2):
        tasks.send_notices(row.pk)
    assert (len(mail.outbox), unsent()) == (1, 0)


@pytest.mark.django_db(transaction=True)
def test_after_eight_refusals_the_row_is_dead_and_the_next_message_has_it_all(
    mill: Trader, settings: Any
) -> None:
    kept = settings.EMAIL_BACKEND
    use(settings, Refusing)
    concluded(mill, 1)
    row = OutboxRow.objects.get(task=mails.TASKS[NoticeMode.NOW])
    for _attempt in range(outbox.MAX_ATTEMPTS):
        OutboxRow.objects.filter(pk=row.pk).update(due_at=NOW)
        tasks.send_notices(row.pk)
    row.refresh_from_db()
    assert row.dead_at

    settings.EMAIL_BACKEND = kept
    concluded(mill, 2)
    again = OutboxRow.objects.get(task=row.task, dead_at__isnull=True)
    tasks.send_notices(again.pk)

    assert (len(mail.outbox), unsent()) == (1, 0)


def test_a_worker_that_dies_after_the_mail_server_took_it_sends_the_same_message(
    mill: Trader, settings: Any
) -> None:
    kept = settings.EMAIL_BACKEND
    use(settings, DyingAfterwards)
    concluded(mill, 1, 2)
    with pytest.raises(SystemExit):
        send(mill)
    assert unsent() == 2

    settings.EMAIL_BACKEND = kept
    send(mill)

    first, second = (message.message()["Message-ID"] for message in mail.outbox)
    assert first == second
    concluded(mill, 3)
    send(mill)
    assert mail.outbox[2].message()["Message-ID"] != first


def test_the_daily_message_is_asked_for_once_and_holds_the_day(mill: Trader) -> None:
    services.choose(by=mill.user, modes={event.value: "DAILY" for event in Event})
    concluded(mill, 1)
    concluded(mill, 2)
    assert send(mill) == 0

    for _beat in range(2):
        tasks.ask_for_daily_notices()
    row = OutboxRow.objects.get(task=mails.TASKS[NoticeMode.DAILY])
    tasks.send_daily_notices(row.pk)
    tasks.ask_for_daily_notices()

    (message,) = mail.outbox
    assert message.subject == "Your day: 2 notices"
    assert "since the last daily message" in str(message.body)
    assert OutboxRow.objects.filter(task=row.task).count() == 1


@pytest.mark.parametrize("gone", ["is_active", "erased_at"])
def test_who_is_blocked_or_erased_gets_nothing(mill: Trader, gone: str) -> None:
    concluded(mill, 1)
    setattr(mill.user, gone, False if gone == "is_active" else NOW)
    mill.user.save()

    assert send(mill) == 0
    assert mail.outbox == []


def test_a_message_is_plain_text_whatever_names_hold(mill: Trader) -> None:
    services.tell(
        organisations=[mill.organisation.pk],
        event=Event.PROPOSAL_ACCEPTED,
        key="proposal.accepted:1",
        params={"tonnes": "5", "other": "R&D <Cable>\r\nBcc: all@market.example"},
        now=NOW,
    )
    send(mill)

    (message,) = mail.outbox
    assert "- R&D <Cable> Bcc: all@market.example accepted the proposal" in str(message.body)
    assert message.recipients() == [mill.user.email]


def test_a_buyers_limit_is_in_no_notice_and_no_message(mill: Trader) -> None:
    admin, now = made.admin(now=timezone.now()), timezone.now()
    buyer = made.trader(side="buyer", by=admin)
    lot = made.lot(mill, made.certificate(mill, by=admin))
    wanted = made.requirement(buyer, max_premium=SECRET, internal_carbon_price="387.6")
    bundles.open_bundles(
        round_number=1, engine_version="1", bundles=[[member(lot, wanted, 400)]], now=now
    )
    for trader in (mill, buyer):
        send(trader)

    told = [str(params) for params in Notification.objects.values_list("params", flat=True)]
    sent = [message.message().as_string() for message in mail.outbox]
    for text in told + sent:
        assert SECRET not in text
        assert "387.6" not in text

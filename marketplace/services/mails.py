"""Notices by e-mail: one message for all that waits, sent once, from the outbox."""

import hashlib
import smtplib
from collections.abc import Collection, Sequence
from datetime import datetime
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext, override

from marketplace.domain.vocabulary import NoticeMode
from marketplace.models import Notification, OutboxRow, User
from marketplace.selectors import notices, notifications, readers

TASKS = {
    NoticeMode.NOW: "marketplace.tasks.send_notices",
    NoticeMode.DAILY: "marketplace.tasks.send_daily_notices",
}
# A round may open a thousand proposals of one user; the rest is read on the site.
SHOWN = 50


class MailNotSent(Exception):
    """The mail server did not take a message. Says how, never to whom: it ends up in logs."""


def ask(users: Collection[int], *, now: datetime, mode: NoticeMode = NoticeMode.NOW) -> None:
    """One waiting outbox row for each user. The sweep brings it: what follows meanwhile joins it.

    A row that still waits is joined under its lock: no worker takes it before this transaction
    has ended, so the e-mail has these notices too. A row that somebody else holds is left alone.
    """
    waiting = OutboxRow.objects.select_for_update(skip_locked=True, no_key=True).filter(
        task=TASKS[mode],
        argument__in=users,
        attempts=0,
        leased_until__isnull=True,
        done_at__isnull=True,
        dead_at__isnull=True,
    )
    joined = set(waiting.values_list("argument", flat=True)) if users else set()
    OutboxRow.objects.bulk_create(
        OutboxRow(task=TASKS[mode], argument=user, created_at=now, due_at=now)
        for user in sorted(set(users) - joined)
    )


def ask_for_daily(*, now: datetime) -> None:
    """Once a day: a row for everybody for whom something waits."""
    waiting = Notification.objects.filter(
        mode=NoticeMode.DAILY.value, mailed_at__isnull=True, user__is_active=True
    )
    with transaction.atomic():
        ask(set(waiting.values_list("user", flat=True)), now=now, mode=NoticeMode.DAILY)


def send_waiting(*, user_id: int, mode: NoticeMode, now: datetime) -> int:
    """Send what waits for the user in one message and mark it, in one transaction.

    Whoever may not sign in gets nothing. Raises MailNotSent, and then nothing is marked. A process
    that dies between the mail server and the commit sends again, under the same Message-ID.
    """
    with transaction.atomic():
        _one_at_a_time(user_id)
        user = User.objects.filter(pk=user_id, is_active=True, erased_at__isnull=True).first()
        waiting = list(notifications.unsent(user, mode)) if user else []
        if user is None or not waiting:
            return 0
        deliver(message_for(user, waiting, mode))
        ids = [notice.pk for notice in waiting]
        rows = Notification.objects.filter(pk__in=ids)
        list(rows.select_for_update(no_key=True).order_by("pk").values_list("pk"))
        return rows.update(mailed_at=now)


def message_for(user: User, waiting: Sequence[Notification], mode: NoticeMode) -> EmailMessage:
    """The message in its reader's language and time zone; its subject names nobody."""
    with override(readers.language_of(user)), timezone.override(readers.zone_of(user)):
        shown = [
            {"sentence": notices.sentence(one), "url": _url("notification", one.public_id)}
            for one in waiting[:SHOWN]
        ]
        context = {
            "name": user.name,
            "notices": shown,
            "more": len(waiting) - len(shown),
            "daily": mode is NoticeMode.DAILY,
            "list_url": _url("notifications"),
            "settings_url": _url("notification_settings"),
        }
        return EmailMessage(
            subject=_subject(waiting, mode),
            body=render_to_string("marketplace/mail/notices.txt", context),
            to=[user.email],
            headers={"Message-ID": message_id(waiting), "Auto-Submitted": "auto-generated"},
        )


def message_id(waiting: Sequence[Notification]) -> str:
    """Follows from the notices alone: the same ones sent again are the same message."""
    told = ",".join(str(one.public_id) for one in waiting)
    return f"<notices.{hashlib.sha256(told.encode()).hexdigest()[:40]}@{domain()}>"


def domain() -> str:
    """Of the market's own address."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"


def _subject(waiting: Sequence[Notification], mode: NoticeMode) -> str:
    count = len(waiting)
    if mode is NoticeMode.DAILY:
        words = ngettext("Your day on the market: %(n)d notice", "Your day: %(n)d notices", count)
        return words % {"n": count}
    if count == 1:
        return notices.label(waiting[0].event)
    return gettext("%(n)d notices from the market") % {"n": count}


def _url(name: str, *args: object) -> str:
    return f"{settings.SITE_URL}{reverse(name, args=args)}"


def _one_at_a_time(user_id: int) -> None:
    """A second worker waits here until the first one has marked what it sent.

    Not a lock on the notices: their reader, who marks them as read, never waits for a mail server.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"mail:{user_id}"])


def deliver(message: EmailMessage) -> None:
    """Errors of the mail library hold addresses; only their kind and code are passed on."""
    try:
        message.send()
    except (smtplib.SMTPException, OSError) as error:
        code = getattr(error, "smtp_code", "")
        raise MailNotSent(f"{type(error).__name__} {code}".rstrip()) from None

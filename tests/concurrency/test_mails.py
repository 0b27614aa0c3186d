"""Two workers that write to one user at the same moment: one message."""

import time
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import transaction

from marketplace.domain.vocabulary import Event, NoticeMode
from marketplace.services import mails, notifications
from tests.concurrency.conftest import NOW, Market
from tests.factories.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


class Slow(EmailBackend):
    """Takes its time, so that the other worker comes in between."""

    def send_messages(self, messages: Any) -> int:
        time.sleep(0.3)
        return super().send_messages(messages)


def messages_of_a_race(market: Market, settings: Any) -> int:
    settings.EMAIL_BACKEND = f"{Slow.__module__}.{Slow.__qualname__}"
    user = market.producer.user
    with transaction.atomic():
        notifications.tell(
            organisations=[market.producer.organisation.pk],
            event=Event.MARKET_PAUSED,
            key="market.paused:1",
            params={"what": "TRADING_PAUSED"},
            now=NOW,
        )

    def send() -> int:
        return mails.send_waiting(user_id=user.pk, mode=NoticeMode.NOW, now=NOW)

    at_once([send, send])
    return len(mail.outbox)


def test_two_workers_at_once_send_one_message(market: Market, settings: Any) -> None:
    assert messages_of_a_race(market, settings) == 1


def test_control_without_the_lock_both_send(
    market: Market, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mails, "_one_at_a_time", lambda user_id: None)
    assert messages_of_a_race(market, settings) == 2

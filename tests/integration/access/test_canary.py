"""Canaries: numbers that are somebody's secret are looked for in everything that others read (C2).

Market admins are left out: they may read limits. Papers as PDF are those of the pages.
"""

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from marketplace.domain.vocabulary import NoticeMode
from marketplace.models import OutboxRow, WebhookMessage
from marketplace.services import mails
from tests.factories.api import Caller
from tests.figures import attack
from tests.integration.access.reading import OTHERS, everything, read
from tests.integration.access.world import (
    ASK,
    BUYER,
    CARBON_PRICE,
    LIMIT,
    PRODUCER,
    World,
    build,
)

pytestmark = [pytest.mark.django_db, attack("C2")]

# Who may read which: asks are for verified buyers, limits for nobody else.
READERS = {LIMIT: {BUYER}, CARBON_PRICE: {BUYER}, ASK: {BUYER, PRODUCER, "buyer B"}}


@pytest.fixture
def world() -> World:
    return build(timezone.now())


def secrets_of(role: str) -> list[bytes]:
    """The numbers that ``role`` may not read, as they stand in text and as they are stored."""
    hidden = [number for number, readers in READERS.items() if role not in readers]
    # Matching counts in ten-thousandths; openpyxl writes 16 digits of a binary number.
    spelled = [
        (one, one.replace(".", ","), one.replace(".", "") + "00", f"{float(one):.16g}")
        for one in hidden
    ]
    return [text.encode() for spellings in spelled for text in spellings]


@pytest.mark.parametrize("role", OTHERS)
def test_no_page_file_or_answer_holds_what_is_anothers(
    world: World, role: str, caplog: pytest.LogCaptureFixture
) -> None:
    seen = 0
    for address, answer in everything(world, role):
        seen += answer.status_code == 200
        assert not leaks(role, read(answer)), address
    assert not leaks("nobody", caplog.text.encode()), "a log"
    assert seen >= (3 if role == "anonymous" else 25), "the canaries were looked for in pages"


def test_neither_mails_nor_webhooks_nor_tasks_hold_it(world: World) -> None:
    for role in (PRODUCER, BUYER, "buyer B", "producer D"):
        user = world.users[role]
        assert user is not None
        mail.outbox.clear()
        mails.send_waiting(user_id=user.pk, mode=NoticeMode.NOW, now=timezone.now())
        assert mail.outbox or role not in (PRODUCER, BUYER)
        for letter in mail.outbox:
            assert not leaks(role, f"{letter.subject} {letter.body}".encode()), letter.subject
    sent = list(WebhookMessage.objects.values())
    assert sent
    assert not leaks(PRODUCER, repr(sent).encode())
    asked = OutboxRow.objects.values_list("task", "argument", "last_error")
    assert not leaks("nobody", repr(list(asked)).encode())


def test_control_who_may_read_them_does(world: World) -> None:
    browser = Client()
    browser.cookies["sessionid"] = world.sessions[BUYER]
    own = browser.get(reverse("requirement", args=[world.things["requirement"]]))
    assert LIMIT.encode() in read(own)
    assert ASK.encode() in read(browser.get(reverse("export", args=["market-lots", "csv"])))
    caller = Caller(world.users[BUYER], world.organisation_of(BUYER))
    assert CARBON_PRICE.encode() in read(caller.get("requirements"))


def leaks(role: str, content: bytes) -> list[bytes]:
    return [one for one in secrets_of(role) if one in content]

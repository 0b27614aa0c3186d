"""Messages between two sides: read by both, by nobody else; told once, never changed."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import InternalError, ProgrammingError, connection
from django.urls import reverse
from django.utils import timezone

from marketplace.domain.vocabulary import Event, NoticeMode, Role
from marketplace.models import Membership, Message, Notification, Proposal
from marketplace.services import mails, messages, proposals
from tests.factories import market as made
from tests.integration.marketplace.web.conftest import Place


def address(proposal: Proposal) -> str:
    return reverse("message_write", args=[proposal.public_id])


def told(answer: Any) -> str:
    """What a page says, without its forms' tokens."""
    page = str(answer.content.decode())
    return page.partition("<main")[2].partition("</main>")[0]


def page(place: Place, trader: Any, proposal: Proposal) -> str:
    url = reverse("proposal", args=[proposal.public_id])
    return place.browser(trader).get(url).content.decode()


def test_both_sides_read_it_as_text(place: Place, proposal: Proposal) -> None:
    text = "<script>alert(1)</script>\nThe truck is late & heavy."
    answer = place.browser(place.producer).post(address(proposal), {"text": text})
    assert answer["Location"] == f"/proposals/{proposal.public_id}#messages"
    for reader in (place.producer, place.buyer):
        found = page(place, reader, proposal)
        assert "&lt;script&gt;alert(1)&lt;/script&gt;<br>The truck is late &amp; heavy." in found
        assert "<script>alert" not in found


def test_people_are_named_on_their_own_side_only(place: Place, proposal: Proposal) -> None:
    place.producer.user.name = "Li Wei"
    place.producer.user.save()
    place.browser(place.producer).post(address(proposal), {"text": "Hello"})
    assert "Li Wei" in page(place, place.producer, proposal)
    assert "Li Wei" not in page(place, place.buyer, proposal)


def test_the_other_side_is_told_once_and_not_by_its_words(place: Place, proposal: Proposal) -> None:
    place.browser(place.producer).post(address(proposal), {"text": "A secret of ours"})
    (notice,) = Notification.objects.filter(event=Event.MESSAGE_WRITTEN.value)
    assert notice.user == place.buyer.user
    mail = mails.message_for(place.buyer.user, [notice], NoticeMode.NOW)
    assert "secret" not in f"{mail.subject}{mail.body}"
    assert place.producer.organisation.name in str(mail.body)


def test_the_thread_goes_on_on_the_deal(place: Place, proposal: Proposal) -> None:
    place.browser(place.buyer).post(address(proposal), {"text": "Before the deal"})
    for side in (place.producer, place.buyer):
        proposals.accept(by=side.actor, public_id=proposal.public_id, now=timezone.now())
    deal = Proposal.objects.get().deal
    answer = place.browser(place.buyer).post(address(proposal), {"text": "After it"})
    assert answer["Location"] == f"/deals/{deal.public_id}#messages"
    found = place.browser(place.producer).get(f"/deals/{deal.public_id}").content.decode()
    assert found.index("Before the deal") < found.index("After it")


def test_a_third_party_finds_nothing(place: Place, proposal: Proposal) -> None:
    place.browser(place.buyer).post(address(proposal), {"text": "Between us"})
    third = place.browser(made.trader(side="buyer", by=place.admin))
    foreign = third.post(address(proposal), {"text": "Hello"})
    absent = third.post(reverse("message_write", args=[uuid4()]), {"text": "Hello"})
    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert told(foreign) == told(absent)
    assert Message.objects.count() == 1


def test_viewers_read_and_do_not_write(place: Place, proposal: Proposal) -> None:
    Membership.objects.filter(user=place.buyer.user).update(role=Role.VIEWER.value)
    assert "Send message" not in page(place, place.buyer, proposal)
    answer = place.browser(place.buyer).post(address(proposal), {"text": "Hello"})
    assert answer.status_code == 422
    assert not Message.objects.exists()


def test_a_refused_text_is_kept_in_the_form(place: Place, proposal: Proposal) -> None:
    answer = place.browser(place.buyer).post(address(proposal), {"text": "turned \u202e around"})
    assert answer.status_code == 422
    found = answer.content.decode()
    assert "Control characters are not accepted." in found
    assert "turned \u202e around" in found


def test_the_pace_is_limited(place: Place, proposal: Proposal, settings: Any) -> None:
    settings.MESSAGES_PER_HOUR = 2
    browser = place.browser(place.buyer)
    codes = [browser.post(address(proposal), {"text": "Hello"}).status_code for _ in range(3)]
    assert codes == [302, 302, 422]
    now = timezone.now() + messages.AN_HOUR
    messages.write(by=place.buyer.actor, proposal=proposal.public_id, text="Later", now=now)


@pytest.mark.parametrize("statement", ["UPDATE {} SET text = 'x'", "DELETE FROM {}"])
def test_the_application_cannot_change_what_was_written(
    place: Place, proposal: Proposal, statement: str
) -> None:
    place.browser(place.buyer).post(address(proposal), {"text": "Between us"})
    with (
        pytest.raises((ProgrammingError, InternalError), match="permission denied"),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(Message._meta.db_table))

"""Messages of a proposal over the API."""

import pytest
from django.utils import timezone

from marketplace.models import Message, Notification
from tests.factories.api import Caller
from tests.factories.deals import Pair

pytestmark = pytest.mark.django_db


def test_what_one_side_writes_the_other_reads_without_the_person() -> None:
    pair = Pair(timezone.now())
    found = pair.proposal(pair.lot(), pair.requirement(), 500)
    path = f"proposals/{found.public_id}/messages"
    written = Caller.of(pair.buyer).post(path, {"text": "When would it ship?"})
    assert written.status_code == 201, written.content
    assert "Location" not in written.headers
    assert written.json()["by"] == "Trader"
    (read,) = Caller.of(pair.producer).get(path).json()["results"]
    assert read["text"] == "When would it ship?"
    assert (read["organisation"], read["by"]) == (pair.buyer.organisation.name, "")
    told = Notification.objects.filter(user=pair.producer.user, event="MESSAGE_WRITTEN")
    assert told.count() == 1


@pytest.mark.parametrize("text", ["", "  ", "a\u0000b", "x" * 100_000])
def test_what_is_no_plain_text_is_refused_by_name(text: str) -> None:
    pair = Pair(timezone.now())
    found = pair.proposal(pair.lot(), pair.requirement(), 500)
    answer = Caller.of(pair.buyer).post(f"proposals/{found.public_id}/messages", {"text": text})
    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["errors"]] == ["text"]
    assert not Message.objects.exists()

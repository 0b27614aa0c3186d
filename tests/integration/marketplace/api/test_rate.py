"""Requests are counted by user and organisation; who asks too often waits for the next minute."""

from typing import Any

import pytest
from django.utils import timezone

from tests.factories import market as made
from tests.factories.api import Caller
from tests.figures import attack

pytestmark = [pytest.mark.django_db, attack("C11")]


def test_too_many_requests_in_a_minute_are_told_to_wait(settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 3
    admin = made.admin(now=timezone.now())
    trader, other = (made.trader(side="buyer", by=admin) for _number in range(2))
    caller, same = Caller.of(trader), Caller.of(trader)
    # A minute may end meanwhile: of twelve requests at least six meet a full one.
    answers = [who.get("requirements") for _number in range(6) for who in (caller, same)]
    refused = [one for one in answers if one.status_code == 429]
    assert 6 <= len(refused) <= 9
    assert refused[-1].json()["code"] == "too_often"
    assert 1 <= int(refused[-1]["Retry-After"]) <= 60
    assert "More than 3 requests" in refused[-1].json()["detail"]
    assert Caller.of(other).get("requirements").status_code == 200

"""Looks that are counted, and searches that tell: at the same moment neither more nor twice."""

from functools import partial
from typing import Any

import pytest

from marketplace.domain.vocabulary import Event
from marketplace.models import Notification, Probe, SavedSearch
from marketplace.selectors import searches as selectors
from marketplace.services import locks, probes, searches
from tests.concurrency.conftest import NOW, Market
from tests.factories.races import at_once
from tests.figures import attack

pytestmark = [pytest.mark.django_db(transaction=True), attack("C4")]

# The same limit, but looked at before the row is locked.
READ_THEN_WRITTEN = """
INSERT INTO marketplace_probe AS probe (party, kind, hour, count)
SELECT one.party, one.kind, one.hour, 1
FROM (VALUES (%s, %s, %s::timestamptz, %s)) AS one (party, kind, hour, most), pg_sleep(0.02)
WHERE COALESCE((
    SELECT other.count FROM marketplace_probe AS other
    WHERE (other.party, other.kind, other.hour) = (one.party, one.kind, one.hour)
), 0) < one.most
ON CONFLICT (party, kind, hour) DO UPDATE SET count = probe.count + 1
RETURNING count
"""


def test_no_look_passes_the_limit(market: Market, settings: Any) -> None:
    settings.PREVIEWS_PER_HOUR = 10

    answers = at_once([lambda: probes.preview(by=market.buyer.actor, now=NOW)] * 16)

    assert sum(isinstance(one, probes.TooOften) for one in answers) == 6
    assert Probe.objects.get(kind=probes.HOURLY).count == 10
    assert Probe.objects.get(kind=probes.DAILY).count == 10


def test_control_a_count_that_is_read_before_it_is_written_lets_more_pass(
    market: Market, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PREVIEWS_PER_HOUR = 10
    monkeypatch.setattr(probes, "COUNT", READ_THEN_WRITTEN)
    for attempt in range(20):
        now = NOW + attempt * probes.HOUR
        answers = at_once([partial(probes.preview, by=market.buyer.actor, now=now)] * 16)
        if sum(isinstance(one, probes.TooOften) for one in answers) < 6:
            return
    pytest.fail("No race was seen: the test of the count proves nothing.")


def notices_of_a_race(market: Market) -> int:
    searches.save(by=market.buyer.actor, name="All", raw={}, now=NOW)
    market.lot(500)
    at_once([lambda: searches.find(now=NOW)] * 8)
    return Notification.objects.filter(event=Event.LOTS_FOUND.value).count()


def test_workers_at_once_tell_of_a_lot_once(market: Market) -> None:
    assert notices_of_a_race(market) == 1
    assert SavedSearch.objects.get().notices == 1


def test_an_organisation_does_not_save_too_many_at_once(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "MOST", 3)

    def save(number: int) -> Any:
        return lambda: searches.save(
            by=market.buyer.actor, name=f"Number {number}", raw={}, now=NOW
        )

    at_once([save(number) for number in range(8)])

    assert SavedSearch.objects.count() == 3


def test_control_without_the_lock_too_many_are_saved(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "MOST", 1)
    monkeypatch.setattr(locks, "organisations", lambda pks: None)

    def save(number: int) -> Any:
        return lambda: searches.save(
            by=market.buyer.actor, name=f"Number {number}", raw={}, now=NOW
        )

    for attempt in range(20):
        at_once([save(8 * attempt + number) for number in range(8)])
        if SavedSearch.objects.count() > 1:
            return
        SavedSearch.objects.all().delete()
    pytest.fail("No race was seen: the test of the lock proves nothing.")

"""Saved searches tell of each version of a lot once, an hour apart, whatever runs twice or dies."""

from datetime import UTC, datetime, timedelta

import pytest

from marketplace import tasks
from marketplace.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound
from marketplace.domain.vocabulary import Event, NoticeMode, Role
from marketplace.models import (
    Certificate,
    Lot,
    Notification,
    OutboxRow,
    SavedSearch,
    SearchHit,
    User,
)
from marketplace.models.actors import Actor
from marketplace.selectors import notices
from marketplace.selectors import searches as selectors
from marketplace.services import lots, notifications, organisations, retention, searches
from tests.factories import market as made
from tests.factories.market import Trader

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)


class Place:
    """A producer with a certificate, and a buyer who looks for billets from Norway."""

    def __init__(self) -> None:
        self.admin: User = made.admin(now=NOW)
        self.producer: Trader = made.trader(side="producer", by=self.admin, now=NOW)
        self.buyer: Trader = made.trader(side="buyer", by=self.admin, now=NOW)
        self.certificate: Certificate = made.certificate(self.producer, by=self.admin, now=NOW)

    def lot(self, **raw: object) -> Lot:
        values = {"product_form": "BILLET", "grade": "AA6063", "origin_country": "NO", **raw}
        return made.lot(self.producer, self.certificate, now=NOW, **values)

    def changed(self, lot: Lot, **raw: object) -> Lot:
        values = {"product_form": "BILLET", "grade": "AA6063", "origin_country": "NO", **raw}
        raw = made.lot_values(self.certificate, today=NOW.date(), **values)
        return lots.edit(
            by=self.producer.actor, public_id=lot.public_id, raw=raw, version=None, now=NOW
        )

    def search(self, name: str = "Norwegian billet", **raw: str) -> SavedSearch:
        query = {"product_form": "BILLET", "origin_country": "no", **raw}
        return searches.save(by=self.buyer.actor, name=name, raw=query, now=NOW)

    def new(self) -> list[int]:
        return [one.new for one in selectors.with_news(self.buyer.actor, NOW.date())]


@pytest.fixture
def place() -> Place:
    return Place()


def told() -> list[str]:
    rows = Notification.objects.filter(event=Event.LOTS_FOUND.value).order_by("pk")
    return [notices.sentence(one) for one in rows]


def test_a_new_lot_that_fits_is_told_once(place: Place) -> None:
    place.lot()
    search = place.search()
    place.lot(quantity_t="100")
    place.lot(product_form="INGOT")

    assert searches.find(now=NOW) == 1
    assert searches.find(now=NOW + 2 * HOUR) == 0

    assert told() == ["New open lots for your search “Norwegian billet”: 1."]
    notice = Notification.objects.get(event=Event.LOTS_FOUND.value)
    assert (notice.user, notice.path) == (place.buyer.user, f"/searches/{search.public_id}")
    assert set(notice.params) == {"name", "count"}


def test_each_version_of_a_lot_is_news_once(place: Place) -> None:
    place.search()
    lot = place.lot()
    searches.find(now=NOW)
    place.changed(lot, ask_premium="15")
    searches.find(now=NOW + HOUR)
    place.changed(lot, ask_premium="15")
    searches.find(now=NOW + 2 * HOUR)

    assert len(told()) == 2


def test_what_its_producer_calls_a_lot_is_no_news(place: Place) -> None:
    place.search()
    lot = place.lot()
    searches.find(now=NOW)

    renamed = place.changed(lot, reference="Our lot 7")

    assert renamed.version == lot.version + 1
    assert searches.find(now=NOW + 2 * HOUR) == 0
    place.changed(lot, reference="Our lot 7", ask_premium="15")
    assert searches.find(now=NOW + 2 * HOUR) == 1


def test_within_the_hour_it_waits_and_tells_of_all_together(place: Place) -> None:
    place.search()
    place.lot()
    searches.find(now=NOW)
    place.lot(quantity_t="100")
    gone = place.lot(quantity_t="200")
    place.lot(quantity_t="300")
    assert searches.find(now=NOW + HOUR / 2) == 0
    lots.withdraw(by=place.producer.actor, public_id=gone.public_id, now=NOW)

    assert searches.find(now=NOW + HOUR) == 1

    assert told()[1] == "New open lots for your search “Norwegian billet”: 2."


def test_a_look_makes_all_of_it_old(place: Place) -> None:
    search = place.search()
    place.lot()
    assert place.new() == [1]

    searches.look(by=place.buyer.actor, public_id=search.public_id, now=NOW + HOUR)

    assert place.new() == [0]
    assert searches.find(now=NOW + 2 * HOUR) == 0
    place.lot()
    searches.find(now=NOW + 2 * HOUR)
    assert place.new() == [1]


def test_publishing_a_lot_asks_a_worker_to_look_if_anybody_searches(place: Place) -> None:
    place.lot()
    assert not OutboxRow.objects.filter(task=searches.FIND).exists()
    place.search()
    lot = place.lot()
    row = OutboxRow.objects.get(task=searches.FIND)
    place.changed(lot, ask_premium="15")
    assert OutboxRow.objects.get(task=searches.FIND) == row, "what waits is joined"

    tasks.find_lots(row.pk)

    assert len(told()) == 1
    row.refresh_from_db()
    assert row.done_at is not None
    place.changed(lot, ask_premium="14")
    assert OutboxRow.objects.filter(task=searches.FIND).count() == 2


def test_the_sweep_finds_what_no_message_told_of(place: Place) -> None:
    """The certificate behind a lot is in order again: nobody published anything."""
    place.search()
    place.lot()
    Certificate.objects.update(state="SUSPENDED")
    searches.find(now=NOW)
    assert told() == []
    Certificate.objects.update(state="VERIFIED")

    tasks.look_for_lots()

    assert len(told()) == 1


def test_a_suspended_buyer_hears_nothing_until_it_is_back(place: Place) -> None:
    place.search()
    organisations.suspend(
        public_id=place.buyer.organisation.public_id, by=place.admin, reason="A test.", now=NOW
    )
    place.lot()
    assert searches.find(now=NOW) == 0
    organisations.reinstate(public_id=place.buyer.organisation.public_id, by=place.admin, now=NOW)
    assert searches.find(now=NOW) == 1


def test_lots_of_the_own_group_and_lots_that_bar_the_buyer_are_never_found(place: Place) -> None:
    place.search()
    place.lot(excluded_buyers=str(place.buyer.organisation.public_id))

    assert searches.find(now=NOW) == 0
    assert place.new() == [0]


def test_who_wants_it_daily_or_never_is_asked_as_for_other_events(place: Place) -> None:
    modes = {event.value: NoticeMode.NOW.value for event in Event}
    notifications.choose(
        by=place.buyer.user, modes=modes | {Event.LOTS_FOUND.value: NoticeMode.DAILY.value}
    )
    place.search()
    place.lot()
    searches.find(now=NOW)

    notice = Notification.objects.get(event=Event.LOTS_FOUND.value)
    assert notice.mode == NoticeMode.DAILY.value


def test_names_are_one_each_and_twenty_at_most(place: Place) -> None:
    place.search("One")
    with pytest.raises(InvalidInput, match="search of this name"):
        place.search(" ONE ")
    with pytest.raises(InvalidInput):
        place.search("")
    with pytest.raises(InvalidInput):
        place.search("x" * 61)
    for number in range(selectors.MOST - 1):
        place.search(f"Number {number}")
    with pytest.raises(Conflict, match="20 searches"):
        place.search("One more")
    searches.delete(by=place.buyer.actor, public_id=SavedSearch.objects.get(name="One").public_id)
    assert place.search("One more").name == "One more"


@pytest.mark.parametrize(
    "raw",
    [
        {"product_form": "GOLD"},
        {"delivery_from": "soon"},
        {"grade": "x" * 101},
        {"grade": "a\0b"},
    ],
)
def test_only_what_narrows_the_list_is_kept(place: Place, raw: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        place.search(**raw)


def test_fields_that_are_no_filter_are_not_kept(place: Place) -> None:
    """Asks are no filter: a search cannot find out who asks what."""
    search = place.search(ask_premium__lte="20", organisation="1", page="3")

    assert search.query == {"product_form": "BILLET", "origin_country": "no"}


def test_a_filter_of_another_version_finds_nothing(place: Place) -> None:
    search = place.search()
    place.lot()
    SavedSearch.objects.update(query={"product_form": "GOLD"})
    search.refresh_from_db()

    assert not selectors.found_by(search, NOW.date()).exists()


def test_only_buyers_who_may_trade_keep_searches(place: Place) -> None:
    viewer = Actor(place.buyer.user, place.buyer.organisation, Role.VIEWER)
    newcomer = made.trader(side="buyer", by=place.admin, now=NOW, verified=False)
    for by in (viewer, place.producer.actor, newcomer.actor):
        with pytest.raises(NotAllowed):
            searches.save(by=by, name="Mine", raw={}, now=NOW)


def test_foreign_searches_are_like_absent_ones(place: Place) -> None:
    search = place.search()
    stranger = made.trader(side="buyer", by=place.admin, now=NOW)
    with pytest.raises(NotFound):
        searches.look(by=stranger.actor, public_id=search.public_id, now=NOW)
    with pytest.raises(NotFound):
        searches.delete(by=stranger.actor, public_id=search.public_id)
    assert not selectors.own(stranger.actor).exists()


def test_what_was_deleted_meanwhile_is_no_error(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = place.search()
    monkeypatch.setattr(searches, "_locked", lambda pk: None)

    assert searches.find(now=NOW) == 0
    with pytest.raises(NotFound):
        searches.look(by=place.buyer.actor, public_id=search.public_id, now=NOW)


def test_hits_of_withdrawn_lots_go(place: Place) -> None:
    place.search()
    lot, _other = place.lot(), place.lot(quantity_t="100")
    searches.find(now=NOW)
    lots.withdraw(by=place.producer.actor, public_id=lot.public_id, now=NOW)

    assert retention.prune(now=NOW).search_hits == 1
    assert SearchHit.objects.count() == 1

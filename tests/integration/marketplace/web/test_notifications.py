"""What a reader was told: their own only, and links that stay on this site."""

from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from marketplace.domain.vocabulary import Event, Role
from marketplace.models import Notification, NotificationChoice
from marketplace.selectors import notifications as selectors
from marketplace.services import notifications, organisations
from tests.factories import market as made
from tests.factories.market import Trader
from tests.integration.marketplace.web.conftest import Place

LIST, SETTINGS, ALL_READ = (
    reverse(name) for name in ("notifications", "notification_settings", "notifications_read")
)


@pytest.fixture(autouse=True)
def _nothing_told_yet(place: Place) -> None:
    """How the place was made, its people were told as well."""
    Notification.objects.all().delete()


def tell(trader: Trader, key: str = "deal.concluded:1", path: str = "/deals") -> Notification:
    notifications.tell(
        organisations=[trader.organisation.pk],
        event=Event.DEAL_CONCLUDED,
        key=key,
        params={"number": "GPM-1", "tonnes": "500", "other": "<b>Harbour</b> Cable"},
        path=path,
        now=timezone.now(),
    )
    return selectors.own(trader.user).get(key=key)


def opened(client: Client, public_id: UUID) -> str:
    return client.get(reverse("notification", args=[public_id]))["Location"]


def test_told_counted_opened_and_read(place: Place) -> None:
    notice = tell(place.producer)
    client = place.browser(place.producer)

    page = client.get(LIST).content.decode()
    assert "Deal GPM-1 over 500 t with &lt;b&gt;Harbour&lt;/b&gt; Cable is concluded." in page
    assert '<span class="badge open">New</span>' in page
    assert '<span class="count">1</span>' in page

    assert opened(client, notice.public_id) == "/deals"
    page = client.get(LIST).content.decode()
    assert '<span class="badge read">Read</span>' in page
    assert '<span class="count">' not in page


def test_only_ones_own(place: Place) -> None:
    notice = tell(place.producer)
    stranger = place.browser(place.buyer)

    assert "GPM-1" not in stranger.get(LIST).content.decode()
    for public_id in (notice.public_id, uuid4()):
        assert stranger.get(reverse("notification", args=[public_id])).status_code == 404
        assert stranger.post(reverse("notification_read", args=[public_id])).status_code == 404
    stranger.post(ALL_READ)
    notice.refresh_from_db()
    assert notice.read_at is None


@pytest.mark.parametrize(
    "path",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "", "x"],
)
def test_a_notice_never_leads_to_another_site(place: Place, path: str) -> None:
    notice = tell(place.producer, path=path)
    assert opened(place.browser(place.producer), notice.public_id) == LIST


def test_one_or_all_are_marked_as_read_by_posting_only(place: Place) -> None:
    first = tell(place.producer)
    tell(place.producer, key="deal.concluded:2")
    tell(place.producer, key="deal.concluded:3")
    client = place.browser(place.producer)

    assert client.get(ALL_READ).status_code == 405
    assert client.get(reverse("notification_read", args=[first.public_id])).status_code == 405
    client.post(reverse("notification_read", args=[first.public_id]))
    assert selectors.unread(place.producer.user).count() == 2
    assert "All are marked as read." in client.post(ALL_READ, follow=True).content.decode()
    assert selectors.unread(place.producer.user).count() == 0


def test_a_long_list_comes_in_pages(place: Place) -> None:
    for number in range(51):
        tell(place.producer, key=f"deal.concluded:{number}")
    client = place.browser(place.producer)

    assert client.get(LIST).content.decode().count("Deal GPM-1") == 50
    assert client.get(LIST, {"page": "2"}).content.decode().count("Deal GPM-1") == 1


def test_opening_another_organisations_notice_acts_for_that_one(place: Place) -> None:
    other = made.trader(side="buyer", by=place.admin)
    organisations.add_member(
        organisation=other.organisation, user=place.producer.user, role=Role.VIEWER
    )
    tell(other)
    notice = selectors.own(place.producer.user).get()
    client = place.browser(place.producer)

    page = client.get(reverse("notification", args=[notice.public_id]), follow=True)

    assert f"You act for {other.organisation.name} now." in page.content.decode()


def test_choices_are_kept_and_shown_again(place: Place) -> None:
    client = place.browser(place.producer)
    assert place.producer.user.email in client.get(SETTINGS).content.decode()
    modes = {event.value: "NOW" for event in Event} | {"DEAL_FLAGGED": "OFF"}

    page = client.post(SETTINGS, modes, follow=True).content.decode()

    assert "Saved." in page
    assert page.count('value="OFF" selected') == 1
    assert NotificationChoice.objects.get(event="DEAL_FLAGGED").mode == "OFF"
    assert selectors.chosen(place.buyer.user)["DEAL_FLAGGED"] == "NOW"


def test_a_choice_that_there_is_not_is_refused_beside_its_event(place: Place) -> None:
    modes = {event.value: "NOW" for event in Event} | {"DEAL_FLAGGED": "HOURLY"}

    refused = place.browser(place.producer).post(SETTINGS, modes)

    assert refused.status_code == 422
    page = refused.content.decode()
    assert "One value is refused; nothing was saved" in page
    assert 'href="#id_DEAL_FLAGGED_about"' in page
    assert 'id="id_DEAL_FLAGGED_about"' in page
    assert not NotificationChoice.objects.exists()


def test_the_admin_sees_that_somebody_was_told_but_not_what(place: Place) -> None:
    tell(place.producer)
    place.admin.is_superuser = True
    place.admin.save()
    office = Client()
    office.force_login(place.admin)

    page = office.get("/admin/marketplace/notification/").content.decode()

    assert place.producer.user.email in page
    assert "GPM-1" not in page
    notice = Notification.objects.get()
    detail = office.get(f"/admin/marketplace/notification/{notice.pk}/change/").content.decode()
    assert "GPM-1" not in detail

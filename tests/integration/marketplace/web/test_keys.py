"""Keys made on the site: shown once, for reading or all, for a while, revoked at once."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from marketplace.domain.errors import Conflict
from marketplace.domain.vocabulary import Role
from marketplace.models import ApiKey
from marketplace.models.actors import Actor
from marketplace.services import keys, organisations, users
from tests.factories import market as made
from tests.factories.api import Caller
from tests.integration.marketplace.web.conftest import Place

pytestmark = pytest.mark.django_db

VALUES = {"name": "ERP", "scope": "READ", "days": "90"}


def make(browser: Client, **instead: str) -> str:
    """The key as the page shows it."""
    page = browser.post("/keys", VALUES | instead).content.decode()
    found = re.search(r"<code>(gpm_[0-9a-f]{8}_[\w-]+)</code>", page)
    assert found, page
    return found[1]


def with_key(key: str) -> Caller:
    caller = Caller()
    caller.headers["Authorization"] = f"Bearer {key}"
    return caller


def test_a_key_is_shown_once_and_kept_as_a_hash(place: Place) -> None:
    browser = place.browser(place.producer)
    key = make(browser)
    assert with_key(key).get("lots").status_code == 200
    page = browser.get("/keys").content.decode()
    assert key not in page and f"gpm_{key[4:12]}_…" in page and "ERP" in page
    assert key.rsplit("_", 1)[1] not in str(list(ApiKey.objects.values()))


def test_one_that_reads_only_changes_nothing_and_one_that_trades_does(place: Place) -> None:
    browser, body = place.browser(place.producer), made.lot_values(place.certificate)
    reader, trader = with_key(make(browser)), with_key(make(browser, scope="TRADE"))
    refused = reader.post("lots", body)
    assert refused.status_code == 403
    assert "lets you look" in refused.json()["detail"]
    lot = trader.post("lots", body).json()
    assert reader.get(f"lots/{lot['id']}").status_code == 200
    assert reader.send("PATCH", f"lots/{lot['id']}", '{"brand": "X"}').status_code == 403
    assert reader.post(f"lots/{lot['id']}/withdraw").status_code == 403


def test_it_ends_by_itself_and_at_once_when_revoked(place: Place) -> None:
    browser, now = place.browser(place.producer), timezone.now()
    key = make(browser, days="1")
    assert keys.authenticate(key=key, now=now + timedelta(hours=23)) is not None
    assert keys.authenticate(key=key, now=now + timedelta(hours=25)) is None
    browser.post(f"/keys/{ApiKey.objects.get().public_id}/revoke")
    assert with_key(key).get("lots").status_code == 401
    assert "revoked" in browser.get("/keys").content.decode()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "required"), ("scope", "ADMIN", "is not one of"), ("days", "0", "1 to 366"),
        ("days", "367", "1 to 366"), ("days", "1.5", "decimals"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_makes_no_key(
    place: Place, field: str, value: str, words: str
) -> None:
    answer = place.browser(place.producer).post("/keys", VALUES | {field: value})
    assert answer.status_code == 422
    assert 'class="error"' in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_each_sees_and_revokes_its_own_and_an_owner_all_of_the_organisation(place: Place) -> None:
    make(place.browser(place.producer))
    (row,) = ApiKey.objects.all()
    colleague = users.create_user(email="c@p.example", password="correct horse battery", name="C")
    organisations.add_member(
        organisation=place.producer.organisation, user=colleague, role=Role.TRADER
    )
    stranger, other = place.browser(place.buyer), Client()
    other.force_login(colleague)
    for browser in (stranger, other):
        assert row.prefix not in browser.get("/keys").content.decode()
        assert browser.post(f"/keys/{row.public_id}/revoke").status_code == 404
    owner = users.create_user(email="o@p.example", password="correct horse battery", name="O")
    organisations.add_member(organisation=place.producer.organisation, user=owner, role=Role.OWNER)
    other.force_login(owner)
    assert row.prefix in other.get("/keys").content.decode()
    assert other.post(f"/keys/{row.public_id}/revoke").status_code == 302
    row.refresh_from_db()
    assert row.revoked_at is not None


def test_twenty_live_keys_are_enough(place: Place) -> None:
    actor: Actor = place.producer.actor
    for _number in range(20):
        keys.create(by=actor, raw=VALUES, now=timezone.now())
    with pytest.raises(Conflict):
        keys.create(by=actor, raw=VALUES, now=timezone.now())
    later = timezone.now() + timedelta(days=91)
    keys.create(by=actor, raw=VALUES, now=later)

"""An owner sets up the exchange of footprints; members look; the secret is shown once."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from marketplace.domain.vocabulary import Role
from marketplace.models import Footprint, FootprintStatement, Membership, PactClient
from marketplace.services import footprints, pact
from tests.factories.deals import Pair

pytestmark = pytest.mark.django_db
SAID = {"primary_data_pct": "85.5", "exempted_pct": "", "standards": ["ISO14067", "PACT-3.0"]}


@pytest.fixture
def pair() -> Pair:
    return Pair(timezone.now())


@pytest.fixture
def browser(pair: Pair) -> Client:
    Membership.objects.filter(user=pair.producer.user).update(role=Role.OWNER.value)
    found = Client()
    found.force_login(pair.producer.user)
    return found


def test_credentials_are_shown_once_and_made_anew(pair: Pair, browser: Client) -> None:
    answer = browser.post(reverse("pact_connect"))
    client = PactClient.objects.get()
    secret = answer.context["shown"].secret
    assert secret in answer.content.decode()
    assert pact.token(client_id=client.client_id, secret=secret)
    page = browser.get(reverse("pact")).content.decode()
    assert client.client_id in page
    assert secret not in page
    browser.post(reverse("pact_connect"))
    assert pact.token(client_id=client.client_id, secret=secret) is None


def test_where_it_is_called_is_kept_without_showing_the_secret(pair: Pair, browser: Client) -> None:
    browser.post(reverse("pact_connect"))
    raw = {
        "callback_url": "https://pcf.example/", "partner_client_id": "us", "partner_secret": "hush",
    }  # fmt: skip
    assert browser.post(reverse("pact_callback"), raw).status_code == 302
    page = browser.get(reverse("pact_callback")).content.decode()
    assert "https://pcf.example" in page
    assert "hush" not in page
    sealed = PactClient.objects.get().partner_secret_sealed
    browser.post(reverse("pact_callback"), {**raw, "partner_secret": ""})
    assert PactClient.objects.get().partner_secret_sealed == sealed
    wrong = browser.post(reverse("pact_callback"), {**raw, "callback_url": "https://10.0.0.1"})
    assert wrong.status_code == 422
    assert "callback_url" in wrong.context["form"].errors


def test_a_statement_gives_lots_their_footprints(pair: Pair, browser: Client) -> None:
    pair.lot(ci_cradle_to_gate="4.125")
    assert footprints.write_due(now=timezone.now()) == 0
    assert browser.post(reverse("pact_state"), SAID).status_code == 302
    assert footprints.write_due(now=timezone.now()) == 1
    assert Footprint.objects.get().body["pcf"]["primaryDataShare"] == "85.50"
    assert "85.50 %" in browser.get(reverse("pact")).content.decode()
    assert browser.get(reverse("pact_state")).context["form"]["primary_data_pct"].value() == "85.50"


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"primary_data_pct": "140"}, "primary_data_pct"),
        ({"primary_data_pct": ""}, "primary_data_pct"),
        ({"exempted_pct": "-1"}, "exempted_pct"),
        ({"standards": []}, "standards"),
        ({"standards": ["ISO9001"]}, "standards"),
    ],
)
def test_an_impossible_statement_names_its_field(
    browser: Client, raw: dict[str, Any], field: str
) -> None:
    answer = browser.post(reverse("pact_state"), {**SAID, **raw})
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not FootprintStatement.objects.exists()


def test_only_an_owner_changes_anything(pair: Pair) -> None:
    trader = Client()
    trader.force_login(pair.producer.user)
    assert "Make new credentials" not in trader.get(reverse("pact")).content.decode()
    trader.post(reverse("pact_connect"))
    assert trader.post(reverse("pact_state"), SAID).status_code == 422
    assert not PactClient.objects.exists()
    assert not FootprintStatement.objects.exists()

"""Events of PACT v3: taken in once, answered by exactly one, sent only where an owner said."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from django.apps import apps
from django.utils import timezone

from marketplace.domain.errors import InvalidInput
from marketplace.domain.pact import CLOUD_EVENTS, Kind
from marketplace.models import PactClient, PactEvent
from marketplace.services import pact, pact_events
from tests.factories.deals import Pair
from tests.factories.partners import Partner
from tests.integration.marketplace.pact.conftest import (
    Host,
    System,
    connected,
    footprint,
    owner,
    stated,
)
from tests.integration.marketplace.pact.test_host import change

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def buyer(host: Host, pair: Pair, other: Partner) -> System:
    """A buyer's system, which is called back at ``other``."""
    stated(pair)
    found = connected(host, pair.buyer)
    registered(pair, other)
    return found


def registered(pair: Pair, other: Partner) -> None:
    raw = {
        "callback_url": other.url, "partner_client_id": "us", "partner_secret": "s3cret:with colon",
    }  # fmt: skip
    pact.call_back(by=owner(pair.buyer), raw=raw)


def event(kind: Kind = Kind.CREATED, **more: Any) -> dict[str, Any]:
    found = {
        "type": kind.type, "specversion": "1.0", "id": str(uuid4()), "source": "//partner.example",
        "time": "2026-11-27T08:00:00Z", "data": {"geography": ["CN"]},
    }  # fmt: skip
    return {**found, **more}


def send(system: System, body: object, kind: str = CLOUD_EVENTS) -> httpx.Response:
    content = body if isinstance(body, str) else json.dumps(body)
    return system.http.post("/3/events", content=content, headers={"Content-Type": kind})


def called() -> int:
    return pact_events.send_due(clock=timezone.now)


def sent_at(now: datetime) -> int:
    return pact_events.send_due(clock=lambda: now)


def test_a_request_is_fulfilled_by_exactly_one_event(
    buyer: System, pair: Pair, other: Partner
) -> None:
    lot, row = footprint(pair)
    pair.proposal(lot, pair.requirement(), 100)
    asked = event(id="a request/1 as we name it")
    answer = send(buyer, asked)
    assert (answer.status_code, answer.content) == (200, b"")
    assert send(buyer, asked).status_code == 200, "the same once more"
    assert called() == 1
    assert called() == 0
    (heard,) = other.heard
    assert heard["type"] == Kind.FULFILLED.type
    assert heard["data"]["requestEventId"] == asked["id"]
    (told,) = heard["data"]["pfs"]
    assert told["id"] == str(row.public_id)
    assert {"specversion", "id", "source", "time"} <= set(heard)
    token, posted = other.asked
    assert token["path"] == "/auth/token"
    assert token["authorization"].startswith("Basic ")
    assert (posted["path"], posted["content-type"]) == ("/3/events", CLOUD_EVENTS)
    assert posted["authorization"] == "Bearer a-token"


def test_a_request_for_what_is_not_there_is_rejected(buyer: System, other: Partner) -> None:
    asked = event(data={"productId": ["urn:nothing"], "status": "Bogus"})
    assert send(buyer, asked).status_code == 200
    called()
    (heard,) = other.heard
    assert heard["type"] == Kind.REJECTED.type
    assert heard["data"]["requestEventId"] == asked["id"]
    assert heard["data"]["error"]["code"] == "NotFound"


def test_the_source_of_an_event_is_never_called(buyer: System, other: Partner) -> None:
    send(buyer, event(source="http://127.0.0.1:1/3/events", callback="http://127.0.0.1:1"))
    called()
    assert len(other.heard) == 1
    assert other.heard[0]["source"].endswith("/3/events")


def test_without_a_registered_address_a_request_is_refused(host: Host, pair: Pair) -> None:
    system = connected(host, pair.buyer)
    answer = send(system, event())
    assert (answer.status_code, answer.json()["code"]) == (400, "BadRequest")
    assert not PactEvent.objects.exists()


@pytest.mark.parametrize(
    "broken",
    [
        "not json", "[]", '{"type": 1}', "[" * 10_000,
        event(type="org.wbcsd.pact.ProductFootprint.RequestCreatedEvent.2"),
        event(specversion="0.3"), event(id=""), event(id=7), event(id="x" * 201),
        event(source=""), event(time="yesterday"), event(time="2026-11-27T08:00:00"),
        {name: value for name, value in event().items() if name != "time"},
        event(data=[]), event(Kind.PUBLISHED, data={"pfIds": ["no-uuid"]}),
        event(Kind.PUBLISHED, data={"pfIds": []}), event(Kind.FULFILLED, data={"pfs": []}),
        event(Kind.REJECTED, data={"requestEventId": "x"}),
    ],
)  # fmt: skip
def test_what_is_no_sound_event_is_400_and_leaves_nothing(buyer: System, broken: object) -> None:
    answer = send(buyer, broken)
    assert (answer.status_code, answer.json()["code"]) == (400, "BadRequest")
    assert answer.json()["message"]
    assert not PactEvent.objects.exists()


def test_another_media_type_is_400(buyer: System) -> None:
    assert send(buyer, event(), "application/json").status_code == 400
    with_charset = f"{CLOUD_EVENTS}; charset=utf-8"
    assert send(buyer, event(), with_charset).status_code == 200


def test_published_ids_are_taken_in_whether_they_are_known_or_not(buyer: System) -> None:
    told = event(Kind.PUBLISHED, data={"pfIds": [str(uuid4())]})
    assert send(buyer, told).status_code == 200
    assert PactEvent.objects.get().kind == Kind.PUBLISHED.value


def test_an_answer_is_taken_for_an_own_open_request_only_and_once(
    buyer: System, pair: Pair
) -> None:
    client = PactClient.objects.get(organisation=pair.buyer.organisation)
    asked = pact_events.send(client, Kind.CREATED, {"geography": ["CN"]}, now=timezone.now())

    def rejected(request: str) -> int:
        data = {"requestEventId": request, "error": {"code": "NotFound", "message": "No."}}
        return send(buyer, event(Kind.REJECTED, data=data)).status_code

    assert rejected(str(uuid4())) == 400
    assert rejected(asked.event_id) == 200
    assert rejected(asked.event_id) == 400


def test_another_clients_request_is_not_answered(
    host: Host, buyer: System, pair: Pair, other: Partner
) -> None:
    client = PactClient.objects.get(organisation=pair.buyer.organisation)
    asked = pact_events.send(client, Kind.CREATED, {}, now=timezone.now())
    stranger = connected(host, pair.producer)
    data = {"requestEventId": asked.event_id, "pfs": [{"id": "x"}]}
    assert send(stranger, event(Kind.FULFILLED, data=data)).status_code == 400


def test_whoever_could_read_a_footprint_hears_of_its_new_version(
    buyer: System, pair: Pair, other: Partner
) -> None:
    lot, _row = footprint(pair)
    pair.proposal(lot, pair.requirement(), 100)
    change(pair, lot, "4.000")
    assert called() == 1
    (heard,) = other.heard
    assert heard["type"] == Kind.PUBLISHED.type
    (new,) = buyer.footprints("?status=Active")
    assert heard["data"] == {"pfIds": [new["id"]]}


def test_a_failed_call_is_repeated_ever_more_seldom_and_given_up_after_72_hours(
    buyer: System, other: Partner
) -> None:
    other.statuses = [503]
    send(buyer, event())
    now, calls, first = timezone.now(), 0, timezone.now()
    while PactEvent.objects.filter(outgoing=True, state="WAITING").exists():
        sent_at(now)
        calls += 1
        now = PactEvent.objects.get(outgoing=True).due_at or now
        assert calls < 20
    kept = PactEvent.objects.get(outgoing=True)
    assert (kept.state, kept.last_error) == ("GIVEN_UP", "answered 503")
    assert timedelta(hours=71) < now - first < timedelta(hours=73)
    assert len({one["id"] for one in other.heard}) == 1, "always the same event"


@pytest.mark.parametrize("token", [None, "", "two words", "a\r\nX-Evil: 1", 7])
def test_a_token_that_is_none_is_not_sent_on(buyer: System, other: Partner, token: object) -> None:
    other.token = token
    send(buyer, event())
    assert called() == 0
    assert other.heard == []
    assert "no token" in PactEvent.objects.get(outgoing=True).last_error


def test_a_worker_that_was_lost_leaves_its_event_to_the_next(
    buyer: System, other: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(buyer, event())
    now = timezone.now()
    with monkeypatch.context() as lost:
        lost.setattr(pact_events, "_call", _die)
        with pytest.raises(SystemExit):
            sent_at(now)
    assert sent_at(now) == 0, "held"
    assert sent_at(now + timedelta(minutes=5)) == 1


def _die(_event: PactEvent) -> None:
    raise SystemExit


REFUSED: list[tuple[dict[str, str], str]] = [
    ({"callback_url": "https://10.0.0.8"}, "callback_url"),
    ({"callback_url": "ftp://partner.example"}, "callback_url"),
    ({"callback_url": "https://partner.example", "token_url": "https://[::1]/t"}, "token_url"),
    ({"callback_url": "https://partner.example", "partner_client_id": ""}, "callback_url"),
    ({"callback_url": "https://partner.example", "partner_secret": ""}, "callback_url"),
]


@pytest.mark.parametrize(("raw", "field"), REFUSED)
def test_an_address_inside_or_half_an_entry_is_refused(
    pair: Pair, raw: dict[str, str], field: str
) -> None:
    by = owner(pair.buyer)
    pact.connect(by=by, now=timezone.now())
    whole = {"partner_client_id": "us", "partner_secret": "s", **raw}
    with pytest.raises(InvalidInput) as refused:
        pact.call_back(by=by, raw=whole)
    assert field in {one.field for one in refused.value.errors}


def test_the_partners_secret_is_sealed_and_in_no_history(buyer: System, pair: Pair) -> None:
    row = PactClient.objects.get(organisation=pair.buyer.organisation)
    assert "s3cret" not in row.partner_secret_sealed
    history = apps.get_model("marketplace", "PactClientEvent")
    columns = {field.name for field in history._meta.get_fields()}
    assert "callback_url" in columns
    assert not columns & {"partner_secret_sealed", "secret_sha256"}

"""The host API of PACT v3 over HTTPS, as a partner's system meets it."""

import base64
import re
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from marketplace.models import Lot
from marketplace.services import footprints, lots, organisations, pact
from tests.factories import market as made
from tests.factories.deals import Pair
from tests.integration.marketplace.pact.conftest import (
    Host,
    System,
    connected,
    footprint,
    owner,
    stated,
)

pytestmark = pytest.mark.django_db(transaction=True)
GRANT = {"grant_type": "client_credentials"}
REQUIRED = {
    "id", "specVersion", "created", "status", "companyName", "companyIds", "productDescription",
    "productIds", "productNameCompany", "pcf",
}  # fmt: skip
REQUIRED_PCF = {
    "declaredUnitOfMeasurement", "declaredUnitAmount", "productMassPerDeclaredUnit",
    "referencePeriodStart", "referencePeriodEnd", "pcfExcludingBiogenicUptake",
    "pcfIncludingBiogenicUptake", "fossilGhgEmissions", "fossilCarbonContent",
    "ipccCharacterizationFactors", "crossSectoralStandards", "exemptedEmissionsPercent",
    "primaryDataShare", "packagingEmissionsIncluded", "ccsTechnologicalCO2CaptureIncluded",
}  # fmt: skip
DECIMAL = re.compile(r"\d+(\.\d+)?")


def test_credentials_give_a_token_and_wrong_ones_an_oauth_error(host: Host, pair: Pair) -> None:
    shown = pact.connect(by=owner(pair.producer), now=timezone.now())
    known = (shown.client.client_id, shown.secret)
    with host.client() as http:
        good = http.post("/auth/token", data=GRANT, auth=known).json()
        assert good["token_type"].lower() == "bearer"
        assert good["expires_in"] == 3600
        wrong = [
            http.post("/auth/token", data=GRANT, auth=(known[0], "another")),
            http.post("/auth/token", data=GRANT, auth=("nobody", known[1])),
            http.post("/auth/token", data=GRANT),
            http.post("/auth/token", data=GRANT, headers={"Authorization": "Basic !!"}),
        ]
        for answer in wrong:
            assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})
            assert answer.headers["WWW-Authenticate"].startswith("Basic")
        other = http.post("/auth/token", data={"grant_type": "password"}, auth=known)
        assert (other.status_code, other.json()["error"]) == (400, "unsupported_grant_type")
        none = http.post("/auth/token", data={}, auth=known)
        assert (none.status_code, none.json()["error"]) == (400, "invalid_request")


def test_credentials_are_form_encoded_before_they_are_joined(host: Host, pair: Pair) -> None:
    shown = pact.connect(by=owner(pair.producer), now=timezone.now())
    pairs = f"{quote(shown.client.client_id, safe='')}:{quote(shown.secret, safe='')}"
    header = f"Basic {base64.b64encode(pairs.encode()).decode()}"
    with host.client() as http:
        answer = http.post("/auth/token", data=GRANT, headers={"Authorization": header})
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/3/footprints", "/3/footprints/an-id", "/3/events"])
def test_no_token_and_a_wrong_one_are_401_before_the_body_is_read(host: Host, path: str) -> None:
    with host.client() as http:
        send: Callable[..., Any] = http.post if path.endswith("events") else http.get
        for headers in ({}, {"Authorization": "Bearer x.y.z"}, {"Authorization": "Bearer"}):
            answer = send(path, headers={**headers, "Content-Type": "text/plain"})
            assert answer.status_code == 401
            assert answer.json()["code"] == "BadRequest"
            assert answer.headers["Content-Type"] == "application/json"


def test_a_token_that_is_over_says_so(
    host: Host, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = pact.connect(by=owner(pair.producer), now=timezone.now())
    past = time.time() - pact.TOKEN_SECONDS - 60
    with monkeypatch.context() as earlier:
        earlier.setattr("django.core.signing.time.time", lambda: past)
        token = pact.token(client_id=shown.client.client_id, secret=shown.secret)
    with host.client() as http:
        answer = http.get("/3/footprints", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "TokenExpired")


def test_new_credentials_end_the_former_token_at_once(smelter: System, pair: Pair) -> None:
    assert smelter.http.get("/3/footprints").status_code == 200
    pact.connect(by=owner(pair.producer), now=timezone.now())
    assert smelter.http.get("/3/footprints").status_code == 401


def test_a_suspended_organisation_is_refused(smelter: System, pair: Pair) -> None:
    organisations.suspend(
        public_id=pair.producer.organisation.public_id, by=pair.admin, reason="A test.",
        now=timezone.now(),
    )  # fmt: skip
    answer = smelter.http.get("/3/footprints")
    assert (answer.status_code, answer.json()["code"]) == (403, "AccessDenied")


def test_a_footprint_has_all_that_the_specification_requires(smelter: System, pair: Pair) -> None:
    lot, _row = footprint(pair, ci_year="2025", cn_code="76011090", brand="Lumina")
    (found,) = smelter.footprints()
    pcf = found["pcf"]
    assert set(found) >= REQUIRED
    assert set(pcf) >= REQUIRED_PCF
    assert (found["specVersion"], found["status"]) == ("3.0.0", "Active")
    assert found["companyName"] == pair.producer.organisation.name
    assert found["productNameCompany"] == "Lumina"
    assert found["productIds"] == [f"urn:pact:localhost:product-id:{lot.public_id}"]
    assert found["productClassifications"] == ["urn:pact:ec.europa.eu:cn-code:76011090"]
    amounts = ("declaredUnitAmount", "productMassPerDeclaredUnit", "pcfExcludingBiogenicUptake")
    assert [pcf[name] for name in amounts] == ["1", "1", "4.125"]
    assert (pcf["declaredUnitOfMeasurement"], pcf["geographyCountry"]) == ("kilogram", "CN")
    assert (pcf["primaryDataShare"], pcf["exemptedEmissionsPercent"]) == ("85.50", "1.00")
    assert pcf["crossSectoralStandards"] == ["ISO14067", "PACT-3.0"]
    assert pcf["referencePeriodStart"] == "2025-01-01T00:00:00Z"
    assert pcf["referencePeriodEnd"] == "2026-01-01T00:00:00Z"


def test_numbers_are_plain_decimals_dates_end_in_z_and_nothing_is_null(
    smelter: System, pair: Pair
) -> None:
    footprint(pair, ci_cradle_to_gate="0.010", ci_smelter_s1s2="0.010")
    (found,) = smelter.footprints()

    def walk(name: str, value: Any) -> None:
        assert value is not None, name
        assert not isinstance(value, int | float) or isinstance(value, bool), name
        if isinstance(value, dict):
            for inner, one in value.items():
                walk(inner, one)
        elif isinstance(value, str) and (name.startswith("pcf") or "Percent" in name):
            assert DECIMAL.fullmatch(value), name
        elif isinstance(value, str) and ("Period" in name or name == "created"):
            assert value.endswith("Z"), name

    walk("footprint", found)
    assert Decimal(found["pcf"]["pcfExcludingBiogenicUptake"]) == Decimal("0.01")
    assert "verification" not in found["pcf"], "nobody certified this value"


def test_a_certified_value_says_by_whom(smelter: System, pair: Pair) -> None:
    proof = made.certificate(
        pair.producer, by=pair.admin, scheme="EPD", issuer="EPD International", number="S-P-1",
        certified_t="", boundary="CRADLE_TO_GATE", ci="4.125",
    )  # fmt: skip
    footprint(pair, certificates=[str(pair.certificate.public_id), str(proof.public_id)])
    (found,) = smelter.footprints()
    assert found["pcf"]["verification"]["providerName"] == "EPD International"
    assert found["validityPeriodStart"] == f"{proof.valid_from}T00:00:00Z"


def test_one_footprint_by_its_id(smelter: System, pair: Pair) -> None:
    _lot, row = footprint(pair)
    answer = smelter.http.get(f"/3/footprints/{row.public_id}")
    assert answer.json()["data"]["id"] == str(row.public_id)
    assert answer.headers["Content-Type"] == "application/json"
    for name in (str(uuid4()), "not-an-id"):
        missing = smelter.http.get(f"/3/footprints/{name}")
        assert (missing.status_code, missing.json()["code"]) == (404, "NotFound")


def test_a_change_is_a_new_one_and_the_former_stays_readable(smelter: System, pair: Pair) -> None:
    lot, first = footprint(pair)
    change(pair, lot, "4.000")
    second, former = smelter.footprints("?status=active"), smelter.footprints("?status=DEPRECATED")
    assert [one["id"] for one in former] == [str(first.public_id)]
    (active,) = second
    assert active["precedingPfIds"] == [str(first.public_id)]
    assert active["pcf"]["pcfExcludingBiogenicUptake"] == "4.000"
    old = smelter.http.get(f"/3/footprints/{first.public_id}").json()["data"]
    assert old["pcf"]["pcfExcludingBiogenicUptake"] == "4.125", "it never changes"


def test_what_does_not_touch_it_makes_no_new_one(smelter: System, pair: Pair) -> None:
    lot, first = footprint(pair)
    change(pair, lot, "4.125", ask_premium="19")
    (same,) = smelter.footprints()
    assert same["id"] == str(first.public_id)


def test_a_buyers_system_sees_what_was_proposed_to_it_and_no_more(
    host: Host, smelter: System, pair: Pair
) -> None:
    lot, row = footprint(pair)
    footprint(pair)
    buyer = connected(host, pair.buyer)
    stranger = connected(host, made.trader(side="buyer", by=pair.admin))
    assert buyer.footprints() == []
    pair.proposal(lot, pair.requirement(), 100)
    assert [one["id"] for one in buyer.footprints()] == [str(row.public_id)]
    assert stranger.footprints() == []
    foreign = stranger.http.get(f"/3/footprints/{row.public_id}")
    absent = stranger.http.get(f"/3/footprints/{uuid4()}")
    assert (foreign.status_code, foreign.json()) == (absent.status_code, absent.json())
    assert (foreign.status_code, foreign.json()["code"]) == (404, "NotFound")


def test_without_a_statement_or_a_cradle_to_gate_value_there_is_none(
    host: Host, pair: Pair
) -> None:
    system = connected(host, pair.producer)
    pair.lot(ci_cradle_to_gate="4.125")
    assert system.footprints() == []
    stated(pair)
    pair.lot()
    footprint(pair)
    assert len(system.footprints()) == 2, "and not of the lot without such a value"


@pytest.mark.parametrize("path", ["/3/footprints/", "/auth/token/", "/3/events/"])
def test_paths_are_exact(host: Host, path: str) -> None:
    with host.client() as http:
        assert http.get(path).status_code in (401, 404)
        assert http.get(path).history == []


def change(pair: Pair, lot: Lot, ci: str, **raw: str) -> None:
    values = made.lot_values(pair.certificate, ci_cradle_to_gate=ci) | raw
    lots.edit(
        by=pair.producer.actor, public_id=lot.public_id, raw=values, version=None,
        now=timezone.now(),
    )  # fmt: skip
    footprints.write_due(now=timezone.now())


def test_ids_are_uuids(smelter: System, pair: Pair) -> None:
    footprint(pair)
    assert all(UUID(one["id"]).version == 4 for one in smelter.footprints())

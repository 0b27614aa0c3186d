"""Every POST of the API takes an Idempotency-Key: found in the OpenAPI document, tried for real."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from marketplace.api import reference
from marketplace.models import IdempotentAnswer
from tests.factories import market
from tests.factories.api import Caller
from tests.factories.deals import Pair, shipment
from tests.factories.footprints import V3
from tests.factories.market import Trader
from tests.factories.sheets import as_csv, checked, lot_row

pytestmark = pytest.mark.django_db

Ask = tuple[Trader, str, dict[str, Any]]


def a_certificate(pair: Pair) -> Ask:
    body = {
        "scheme": "CGMC_GREEN_POWER",
        "issuer": "CGMC",
        "number": "CGMC-D",
        "certified_t": "100",
        "valid_from": "2026-01-01",
        "valid_to": "2027-12-31",
    }
    return pair.producer, "certificates", body


def a_lot(pair: Pair) -> Ask:
    return pair.producer, "lots", market.lot_values(pair.certificate)


def a_requirement(pair: Pair) -> Ask:
    return pair.buyer, "requirements", market.requirement_values()


def withdraw_lot(pair: Pair) -> Ask:
    return pair.producer, f"lots/{pair.lot().public_id}/withdraw", {}


def withdraw_requirement(pair: Pair) -> Ask:
    return pair.buyer, f"requirements/{pair.requirement().public_id}/withdraw", {}


def accept(pair: Pair) -> Ask:
    found = pair.proposal(pair.lot(), pair.requirement(), 500)
    return pair.producer, f"proposals/{found.public_id}/accept", {}


def decline(pair: Pair) -> Ask:
    found = pair.proposal(pair.lot(), pair.requirement(), 500)
    return pair.buyer, f"proposals/{found.public_id}/decline", {"reason": "Sold out elsewhere"}


def deliver(pair: Pair) -> Ask:
    deal = pair.deal()
    body = {**shipment(deal), "cast_numbers": ["A-1"]}
    return pair.producer, f"deals/{deal.public_id}/delivery", body


def retire_claim(pair: Pair) -> Ask:
    deal = pair.deal()
    pair.deliver(deal)
    body = {"beneficiary": "Plant 3", "reporting_year": str(pair.now.year)}
    return pair.buyer, f"deals/{deal.public_id}/claim/retire", body


def cancel(pair: Pair) -> Ask:
    body = {"step": "ask", "reason": "The smelter stands still"}
    return pair.producer, f"deals/{pair.deal().public_id}/cancellation", body


def begin_import(pair: Pair) -> Ask:
    row = lot_row("X-1", f"CGMC_GREEN_POWER:{pair.certificate.number}")
    return pair.producer, "imports", {"kind": "LOTS", "rows": [row]}


def checked_import(pair: Pair) -> str:
    row = lot_row("X-1", f"CGMC_GREEN_POWER:{pair.certificate.number}")
    return str(checked(pair.producer, "LOTS", as_csv([row])).public_id)


def confirm_import(pair: Pair) -> Ask:
    return pair.producer, f"imports/{checked_import(pair)}/confirm", {}


def discard_import(pair: Pair) -> Ask:
    return pair.producer, f"imports/{checked_import(pair)}/discard", {}


def add_a_site(pair: Pair) -> Ask:
    return pair.producer, "sites", {"name": "Smelter 1", "country": "CN"}


def write_a_message(pair: Pair) -> Ask:
    found = pair.proposal(pair.lot(), pair.requirement(), 500)
    return pair.buyer, f"proposals/{found.public_id}/messages", {"text": "When would it ship?"}


def preview(pair: Pair) -> Ask:
    pair.lot()
    return pair.buyer, "requirements/preview", market.requirement_values()


def preview_a_change(pair: Pair) -> Ask:
    path = f"requirements/{pair.requirement().public_id}/preview"
    return pair.buyer, path, market.requirement_values(max_ci="5.000")


def read_a_footprint(pair: Pair) -> Ask:
    return pair.producer, "footprints", V3


ASKS: dict[str, Callable[[Pair], Ask]] = {
    "certificates_submit": a_certificate,
    "deals_cancellation": cancel,
    "deals_deliver": deliver,
    "deals_retire_claim": retire_claim,
    "footprints_read": read_a_footprint,
    "imports_begin": begin_import,
    "imports_confirm": confirm_import,
    "imports_discard": discard_import,
    "lots_publish": a_lot,
    "lots_withdraw": withdraw_lot,
    "proposals_accept": accept,
    "proposals_decline": decline,
    "proposals_write": write_a_message,
    "requirements_post": a_requirement,
    "requirements_preview": preview,
    "requirements_preview_change": preview_a_change,
    "requirements_withdraw": withdraw_requirement,
    "sites_add": add_a_site,
}


def posts() -> list[dict[str, Any]]:
    return [one for one in reference.operations() if one["method"] == "POST"]


def test_every_post_is_tried_here_and_tells_of_its_key() -> None:
    assert {one["id"] for one in posts()} == set(ASKS)
    for one in posts():
        assert "Idempotency-Key" in {given["name"] for given in one["parameters"]}, one["id"]


@pytest.mark.parametrize("operation", sorted(ASKS))
def test_sent_twice_under_one_key_it_happens_once(operation: str) -> None:
    trader, path, body = ASKS[operation](Pair(timezone.now()))
    caller = Caller.of(trader)

    first = caller.post(path, body, Idempotency_Key="k")
    second = caller.post(path, body, Idempotency_Key="k")

    assert first.status_code in (200, 201), first.content
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert second.headers.get("ETag") == first.headers.get("ETag")
    assert IdempotentAnswer.objects.count() == 1
    other = caller.post(path, {**body, "colour": "red"}, Idempotency_Key="k")
    assert other.status_code in (400, 422), "another body is refused"

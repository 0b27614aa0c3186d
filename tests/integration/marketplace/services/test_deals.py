"""A deal's record: what it says, that nobody changes it, and what speaks against it."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import InternalError, connection, transaction

from marketplace.domain.errors import Conflict, NotAllowed
from marketplace.domain.records import content_sha256
from marketplace.domain.vocabulary import Event, Role
from marketplace.models import Deal, MarketSettings, Notification
from marketplace.services import certificates, claims, deals, organisations, proposals
from tests.factories import market as made
from tests.factories.deals import Pair
from tests.factories.offers import books_balance

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
LIMIT, CARBON_PRICE = "23.57", "387.6"


@pytest.fixture(autouse=True)
def books() -> Iterator[None]:
    yield
    books_balance()


@pytest.fixture
def pair() -> Pair:
    return Pair(NOW)


def told(event: Event) -> list[tuple[int, dict[str, str]]]:
    rows = Notification.objects.filter(event=event.value).order_by("organisation")
    return [(row.organisation_id or 0, row.params) for row in rows]


def test_the_record_says_everything_that_was_compared(pair: Pair) -> None:
    wanted = pair.requirement(max_premium=LIMIT, internal_carbon_price=CARBON_PRICE)
    lot = pair.lot(incoterm="CIF", place="Rotterdam", duty_status="DUTY_UNPAID")
    proposal = pair.proposal(lot, wanted, 500)
    proposals.accept(by=pair.buyer.actor, public_id=proposal.public_id, now=NOW)
    later = NOW.replace(hour=14)
    proposals.accept(by=pair.producer.actor, public_id=proposal.public_id, now=later)

    deal = Deal.objects.get()
    record = deal.record
    assert deal.content_sha256 == content_sha256(record)
    assert (record["ci_milli"], record["boundary"]) == (3_200, "SMELTER_S1S2")
    assert record["ci_evidence"] is None
    assert (record["premium"], record["premium_unit"]) == ("20.00", "USD_T")
    assert (record["premium_usd_e4"], record["fx_usd_per_unit"]) == (200_000, "1.00000000")
    assert (record["incoterm"], record["place"]) == ("CIF", "Rotterdam")
    assert (record["window_start"], record["window_end"]) == ("2026-12-24", "2027-02-22")
    assert record["standing"] == "An indication, subject to contract."
    assert "Only the green premium is traded here" in record["pricing_basis"]
    assert [(one["side"], one["at"]) for one in record["accepted"]] == [
        ("BUYER", NOW.isoformat()),
        ("PRODUCER", later.isoformat()),
    ]
    (backing,) = record["certificates"]
    assert backing["id"] == str(pair.certificate.public_id)
    assert (backing["number"], backing["version"]) == (pair.certificate.number, 2)
    assert backing["valid_to"] == pair.certificate.valid_to.isoformat()


def test_the_buyers_limits_and_peoples_names_are_in_no_record(pair: Pair) -> None:
    deal = pair.deal(wanted=pair.requirement(max_premium=LIMIT, internal_carbon_price=CARBON_PRICE))
    pair.deliver(deal)
    deal.refresh_from_db()
    for record in (deal.record, deal.claim.record):
        text = json.dumps(record)
        assert LIMIT not in text
        assert CARBON_PRICE not in text
        assert pair.buyer.user.email not in text
        assert '"max_ci' not in text


def test_the_carbon_value_names_the_certificate_that_proves_it(pair: Pair) -> None:
    epd = made.certificate(
        pair.producer,
        by=pair.admin,
        now=NOW,
        scheme="EPD",
        certified_t="",
        boundary="SMELTER_S1S2",
        ci="3.200",
    )
    lot = made.lot(pair.producer, pair.certificate, epd, now=NOW)
    evidence = pair.deal(lot=lot).record["ci_evidence"]
    assert (evidence["number"], evidence["ci_milli"]) == (epd.number, 3_200)


def test_the_markets_terms_may_make_it_binding(pair: Pair) -> None:
    MarketSettings.objects.update_or_create(pk=1, defaults={"deal_standing": "BINDING"})
    assert pair.deal().record["standing"] == "Binding on both sides."


@pytest.mark.parametrize(
    "column", ["record = '{}'", "quantity_kg = 1", "premium = 1", "content_sha256 = ''"]
)
def test_not_even_the_application_can_change_what_was_concluded(pair: Pair, column: str) -> None:
    deal = pair.deal()
    with pytest.raises(InternalError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE marketplace_deal SET {column} WHERE id = %s", [deal.pk])
    deal.refresh_from_db()
    assert deal.content_sha256 == content_sha256(deal.record)


def test_each_side_is_told_once(pair: Pair) -> None:
    pair.deal()
    assert told(Event.DEAL_CONCLUDED) == [
        (
            one.organisation.pk,
            {
                "number": Deal.objects.get().number,
                "tonnes": "500",
                "other": other.organisation.name,
            },
        )
        for one, other in ((pair.producer, pair.buyer), (pair.buyer, pair.producer))
    ]


def test_a_requirement_that_takes_no_part_closes_at_its_minimum(pair: Pair) -> None:
    wanted = pair.requirement(volume_t="500", partial_ok="no", tolerance_pct="2")
    pair.deal(490, wanted=wanted)
    wanted.refresh_from_db()
    assert (wanted.state, wanted.bought_kg) == ("CLOSED", 490_000)


def test_one_that_takes_parts_stays_open_until_it_is_full(pair: Pair) -> None:
    wanted = pair.requirement(volume_t="500", tolerance_pct="2")
    pair.deal(490, wanted=wanted)
    wanted.refresh_from_db()
    assert wanted.state == "OPEN"


def revoke(pair: Pair, now: datetime = NOW) -> None:
    certificates.revoke(
        public_id=pair.certificate.public_id, by=pair.admin, reason="A forgery.", now=now
    )


def test_a_revoked_certificate_flags_deals_that_still_stand(pair: Pair) -> None:
    confirmed, delivered, retired = (pair.deal(lot=pair.lot()) for _ in range(3))
    for deal in (delivered, retired):
        pair.deliver(deal)
    claims.retire(
        by=pair.buyer.actor, public_id=retired.public_id, raw={"reporting_year": "2026"}, now=NOW
    )
    revoke(pair)
    flags = {one.pk: one.flagged_at for one in Deal.objects.all()}
    assert flags == {confirmed.pk: NOW, delivered.pk: NOW, retired.pk: None}
    notices = told(Event.DEAL_FLAGGED)
    assert len(notices) == 4
    assert {party for party, _params in notices} == {
        pair.producer.organisation.pk,
        pair.buyer.organisation.pk,
    }


def test_an_admin_of_neither_side_clears_a_flag(pair: Pair) -> None:
    deal = pair.deal()
    revoke(pair)
    organisations.add_member(
        organisation=pair.buyer.organisation, user=pair.admin, role=Role.VIEWER
    )
    clear: Callable[..., Any] = deals.clear_flag
    with pytest.raises(NotAllowed):
        clear(public_id=deal.public_id, by=pair.admin, reason="All is well.", now=NOW)
    with pytest.raises(NotAllowed):
        clear(public_id=deal.public_id, by=pair.buyer.user, reason="All is well.", now=NOW)
    other = made.admin(now=NOW)
    done = clear(public_id=deal.public_id, by=other, reason="Reissued as CGMC-9.", now=NOW)
    assert (done.flagged_at, done.state_reason) == (None, "Reissued as CGMC-9.")
    cleared = told(Event.DEAL_CLEARED)
    assert {params["why"] for _party, params in cleared} == {"Reissued as CGMC-9."}
    assert {pair.producer.organisation.pk, pair.buyer.organisation.pk} <= {
        party for party, _params in cleared
    }
    with pytest.raises(Conflict):
        clear(public_id=deal.public_id, by=other, reason="Again.", now=NOW)

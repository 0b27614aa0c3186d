"""Delivery and claim: where each kilogram of a deal ends, and that it is claimed once."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from django.db import InternalError, transaction

from marketplace.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound
from marketplace.domain.records import content_sha256
from marketplace.domain.vocabulary import Event
from marketplace.models import (
    Claim,
    Deal,
    Delivery,
    Lot,
    MarketSettings,
    Notification,
    Organisation,
    OutboxRow,
)
from marketplace.selectors import ledger as ledger_selectors
from marketplace.services import certificates, claims, deals, deliveries, outbox
from tests.factories import market as made
from tests.factories.deals import Pair, shipment
from tests.factories.offers import books_balance
from tests.factories.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
PDF = b"%PDF-1.7 analysis"


@pytest.fixture(autouse=True)
def books() -> Iterator[None]:
    yield
    books_balance()


@pytest.fixture
def pair() -> Pair:
    return Pair(NOW)


def retire(pair: Pair, deal: Deal, **raw: object) -> Deal:
    values = {"beneficiary": "Plant 3", "reporting_year": "2026", **raw}
    return claims.retire(by=pair.buyer.actor, public_id=deal.public_id, raw=values, now=NOW)


def lot_of(deal: Deal) -> Lot:
    return Lot.objects.get(pk=deal.proposal.lot_id)


def test_a_short_delivery_gives_the_rest_back_to_the_certificate(pair: Pair) -> None:
    deal = pair.deal(wanted=pair.requirement(volume_t="500"))
    assert pair.deliver(deal, "498.750").state == "DELIVERED"

    lot = lot_of(deal)
    assert (lot.sold_kg, lot.delivered_kg, lot.returned_kg) == (498_750, 498_750, 1_250)
    pair.certificate.refresh_from_db()
    assert pair.certificate.allocated_kg == 498_750
    deal.proposal.requirement.refresh_from_db()
    assert deal.proposal.requirement.bought_kg == 500_000
    claim = Claim.objects.get()
    assert (claim.kg, claim.number[:9]) == (498_750, "GPC-2026-")
    assert claim.content_sha256 == content_sha256(claim.record)
    assert claim.record["short_kg"] == 1_250
    assert claim.record["deal"]["content_sha256"] == deal.content_sha256
    assert "no credit, no offset and no inventory reduction" in claim.record["statement"]
    (notice,) = Notification.objects.filter(event=Event.DEAL_DELIVERED.value)
    assert (notice.user, notice.params["tonnes"]) == (pair.buyer.user, "498.750")


def test_a_shortfall_asks_for_a_round_and_a_full_delivery_does_not(pair: Pair) -> None:
    """A round at work may drop a bundle of the buyer whose average the shortfall moved."""
    full, short = pair.deal(), pair.deal()
    rounds = OutboxRow.objects.filter(task=outbox.ROUND)
    before = rounds.count()
    pair.deliver(full, "510")
    assert rounds.count() == before
    pair.deliver(short, "499")
    assert rounds.count() == before + 1


def test_kilograms_above_the_contract_carry_no_claim(pair: Pair) -> None:
    deal = pair.deal()
    pair.deliver(deal, "510")
    claim = Claim.objects.get()
    assert (claim.kg, claim.record["shipped_kg"], claim.record["above_contract_kg"]) == (
        500_000,
        510_000,
        10_000,
    )
    assert lot_of(deal).returned_kg == 0


def test_more_than_two_percent_above_is_refused_and_nothing_is_saved(pair: Pair) -> None:
    deal = pair.deal()
    with pytest.raises(InvalidInput, match="2 %"):
        pair.deliver(deal, "510.001")
    assert (Deal.objects.get().state, Delivery.objects.count()) == ("CONFIRMED", 0)


def test_only_the_producer_records_it_and_once(pair: Pair) -> None:
    deal = pair.deal()
    stranger = made.trader(side="producer", by=pair.admin, now=NOW)
    for actor, refusal in ((pair.buyer.actor, NotAllowed), (stranger.actor, NotFound)):
        with pytest.raises(refusal):
            deliveries.record(by=actor, public_id=deal.public_id, raw=shipment(deal), now=NOW)
    pair.deliver(deal)
    with pytest.raises(Conflict):
        pair.deliver(deal)


def test_a_stale_version_records_nothing(pair: Pair) -> None:
    deal = pair.deal()
    with pytest.raises(Conflict):
        deliveries.record(
            by=pair.producer.actor,
            public_id=deal.public_id,
            raw=shipment(deal),
            version=deal.version + 1,
            now=NOW,
        )


def test_a_pause_of_trading_stops_no_delivery_but_a_suspension_does(pair: Pair) -> None:
    first, second = pair.deal(lot=pair.lot()), pair.deal(lot=pair.lot())
    MarketSettings.objects.update_or_create(pk=1, defaults={"trading_paused_at": NOW})
    assert pair.deliver(first).state == "DELIVERED"
    MarketSettings.objects.update(trading_paused_at=None)
    Organisation.objects.filter(pk=pair.producer.organisation.pk).update(suspended_at=NOW)
    pair.producer.organisation.refresh_from_db()
    with pytest.raises(NotAllowed):
        pair.deliver(second)


def test_the_analysis_is_kept_by_content_or_refused(
    pair: Pair, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    deal = pair.deal()

    def record(content: bytes) -> Deal:
        return deliveries.record(
            by=pair.producer.actor,
            public_id=deal.public_id,
            raw=shipment(deal),
            analysis=io.BytesIO(content),
            now=NOW,
        )

    with pytest.raises(InvalidInput) as caught:
        record(b"<html>")
    assert [one.field for one in caught.value.errors] == ["analysis"]
    assert Deal.objects.get().state == "CONFIRMED"
    record(PDF)
    kept = Delivery.objects.get()
    with kept.analysis.open("rb") as stored:
        assert (stored.read(), kept.analysis_type) == (PDF, "application/pdf")


def test_a_claim_is_retired_once(pair: Pair) -> None:
    deal = pair.deal()
    with pytest.raises(Conflict):
        retire(pair, deal)
    pair.deliver(deal)
    retire(pair, deal)
    claim = Claim.objects.get()
    assert (claim.beneficiary, claim.reporting_year, claim.retired_at) == ("Plant 3", 2026, NOW)
    pair.certificate.refresh_from_db()
    assert (pair.certificate.claimed_kg, pair.certificate.allocated_kg) == (500_000, 500_000)
    assert ledger_selectors.balance(pair.certificate).sold_kg == 0
    with pytest.raises(Conflict, match="retired already"):
        retire(pair, deal)
    (notice,) = Notification.objects.filter(event=Event.CLAIM_RETIRED.value)
    assert notice.user == pair.producer.user


def test_without_a_name_the_buyer_itself_is_the_beneficiary(pair: Pair) -> None:
    deal = pair.deal()
    pair.deliver(deal)
    retire(pair, deal, beneficiary="")
    assert Claim.objects.get().beneficiary == pair.buyer.organisation.name


def test_only_the_buyer_retires_it(pair: Pair) -> None:
    deal = pair.deal()
    pair.deliver(deal)
    with pytest.raises(NotAllowed):
        claims.retire(
            by=pair.producer.actor,
            public_id=deal.public_id,
            raw={"reporting_year": "2026"},
            now=NOW,
        )


def test_a_flagged_claim_waits_until_an_admin_clears_it(pair: Pair) -> None:
    deal = pair.deal()
    pair.deliver(deal)
    certificates.revoke(
        public_id=pair.certificate.public_id, by=pair.admin, reason="A forgery.", now=NOW
    )
    with pytest.raises(Conflict, match="speaks against"):
        retire(pair, deal)
    deals.clear_flag(public_id=deal.public_id, by=pair.admin, reason="A mistake.", now=NOW)
    retire(pair, deal)
    assert Claim.objects.get().retired_at == NOW


def test_what_is_retired_stays_so_even_for_the_application(pair: Pair) -> None:
    deal = pair.deal()
    pair.deliver(deal)
    with pytest.raises(InternalError), transaction.atomic():
        Claim.objects.update(kg=1)
    retire(pair, deal)
    with pytest.raises(InternalError), transaction.atomic():
        Claim.objects.update(retired_at=None, retired_by=None, reporting_year=None)


def test_delivered_twice_or_retired_twice_at_once_one_wins(pair: Pair) -> None:
    deal = pair.deal()
    delivered = at_once([lambda: pair.deliver(deal, "499")] * 4)
    assert sorted(type(one).__name__ for one in delivered) == ["Conflict"] * 3 + ["Deal"]
    retired = at_once([lambda: retire(pair, deal)] * 4)
    assert sorted(type(one).__name__ for one in retired) == ["Conflict"] * 3 + ["Deal"]
    pair.certificate.refresh_from_db()
    assert pair.certificate.claimed_kg == 499_000


def test_a_retirement_and_a_revocation_meet_and_only_one_comes_first(pair: Pair) -> None:
    for _round in range(5):
        backing = made.certificate(pair.producer, by=pair.admin, now=NOW)
        deal = pair.deal(lot=made.lot(pair.producer, backing, now=NOW))
        pair.deliver(deal)
        stop = partial(
            certificates.revoke,
            public_id=backing.public_id,
            by=pair.admin,
            reason="A forgery.",
            now=NOW,
        )
        at_once([partial(retire, pair, deal), stop])
        deal.refresh_from_db()
        assert (deal.claim.retired_at is None) == (deal.flagged_at is not None)

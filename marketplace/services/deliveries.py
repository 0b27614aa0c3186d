"""Delivery closes a deal: what was shipped is claimable, what was not goes back to be sold."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F

from marketplace.domain import fields
from marketplace.domain.deliveries import (
    Contracted,
    DeliveryTerms,
    Split,
    parse_delivery,
    split,
)
from marketplace.domain.errors import NotAllowed, gettext_noop
from marketplace.domain.records import content_sha256
from marketplace.domain.vocabulary import DealState, Event, LedgerAccount, Side
from marketplace.domain.webhooks import EventType
from marketplace.models import Certificate, Claim, Deal, Delivery, Lot, User
from marketplace.models.actors import Actor
from marketplace.selectors import deals as selectors
from marketplace.services import (
    deal_records,
    deal_steps,
    documents,
    events,
    ledger,
    locks,
    notifications,
    outbox,
)
from marketplace.services.constraints import one_transaction

PRODUCERS_ONLY = gettext_noop("The producer records the delivery.")


@one_transaction
def record(
    *,
    by: Actor,
    public_id: UUID,
    raw: Mapping[str, object],
    analysis: Any = None,
    version: int | None = None,
    now: datetime,
) -> Deal:
    """The producer states what was shipped; the buyer gets its claim over it, once.

    ``analysis``: a file-like object, the certificate of analysis, or None. A flagged deal may be
    delivered: the metal is on its way; its claim waits until the flag is cleared.
    """
    found = deal_steps.own(by, public_id)
    deal_steps.performer(by)
    if selectors.side_of(by, found) is not Side.PRODUCER:
        raise NotAllowed(PRODUCERS_ONLY)
    deal = deal_steps.lock(found, version=version)
    deal_steps.expect(deal, DealState.CONFIRMED)
    terms = parse_delivery(
        raw,
        contracted=Contracted(deal.quantity_kg, deal.concluded_at.date()),
        today=now.date(),
    )
    paper = None if analysis is None else documents.read(analysis, "analysis")
    deal_steps.change(
        deal, state=DealState.DELIVERED.value, closed_at=now, **deal_steps.NO_CANCELLATION
    )
    delivery = _write(deal, terms, by.user, now)
    parts = split(shipped_kg=terms.shipped_kg, contracted_kg=deal.quantity_kg)
    _post(found, parts, by.user, now)
    _issue_claim(deal, delivery, parts, now)
    if parts.short_kg:
        # The certificate has tonnes again, and the average limit of the buyer may have moved.
        outbox.request_round(now=now)
    events.record([events.of_deal(deal, EventType.DEAL_DELIVERED)], now=now)
    told = fields.tonnes(terms.shipped_kg)
    notifications.tell_many(
        [deal_steps.to_side(deal, Event.DEAL_DELIVERED, deal.buyer_id, tonnes=told)], now=now
    )
    # Last: a step that is refused leaves no file behind.
    if paper is not None:
        documents.attach_analysis(delivery, paper)
        delivery.save(update_fields=["analysis", "analysis_type", "analysis_sha256"])
    return deal


def _write(deal: Deal, terms: DeliveryTerms, by: User, now: datetime) -> Delivery:
    return Delivery.objects.create(
        deal=deal,
        shipped_kg=terms.shipped_kg,
        shipped_on=terms.shipped_on,
        cast_numbers=list(terms.cast_numbers),
        transport_document=terms.transport_document,
        recorded_by=by,
        recorded_at=now,
    )


def _post(deal: Deal, parts: Split, by: User, now: datetime) -> None:
    """SOLD -> DELIVERED, and the shortfall SOLD -> FREE, counters beside the ledger.

    The requirement's bought kilograms stay as contracted: a shortfall is settled between the two.
    """
    lot_id = deal.proposal.lot_id
    drawn = ledger.drawn_on([lot_id])[lot_id]
    locks.certificates(drawn)
    Lot.objects.filter(pk=lot_id).update(
        sold_kg=F("sold_kg") - parts.short_kg,
        returned_kg=F("returned_kg") + parts.short_kg,
        delivered_kg=F("delivered_kg") + parts.delivered_kg,
    )
    Certificate.objects.filter(pk__in=drawn).update(allocated_kg=F("allocated_kg") - parts.short_kg)
    for target, kg in (
        (LedgerAccount.DELIVERED, parts.delivered_kg),
        (LedgerAccount.FREE, parts.short_kg),
    ):
        if kg:
            ledger.post_for_lot(
                lot_id=lot_id,
                source=LedgerAccount.SOLD,
                target=target,
                kg=kg,
                proposal_id=deal.proposal_id,
                by=by,
                now=now,
            )


def _issue_claim(deal: Deal, delivery: Delivery, parts: Split, now: datetime) -> None:
    pk, number = deal_records.next_number(Claim, "GPC", now)
    record = deal_records.of_claim(deal, delivery, parts, number, now)
    Claim.objects.create(
        pk=pk,
        number=number,
        deal=deal,
        kg=parts.delivered_kg,
        record=record,
        content_sha256=content_sha256(record),
        issued_at=now,
    )

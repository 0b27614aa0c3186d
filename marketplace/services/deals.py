"""The deal: both accepted. Its record says everything that was compared, and is hashed."""

import hashlib
import json
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F

from marketplace.domain.errors import Conflict
from marketplace.domain.vocabulary import (
    DealState,
    LedgerAccount,
    ListingState,
    ProposalState,
)
from marketplace.models import Deal, Lot, LotCertificate, Proposal, Requirement, User
from marketplace.services import ledger

STANDING = "An indication, subject to contract."


def conclude(*, proposal: Proposal, by: User, now: datetime) -> Deal:
    """Close a locked proposal that both sides accepted: deal, counters and ledger at once."""
    changed = Proposal.objects.filter(
        pk=proposal.pk, state=ProposalState.PROPOSED.value, version=proposal.version
    ).update(
        state=ProposalState.DEAL.value,
        producer_answer=proposal.producer_answer,
        buyer_answer=proposal.buyer_answer,
        closed_at=now,
    )
    if not changed:
        raise Conflict
    proposal.state, proposal.closed_at = ProposalState.DEAL.value, now
    kg = proposal.quantity_kg
    Lot.objects.filter(pk=proposal.lot_id).update(
        reserved_kg=F("reserved_kg") - kg, sold_kg=F("sold_kg") + kg
    )
    Requirement.objects.filter(pk=proposal.requirement_id).update(
        reserved_kg=F("reserved_kg") - kg, bought_kg=F("bought_kg") + kg
    )
    closed = ListingState.CLOSED.value
    Lot.objects.filter(pk=proposal.lot_id, quantity_kg=F("sold_kg") + F("returned_kg")).update(
        state=closed
    )
    Requirement.objects.filter(pk=proposal.requirement_id, bought_kg=F("volume_kg")).update(
        state=closed
    )
    ledger.post_for_lot(
        lot_id=proposal.lot_id,
        source=LedgerAccount.RESERVED,
        target=LedgerAccount.SOLD,
        kg=kg,
        proposal_id=proposal.pk,
        by=by,
        now=now,
    )
    return _write(proposal, now)


def flag(*, lot_ids: list[int], reason: str, now: datetime) -> int:
    """Mark confirmed deals for review: a certificate behind them is no longer good."""
    return Deal.objects.filter(
        proposal__lot__in=lot_ids, state=DealState.CONFIRMED.value, flagged_at__isnull=True
    ).update(flagged_at=now, flag_reason=reason[:500])


def content_sha256(record: dict[str, Any]) -> str:
    canonical = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _write(proposal: Proposal, now: datetime) -> Deal:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [Deal._meta.db_table])
        pk = cursor.fetchone()[0]
    number = f"GP-{now.year}-{pk:06d}"
    parties = Proposal.objects.select_related("lot__organisation", "requirement__organisation")
    whole = parties.get(pk=proposal.pk)
    record = _record(whole, number, now)
    return Deal.objects.create(
        pk=pk,
        number=number,
        proposal=proposal,
        producer=whole.lot.organisation,
        buyer=whole.requirement.organisation,
        quantity_kg=whole.quantity_kg,
        premium=whole.ask_premium,
        premium_unit=whole.premium_unit,
        record=record,
        content_sha256=content_sha256(record),
        concluded_at=now,
    )


def _record(proposal: Proposal, number: str, now: datetime) -> dict[str, Any]:
    """What both sides see and what was compared; the buyer's limit is no part of it."""
    lot, wanted = proposal.lot, proposal.requirement
    return {
        "number": number,
        "concluded_at": now.isoformat(),
        "standing": STANDING,
        "terms_version": proposal.terms_version,
        "producer": {
            "id": str(lot.organisation.public_id),
            "name": lot.organisation.name,
        },
        "buyer": {
            "id": str(wanted.organisation.public_id),
            "name": wanted.organisation.name,
        },
        "lot": {"id": str(lot.public_id), "version": proposal.lot_version},
        "requirement": {
            "id": str(wanted.public_id),
            "version": proposal.requirement_version,
        },
        "product_form": lot.product_form,
        "grade": lot.grade,
        "brand": lot.brand,
        "origin_country": lot.origin_country,
        "quantity_kg": proposal.quantity_kg,
        "boundary": proposal.boundary,
        "ci_milli": proposal.ci_milli,
        "certificates": _certificates(lot),
        "premium": str(proposal.ask_premium),
        "premium_unit": proposal.premium_unit,
        "premium_usd_e4": proposal.premium_usd_e4,
        "fx_usd_per_unit": str(proposal.fx_usd_per_unit),
        "fx_date": proposal.fx_date.isoformat() if proposal.fx_date else None,
        "incoterm": lot.incoterm,
        "place": lot.place,
        "duty_status": lot.duty_status,
        "delivery_region": wanted.delivery_region,
        "window_start": proposal.window_start.isoformat(),
        "window_end": proposal.window_end.isoformat(),
        "round": proposal.round_number,
        "engine_version": proposal.engine_version,
    }


def _certificates(lot: Lot) -> list[dict[str, Any]]:
    links = LotCertificate.objects.filter(lot=lot).select_related("certificate")
    return [
        {
            "scheme": link.certificate.scheme,
            "issuer": link.certificate.issuer,
            "number": link.certificate.number,
            "version": link.certificate.version,
            "valid_to": link.certificate.valid_to.isoformat(),
            "draws_tonnes": link.draws_tonnes,
        }
        for link in links.order_by("certificate_id")
    ]

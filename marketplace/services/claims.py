"""A claim over delivered tonnes: the buyer retires it once, for one year and one beneficiary."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import F

from marketplace.domain import fields
from marketplace.domain.deliveries import parse_retirement
from marketplace.domain.errors import Conflict, NotAllowed, gettext_noop
from marketplace.domain.vocabulary import DealState, Event, LedgerAccount, Side
from marketplace.models import Certificate, Claim, Deal, Delivery
from marketplace.models.actors import Actor
from marketplace.selectors import deals as selectors
from marketplace.services import deal_steps, ledger, locks, notifications
from marketplace.services.constraints import one_transaction

BUYERS_ONLY = gettext_noop("The buyer retires the claim.")
NO_CLAIM = gettext_noop("There is no claim before the delivery is recorded.")
RETIRED = gettext_noop("This claim is retired already: it can be made once only.")
FLAGGED = gettext_noop("Something speaks against this deal; its claim waits until that is cleared.")


@one_transaction
def retire(
    *,
    by: Actor,
    public_id: UUID,
    raw: Mapping[str, object],
    version: int | None = None,
    now: datetime,
) -> Deal:
    """Use the claim up, for good. ``public_id`` is the deal's."""
    found = deal_steps.own(by, public_id)
    deal_steps.performer(by)
    if selectors.side_of(by, found) is not Side.BUYER:
        raise NotAllowed(BUYERS_ONLY)
    deal = deal_steps.lock(found, version=version)
    if deal.state != DealState.DELIVERED.value:
        raise Conflict(NO_CLAIM)
    claim = Claim.objects.get(deal=deal)
    if claim.retired_at is not None:
        raise Conflict(RETIRED)
    if deal.flagged_at is not None:
        raise Conflict(FLAGGED)
    shipped_on = Delivery.objects.values_list("shipped_on", flat=True).get(deal=deal)
    terms = parse_retirement(raw, shipped_on=shipped_on, today=now.date())
    changed = Claim.objects.filter(pk=claim.pk, retired_at__isnull=True).update(
        beneficiary=terms.beneficiary or found.buyer.name,
        reporting_year=terms.reporting_year,
        retired_at=now,
        retired_by=by.user,
    )
    if not changed:
        raise Conflict(RETIRED)
    deal_steps.change(deal)
    _post(found, claim.kg, by, now)
    tonnes = fields.tonnes(claim.kg)
    notifications.tell_many(
        [deal_steps.to_side(deal, Event.CLAIM_RETIRED, deal.producer_id, tonnes=tonnes)], now=now
    )
    return deal


def _post(deal: Deal, kg: int, by: Actor, now: datetime) -> None:
    lot_id = deal.proposal.lot_id
    drawn = ledger.drawn_on([lot_id])[lot_id]
    locks.certificates(drawn)
    Certificate.objects.filter(pk__in=drawn).update(claimed_kg=F("claimed_kg") + kg)
    ledger.post_for_lot(
        lot_id=lot_id,
        source=LedgerAccount.DELIVERED,
        target=LedgerAccount.CLAIMED,
        kg=kg,
        proposal_id=deal.proposal_id,
        by=by.user,
        now=now,
    )

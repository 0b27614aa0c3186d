"""What a round would ask for: members of bundles, and an oracle over counters and ledger."""

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum

from marketplace.domain.vocabulary import LedgerAccount, ProposalState
from marketplace.models import Certificate, LedgerPosting, Lot, Requirement
from marketplace.services.bundles import BundleMember


def member(lot: Lot, requirement: Requirement, tonnes: int) -> BundleMember:
    return BundleMember(
        lot_id=lot.pk,
        requirement_id=requirement.pk,
        quantity_kg=tonnes * 1000,
        lot_version=lot.version,
        requirement_version=requirement.version,
        ci_milli=3_200,
        premium_usd_e4=200_000,
        fx_usd_per_unit=Decimal(1),
        fx_date=None,
    )


def books_balance() -> None:
    """Counters == ledger == live proposals on every lot, requirement and certificate."""
    for lot in Lot.objects.all():
        live = _sum(lot.proposals.filter(state=ProposalState.PROPOSED.value), "quantity_kg")
        sold = _sum(lot.proposals.filter(state=ProposalState.DEAL.value), "quantity_kg")
        assert (lot.reserved_kg, lot.sold_kg) == (live, sold)
        assert lot.available_kg >= 0
        for link in lot.certificate_links.filter(draws_tonnes=True):
            held = {
                account: _balance(link.certificate_id, account, lot_id=lot.pk)
                for account in (LedgerAccount.LISTED, LedgerAccount.RESERVED, LedgerAccount.SOLD)
            }
            assert list(held.values()) == [lot.available_kg, live, sold]
    for wanted in Requirement.objects.all():
        live = _sum(wanted.proposals.filter(state=ProposalState.PROPOSED.value), "quantity_kg")
        assert wanted.reserved_kg == live
    for certificate in Certificate.objects.filter(certified_kg__isnull=False):
        assert _balance(certificate.pk, LedgerAccount.FREE) == certificate.free_kg


def _balance(certificate_id: int, account: LedgerAccount, lot_id: int | None = None) -> int:
    rows = LedgerPosting.objects.filter(certificate=certificate_id)
    if lot_id is not None:
        rows = rows.filter(lot=lot_id)
    return _sum(rows.filter(target=account.value), "kg") - _sum(
        rows.filter(source=account.value), "kg"
    )


def _sum(rows: QuerySet[Any], column: str) -> int:
    return int(rows.aggregate(total=Sum(column, default=0))["total"])

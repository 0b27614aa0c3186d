"""What a round would ask for: members of bundles, and whether the books agree."""

from decimal import Decimal

from marketplace.models import Lot, Requirement
from marketplace.selectors import reconciliation
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
    """Counters, ledger, live proposals, deals, records and audit agree."""
    assert reconciliation.differences() == []

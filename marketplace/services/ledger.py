"""The certificate ledger: kilograms move from one account to another, and never vanish."""

from collections.abc import Sequence
from datetime import datetime

from marketplace.domain.vocabulary import LedgerAccount
from marketplace.models import LedgerPosting, LotCertificate, User


def post(
    *,
    certificate_id: int,
    source: LedgerAccount,
    target: LedgerAccount,
    kg: int,
    lot_id: int | None = None,
    proposal_id: int | None = None,
    by: User | None = None,
    now: datetime,
) -> LedgerPosting:
    """Append one movement of ``kg`` > 0; call it in the transaction that changes the counters."""
    return LedgerPosting.objects.create(
        certificate_id=certificate_id,
        source=source.value,
        target=target.value,
        kg=kg,
        lot_id=lot_id,
        proposal_id=proposal_id,
        posted_by=by,
        posted_at=now,
    )


def post_for_lot(
    *,
    lot_id: int,
    source: LedgerAccount,
    target: LedgerAccount,
    kg: int,
    proposal_id: int | None = None,
    by: User | None = None,
    now: datetime,
) -> None:
    """The same movement on every tonnage certificate that the lot draws on."""
    for certificate_id in drawn_on([lot_id])[lot_id]:
        post(
            certificate_id=certificate_id,
            source=source,
            target=target,
            kg=kg,
            lot_id=lot_id,
            proposal_id=proposal_id,
            by=by,
            now=now,
        )


def drawn_on(lot_ids: Sequence[int]) -> dict[int, list[int]]:
    """Primary keys of the tonnage certificates by lot, in order."""
    found: dict[int, list[int]] = {lot_id: [] for lot_id in lot_ids}
    links = LotCertificate.objects.filter(lot__in=lot_ids, draws_tonnes=True)
    for lot_id, certificate_id in links.order_by("certificate_id").values_list(
        "lot_id", "certificate_id"
    ):
        found[lot_id].append(certificate_id)
    return found

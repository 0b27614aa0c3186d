"""A certificate's statement: every posting in order, with the balances after it."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from marketplace.domain.vocabulary import LedgerAccount
from marketplace.models import Certificate, LedgerPosting, Membership, Organisation

CHUNK = 2_000
Account = LedgerAccount
HELD = tuple(account for account in Account if account is not Account.ISSUED)
HAPPENED: dict[tuple[str, str], Promise] = {
    (Account.ISSUED, Account.FREE): _("certified tonnes entered"),
    (Account.FREE, Account.LISTED): _("drawn by a lot"),
    (Account.LISTED, Account.FREE): _("given back by a lot"),
    (Account.LISTED, Account.RESERVED): _("reserved by a proposal"),
    (Account.RESERVED, Account.LISTED): _("proposal ended, back on offer"),
    (Account.RESERVED, Account.SOLD): _("sold by a deal"),
    (Account.SOLD, Account.LISTED): _("deal cancelled, back on offer"),
    (Account.SOLD, Account.FREE): _("no longer sold: not shipped, or cancelled"),
    (Account.SOLD, Account.DELIVERED): _("delivered to the buyer"),
    (Account.DELIVERED, Account.CLAIMED): _("claimed by the buyer, retired"),
}


@dataclass(frozen=True)
class Balance:
    """Where a certificate's kilograms are, by its ledger; the sum is what was certified."""

    free_kg: int = 0
    listed_kg: int = 0
    reserved_kg: int = 0
    sold_kg: int = 0
    delivered_kg: int = 0
    claimed_kg: int = 0

    @property
    def total_kg(self) -> int:
        return sum(asdict(self).values())


@dataclass(frozen=True)
class Line:
    """One posting in trade words. ``by``: a person of the holder; empty for everybody else."""

    at: datetime
    happened: str
    lot: UUID | None
    proposal: UUID | None
    deal: str
    by: str
    kg: int
    balance: Balance


@dataclass(frozen=True)
class Check:
    """What was certified against what the accounts hold together."""

    certified_kg: int
    balance: Balance

    @property
    def difference_kg(self) -> int:
        return self.certified_kg - self.balance.total_kg

    @property
    def reconciles(self) -> bool:
        return self.difference_kg == 0


def balance(certificate: Certificate) -> Balance:
    return _balance(_held(LedgerPosting.objects.filter(certificate=certificate)))


def balances(certificates: Collection[Certificate]) -> dict[int, Balance]:
    """Of many certificates by key, in one query."""
    held: dict[int, Counter[str]] = {one.pk: Counter() for one in certificates}
    rows = LedgerPosting.objects.filter(certificate__in=held).order_by()
    for row in rows.values("certificate", "source", "target").annotate(total=Sum("kg")):
        held[row["certificate"]][row["target"]] += int(row["total"])
        held[row["certificate"]][row["source"]] -= int(row["total"])
    return {pk: _balance(one) for pk, one in held.items()}


def check(certificate: Certificate) -> Check:
    """Before its verification nothing is issued, and nothing is to be found."""
    held = _held(LedgerPosting.objects.filter(certificate=certificate))
    # An account without any posting is not in the sums at all.
    is_issued = Account.ISSUED.value in held
    return Check(certificate.certified_kg or 0 if is_issued else 0, _balance(held))


def postings(certificate: Certificate) -> QuerySet[LedgerPosting]:
    """In the order in which they were written."""
    found = LedgerPosting.objects.filter(certificate=certificate)
    return (
        found.select_related("lot", "proposal__deal").defer("proposal__deal__record").order_by("pk")
    )


def lines(holder: Organisation, rows: Iterable[LedgerPosting]) -> Iterator[Line]:
    """Rows of ``postings`` that follow each other, in words, with the balances after each."""
    own = dict(Membership.objects.filter(organisation=holder).values_list("user_id", "user__name"))
    held: Counter[str] | None = None
    for row in rows:
        if held is None:
            earlier = LedgerPosting.objects.filter(certificate=row.certificate_id, pk__lt=row.pk)
            held = _held(earlier)
        held[row.target] += row.kg
        held[row.source] -= row.kg
        deal = getattr(row.proposal, "deal", None)
        yield Line(
            at=row.posted_at,
            happened=_words(row),
            lot=row.lot.public_id if row.lot else None,
            proposal=row.proposal.public_id if row.proposal else None,
            deal=deal.number if deal else "",
            by=own.get(row.posted_by_id or 0, ""),
            kg=row.kg,
            balance=_balance(held),
        )


def whole(certificate: Certificate) -> Iterator[Line]:
    """All lines, read piece by piece."""
    return lines(certificate.organisation, postings(certificate).iterator(CHUNK))


def _held(rows: QuerySet[LedgerPosting]) -> Counter[str]:
    held: Counter[str] = Counter()
    for row in rows.order_by().values("source", "target").annotate(total=Sum("kg")):
        held[row["target"]] += int(row["total"])
        held[row["source"]] -= int(row["total"])
    return held


def _balance(held: Counter[str]) -> Balance:
    return Balance(**{f"{account.value.lower()}_kg": held[account.value] for account in HELD})


def _words(row: LedgerPosting) -> str:
    known = HAPPENED.get((row.source, row.target))
    return str(known or f"{row.get_source_display()} > {row.get_target_display()}")

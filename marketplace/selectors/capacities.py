"""Where the tonnes of a producer's certificates are, and what they earned beside what they cost."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, Sum

from marketplace.domain.premiums import PremiumSum
from marketplace.domain.vocabulary import CertificateState, DealState
from marketplace.models import Certificate, Deal, LotCertificate
from marketplace.models.actors import Actor
from marketplace.selectors import certificates, ledger
from marketplace.selectors.ledger import Balance

SHOWN = 20


@dataclass(frozen=True)
class Capacity:
    """One certificate over tonnes; ``earned`` None: nothing is sold under it."""

    certificate: Certificate
    balance: Balance
    earned: PremiumSum | None

    @property
    def certified_kg(self) -> int:
        return self.balance.total_kg

    @property
    def gone_kg(self) -> int:
        """Sold, and whatever became of that later."""
        return self.balance.sold_kg + self.balance.delivered_kg + self.balance.claimed_kg

    @property
    def cost_per_t(self) -> Decimal | None:
        """What the certification cost for each certified tonne, in the currency it was paid in."""
        cost = self.certificate.cost
        if cost is None or not self.certificate.certified_kg:
            return None
        return (cost * 1_000 / self.certificate.certified_kg).quantize(Decimal("0.01"))


def capacities(actor: Actor) -> list[Capacity]:
    """Own certificates over tonnes that were verified once; newest first, in three queries."""
    decided = certificates.own(actor).exclude(
        state__in=[CertificateState.PENDING.value, CertificateState.REFUSED.value]
    )
    found = list(decided.filter(certified_kg__isnull=False)[:SHOWN])
    balances, earned = ledger.balances(found), _earned(found)
    return [Capacity(one, balances[one.pk], earned.get(one.pk)) for one in found]


def _earned(found: Collection[Certificate]) -> dict[int, PremiumSum]:
    drawn = LotCertificate.objects.filter(certificate__in=found, draws_tonnes=True)
    standing = Deal.objects.exclude(state=DealState.CANCELLED.value)
    rows = (
        drawn.filter(lot__proposals__deal__in=standing)
        .values("certificate")
        .annotate(
            kg=Sum("lot__proposals__deal__quantity_kg"),
            usd=Sum(F("lot__proposals__deal__quantity_kg") * F("lot__proposals__premium_usd_e4")),
        )
    )
    return {row["certificate"]: PremiumSum(int(row["usd"]), int(row["kg"])) for row in rows}

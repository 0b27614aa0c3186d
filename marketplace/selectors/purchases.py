"""What a buyer bought: tonnes, carbon against its own limits, and premium, by year and boundary."""

from dataclasses import dataclass

from django.db.models import F, Sum
from django.db.models.functions import ExtractYear

from marketplace.domain.premiums import PremiumSum
from marketplace.domain.vocabulary import Boundary, DealState
from marketplace.models import Deal
from marketplace.models.actors import Actor


@dataclass(frozen=True)
class Bought:
    """Deals of one year (UTC) that stand, within one boundary: boundaries are never averaged.

    ``ci_milli`` and ``limit_milli``: weighted by tonnes, 1/1000 t CO2e/t, rounded up; the limits
    are those of the requirements as they stand.
    """

    year: int
    boundary: Boundary
    deals: int
    ci_milli: int
    limit_milli: int
    premium: PremiumSum


def by_year(actor: Actor) -> list[Bought]:
    """Newest year first, in one query."""
    standing = Deal.objects.filter(buyer=actor.organisation).exclude(
        state=DealState.CANCELLED.value
    )
    kg, proposal = F("quantity_kg"), "proposal__"
    rows = (
        standing.values(year=ExtractYear("concluded_at"), within=F(f"{proposal}boundary"))
        .annotate(
            kg=Sum(kg),
            deals=Sum(1),
            carbon=Sum(kg * F(f"{proposal}ci_milli")),
            limits=Sum(kg * F(f"{proposal}requirement__max_ci_milli")),
            usd=Sum(kg * F(f"{proposal}premium_usd_e4")),
        )
        .order_by("-year", "within")
    )
    return [
        Bought(
            row["year"],
            Boundary(row["within"]),
            row["deals"],
            -(-int(row["carbon"]) // int(row["kg"])),
            -(-int(row["limits"]) // int(row["kg"])),
            PremiumSum(int(row["usd"]), int(row["kg"])),
        )
        for row in rows
    ]

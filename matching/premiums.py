"""Marginal premiums of the newest round: kept when it is stored, read by market admins."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from matching import engine
from matching.engine import PricePoint, Product
from matching.models import MarginalPremiums, MatchingRound


@dataclass(frozen=True)
class Curve:
    """One product, cleanest level first."""

    product: Product
    points: tuple[PricePoint, ...]


@dataclass(frozen=True)
class Told:
    """``round``: whose duals these are; None where no round has kept any."""

    round: MatchingRound | None
    curves: tuple[Curve, ...]


def keep(current: MatchingRound, market: engine.Market, result: engine.Result) -> None:
    """In the transaction that stores the round; those of earlier rounds are gone with it."""
    found = engine.curves(market, result)
    MarginalPremiums.objects.all().delete()
    MarginalPremiums.objects.create(
        round=current,
        products=[
            {"product": asdict(product), "points": [asdict(point) for point in points]}
            for product, points in found.items()
        ],
    )


def newest() -> Told:
    kept = MarginalPremiums.objects.select_related("round").order_by("-pk").first()
    return Told(kept.round, tuple(_curves(kept))) if kept else Told(None, ())


def _curves(kept: MarginalPremiums) -> Iterator[Curve]:
    for one in kept.products:
        points = tuple(PricePoint(**point) for point in one["points"])
        yield Curve(Product(**one["product"]), points)

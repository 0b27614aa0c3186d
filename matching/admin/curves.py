"""Marginal premiums as a picture and as rows of a file."""

from collections.abc import Iterator

from marketplace.domain.fields import thousandths
from marketplace.web import pictures
from marketplace.web.pictures import Picture
from matching.engine.prices import STEP_MILLI
from matching.premiums import Curve, Told

COLUMNS = (
    "round", "product_form", "grade", "boundary", "ci_t_co2e_t", "lowest_usd_t", "highest_usd_t",
    "wanted_t", "requirements", "buyers", "offered_t", "lots", "producers", "indicative",
)  # fmt: skip
E4 = 10_000


def picture(curve: Curve) -> Picture:
    """A bar over each carbon level from the lowest to the highest value, in USD/t."""
    parts = [
        (one.ci_milli, one.lowest_e4 / E4, one.highest_e4 / E4)
        for one in curve.points
        if one.lowest_e4 is not None and one.highest_e4 is not None
    ]
    return pictures.intervals(parts, STEP_MILLI)


def csv_rows(told: Told) -> Iterator[list[str]]:
    for curve in told.curves:
        product = curve.product
        for one in curve.points:
            yield [
                str(told.round), product.form, product.grade, product.boundary,
                thousandths(one.ci_milli), usd(one.lowest_e4), usd(one.highest_e4),
                thousandths(one.wanted_kg), str(one.requirements), str(one.buyers),
                thousandths(one.offered_kg), str(one.lots), str(one.producers),
                "yes" if one.indicative else "no",
            ]  # fmt: skip


def usd(e4: int | None) -> str:
    """USD/t with four decimals; empty where nobody would take it."""
    return "" if e4 is None else f"{e4 / E4:.4f}"

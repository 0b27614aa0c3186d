"""A lot's raw columns -> LotTerms. The same rules for form, API and file."""

from collections.abc import Mapping
from datetime import date

from marketplace.domain import carbon, premium, product, windows
from marketplace.domain.countries import COUNTRIES
from marketplace.domain.errors import gettext_noop
from marketplace.domain.fields import COUNTRY, REQUIRED, Reader
from marketplace.domain.fx import FxRates
from marketplace.domain.terms import LotTerms
from marketplace.domain.vocabulary import DutyStatus, EnergySource, Incoterm, ProductForm, Region

COLUMNS = (
    "product_form", "grade", "quantity_t", "min_take_t", "ci_smelter_s1s2", "ci_cradle_to_gate",
    "ci_cbam_direct", "ci_verified", "offsets_used", "energy_source", "renewable_pct",
    "recycled_pre_pct", "recycled_post_pct", "origin_country", "delivery_regions", "window_start",
    "window_end", "ask_premium", "premium_unit", "brand", "al_pct", "cn_code", "incoterm", "place",
    "duty_status", "ci_year", "listed_at",
)  # fmt: skip
RECYCLED = gettext_noop("Pre- and post-consumer content together are at most 100 %.")
MIN_TAKE = gettext_noop("The minimum take is at most the quantity.")
YEAR = gettext_noop("Give the reporting year, from 2000 to {high}.")


def parse_lot(raw: Mapping[str, object], *, as_of: date, fx: FxRates) -> LotTerms:
    """Raises InvalidInput with every broken rule; ``as_of`` bounds times, ``fx`` the premium."""
    row, warnings = Reader(raw), list[str]()
    row.only(COLUMNS)
    form = row.code("product_form", ProductForm, required=True)
    grade = row.text("grade", limit=50, required=True)
    quantity = row.kilograms("quantity_t", required=True)
    stated = carbon.statements(row)
    pre, post = row.percent("recycled_pre_pct"), row.percent("recycled_post_pct")
    if pre + post > 10_000:
        row.refuse("recycled_post_pct", "recycled_above_whole", RECYCLED)
    window = windows.read(row)
    asked = premium.read(row, "ask_premium", fx=fx, warnings=warnings)
    optional = {
        "min_take_kg": _min_take(row, quantity),
        "ci_verified": row.yes_no("ci_verified", default=False),
        "offsets_used": row.yes_no("offsets_used", default=False),
        "energy_source": row.code("energy_source", EnergySource),
        "renewable_centi_pct": row.percent("renewable_pct"),
        "origin_country": _origin(row),
        "delivery_regions": row.codes("delivery_regions", Region) or frozenset({Region.GLOBAL}),
        "brand": row.text("brand", limit=100),
        "al_centi_pct": product.aluminium(row, grade),
        "cn_code": product.cn_code(row, form),
        "incoterm": row.code("incoterm", Incoterm),
        "place": row.text("place", limit=100),
        "duty_status": row.code("duty_status", DutyStatus),
        "ci_year": _year(row, as_of),
        "listed_at": row.moment("listed_at", as_of=as_of),
    }
    row.finish()
    # Refused above otherwise.
    assert form and quantity and window and asked
    return LotTerms(
        product_form=form,
        grade=grade,
        quantity_kg=quantity,
        carbon_milli=stated,
        recycled_pre_centi_pct=pre,
        recycled_post_centi_pct=post,
        window_start=window[0],
        window_end=window[1],
        ask_premium=asked[0],
        premium_unit=asked[1],
        warnings=(*warnings, *carbon.unusual(stated, pre + post)),
        **optional,  # type: ignore[arg-type]
    )


def _min_take(row: Reader, quantity: int | None) -> int:
    least = row.kilograms("min_take_t") or 0
    if quantity is not None and least > quantity:
        row.refuse("min_take_t", "above_quantity", MIN_TAKE)
    return least


def _origin(row: Reader) -> str:
    code = row.text("origin_country", limit=10).upper()
    if not code:
        row.refuse("origin_country", "required", REQUIRED)
    elif code not in COUNTRIES:
        row.refuse("origin_country", "unknown_country", COUNTRY)
    return code


def _year(row: Reader, as_of: date) -> int | None:
    year = row.decimal("ci_year", decimals=0)
    if year is None:
        return None
    if not 2000 <= year <= as_of.year:
        row.refuse("ci_year", "out_of_range", YEAR, high=str(as_of.year))
    return int(year)

"""A requirement's raw columns -> RequirementTerms. The same rules for form, API and file."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from marketplace.domain import carbon, premium, windows
from marketplace.domain.errors import gettext_noop
from marketplace.domain.fields import CONTROL, RANGE, TOO_LONG, Reader, as_list, has_control
from marketplace.domain.fx import FxRates
from marketplace.domain.names import comparable
from marketplace.domain.terms import RequirementTerms
from marketplace.domain.vocabulary import (
    Boundary,
    CarbonBasis,
    EnergySource,
    ProductForm,
    Region,
    Scheme,
    SchemesRule,
)

COLUMNS = (
    "product_forms", "grades", "volume_t", "min_lot_t", "partial_ok", "tolerance_pct", "max_ci",
    "boundary", "ci_basis", "per_lot_cap_ci", "max_premium", "premium_unit",
    "internal_carbon_price", "required_schemes", "schemes_rule", "energy_sources",
    "min_renewable_pct", "min_recycled_post_pct", "verified_ci_only", "accept_offsets",
    "allowed_origins", "excluded_origins", "delivery_region", "window_start", "window_end",
    "posted_at",
)  # fmt: skip
NOT_CBAM = gettext_noop("Requirements name SMELTER_S1S2 or CRADLE_TO_GATE.")
CAP_ALONE = gettext_noop("A cap per lot belongs to an average limit only.")
CAP_LOW = gettext_noop("The cap per lot is not below the average limit.")


def parse_requirement(raw: Mapping[str, object], *, as_of: date, fx: FxRates) -> RequirementTerms:
    """Raises InvalidInput with every broken rule; ``as_of`` bounds times, ``fx`` the premium."""
    row, warnings = Reader(raw), list[str]()
    row.only(COLUMNS)
    forms = row.codes("product_forms", ProductForm, required=True)
    volume = row.kilograms("volume_t", required=True)
    limit = carbon.read(row, "max_ci", required=True)
    boundary = row.code("boundary", Boundary, required=True)
    if boundary == Boundary.CBAM_DIRECT:
        row.refuse("boundary", "not_comparable_boundary", NOT_CBAM)
    basis = row.code("ci_basis", CarbonBasis, default=CarbonBasis.PER_LOT)
    cap = _cap(row, basis, limit)
    highest = premium.read(row, "max_premium", fx=fx, warnings=warnings)
    region = row.code("delivery_region", Region, required=True)
    window = windows.read(row)
    optional = {
        "grades": _grades(row),
        "min_lot_kg": row.kilograms("min_lot_t") or 0,
        "partial_ok": row.yes_no("partial_ok", default=True),
        "tolerance_centi_pct": row.percent("tolerance_pct", high="10"),
        "internal_carbon_price": _carbon_price(row),
        "required_schemes": row.codes("required_schemes", Scheme),
        "schemes_rule": row.code("schemes_rule", SchemesRule, default=SchemesRule.ALL),
        "energy_sources": row.codes("energy_sources", EnergySource),
        "min_renewable_centi_pct": row.percent("min_renewable_pct"),
        "min_recycled_post_centi_pct": row.percent("min_recycled_post_pct"),
        "verified_ci_only": row.yes_no("verified_ci_only", default=False),
        "accept_offsets": row.yes_no("accept_offsets", default=False),
        "allowed_origins": row.countries("allowed_origins"),
        "excluded_origins": row.countries("excluded_origins"),
        "posted_at": row.moment("posted_at", as_of=as_of),
    }
    row.finish()
    # Refused above otherwise.
    assert volume and limit and boundary and basis and highest and region and window
    return RequirementTerms(
        product_forms=forms,
        volume_kg=volume,
        max_ci_milli=limit,
        boundary=boundary,
        ci_basis=basis,
        per_lot_cap_milli=cap,
        max_premium=highest[0],
        premium_unit=highest[1],
        delivery_region=region,
        window_start=window[0],
        window_end=window[1],
        warnings=tuple(warnings),
        **optional,  # type: ignore[arg-type]
    )


def _cap(row: Reader, basis: CarbonBasis | None, limit: int | None) -> int | None:
    cap = carbon.read(row, "per_lot_cap_ci")
    if cap is None:
        return None
    if basis != CarbonBasis.PORTFOLIO_AVERAGE:
        row.refuse("per_lot_cap_ci", "cap_without_average", CAP_ALONE)
    elif limit is not None and cap < limit:
        row.refuse("per_lot_cap_ci", "cap_below_limit", CAP_LOW)
    return cap


def _grades(row: Reader) -> tuple[str, ...]:
    given = as_list(row.raw.get("grades"))
    if any(len(one) > 50 for one in given):
        row.refuse("grades", "too_long", TOO_LONG, limit="50")
    if any(has_control(one) or not comparable(one) for one in given):
        row.refuse("grades", "control_character", CONTROL)
    return tuple(dict.fromkeys(given))


def _carbon_price(row: Reader) -> Decimal:
    price = row.decimal("internal_carbon_price", decimals=1)
    if price is None:
        return Decimal(0)
    if not 0 <= price <= 500:
        row.refuse("internal_carbon_price", "out_of_range", RANGE, low="0", high="500")
    return price

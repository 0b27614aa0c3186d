"""The columns of market files: what each holds, in which unit, by which rule."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from marketplace.domain.errors import gettext_noop
from marketplace.domain.vocabulary import (
    Boundary,
    CarbonBasis,
    DutyStatus,
    EnergySource,
    ImportKind,
    Incoterm,
    PremiumUnit,
    ProductForm,
    Region,
    Scheme,
    SchemesRule,
)

FLAG = ("yes", "no")
TONNES, PERCENT, CARBON, PER = "t", "%", "t CO2e/t", "premium_unit"
KEY = gettext_noop("Your own reference, up to 64 characters, each once; a known one is changed.")
OWN_NAME = gettext_noop("Your organisation's name, or empty.")
ONE_OF = gettext_noop("One of the values.")
SOME_OF = gettext_noop("One or more of the values, separated by |.")
YES_NO = gettext_noop("Empty: no.")
CARBON_RANGE = gettext_noop("0.010 to 25.000; smelter 1+2 or cradle-to-gate is needed.")
SHARE = gettext_noop("0 to 100; empty: 0.")
DAY = gettext_noop("A day such as 2027-01-31. Both ends of the window count.")
PREMIUM = gettext_noop("Per tonne, up to two decimals, from -50 to 1000 USD/t.")
UNIT = gettext_noop("Empty: USD_T.")
COUNTRIES = gettext_noop("Countries of two letters, separated by |. Empty: no rule.")
PARTIES = gettext_noop("Names of verified organisations, separated by |. Empty: no rule.")
NOT_KEPT = gettext_noop("Read, not kept: the market's own clock counts.")
OPTIONAL = gettext_noop("May be empty.")


@dataclass(frozen=True)
class Column:
    """``codes``: the only values it takes. ``number``: spreadsheets hold it as a number."""

    name: str
    rule: str
    unit: str = ""
    codes: tuple[str, ...] = ()
    example: str = ""
    needed: bool = False

    @property
    def number(self) -> bool:
        return bool(self.unit)


@dataclass(frozen=True)
class Sheet:
    """One of the two tables: the column that names a row, and the one that names its party."""

    key: str
    party: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.columns)

    @property
    def flags(self) -> frozenset[str]:
        """Columns that take yes or no."""
        return frozenset(one.name for one in self.columns if one.codes == FLAG)


def example(sheet: Sheet, today: date) -> dict[str, str]:
    """One row as it may be written, with a delivery window that is still to come."""
    days = {
        "window_start": (today + timedelta(days=30)).isoformat(),
        "window_end": (today + timedelta(days=120)).isoformat(),
    }
    return {one.name: days.get(one.name, one.example) for one in sheet.columns}


def _codes(
    name: str, rule: str, known: Iterable[StrEnum], example: str = "", *, needed: bool = False
) -> Column:
    values = tuple(one.value for one in known)
    return Column(name, rule, codes=values, example=example, needed=needed)


def _flag(name: str, rule: str = YES_NO, example: str = "no") -> Column:
    return Column(name, rule, codes=FLAG, example=example)


_WINDOW = (Column("window_start", DAY, needed=True), Column("window_end", DAY, needed=True))
LOTS = Sheet(
    "lot_id",
    "producer",
    (
        Column("lot_id", KEY, example="EXAMPLE-1", needed=True),
        Column("producer", OWN_NAME),
        _codes("product_form", ONE_OF, ProductForm, "INGOT", needed=True),
        Column(
            "grade", gettext_noop("Such as P1020A, 6060, A356.2."), example="P1020A", needed=True
        ),
        Column(
            "quantity_t", gettext_noop("Above 0, up to 500000."), TONNES, (), "500.000", needed=True
        ),
        Column(
            "min_take_t",
            gettext_noop("Smallest quantity sold in one match; the quantity itself: all at once."),
            TONNES,
            example="100.000",
        ),
        Column("ci_smelter_s1s2", CARBON_RANGE, CARBON, example="3.200"),
        Column("ci_cradle_to_gate", CARBON_RANGE, CARBON),
        Column("ci_cbam_direct", gettext_noop("0.010 to 25.000, or empty."), CARBON),
        _flag(
            "ci_verified",
            gettext_noop("Checked against your verified certificates, not kept. Empty: no."),
        ),
        _flag("offsets_used"),
        Column(
            "certificates",
            gettext_noop("Your verified certificates as SCHEME:NUMBER, separated by |."),
            codes=tuple(one.value for one in Scheme),
            example="CGMC_GREEN_POWER:CGMC-001",
            needed=True,
        ),
        _codes("energy_source", ONE_OF, EnergySource, "HYDRO"),
        Column("renewable_pct", SHARE, PERCENT, example="100.00"),
        Column("recycled_pre_pct", SHARE, PERCENT),
        Column("recycled_post_pct", gettext_noop("With pre-consumer scrap at most 100."), PERCENT),
        Column(
            "origin_country", gettext_noop("Two letters, such as CN."), example="CN", needed=True
        ),
        _codes("delivery_regions", SOME_OF, Region, "EU|CN"),
        *_WINDOW,
        Column("ask_premium", PREMIUM, PER, (), "20.00", needed=True),
        _codes("premium_unit", UNIT, PremiumUnit, "USD_T"),
        Column("excluded_buyers", PARTIES),
        Column("site", gettext_noop("The name of one of your sites, or empty.")),
        Column("brand", OPTIONAL),
        Column("al_pct", gettext_noop("Only for unalloyed metal."), PERCENT),
        Column("cn_code", gettext_noop("Customs code, for example 76011090.")),
        _codes("incoterm", ONE_OF, Incoterm, "CIF"),
        Column("place", gettext_noop("The named place of the Incoterm."), example="Rotterdam"),
        _codes("duty_status", ONE_OF, DutyStatus, "DUTY_UNPAID"),
        Column("ci_year", gettext_noop("The year that the carbon values report on.")),
        Column("listed_at", NOT_KEPT),
    ),
)
REQUIREMENTS = Sheet(
    "requirement_id",
    "buyer",
    (
        Column("requirement_id", KEY, example="EXAMPLE-1", needed=True),
        Column("buyer", OWN_NAME),
        _codes("product_forms", SOME_OF, ProductForm, "INGOT|SOW", needed=True),
        Column("grades", gettext_noop("Separated by |. Empty: any grade."), example="P1020A"),
        Column(
            "volume_t", gettext_noop("Above 0, up to 500000."), TONNES, (), "500.000", needed=True
        ),
        Column("min_lot_t", gettext_noop("Smallest quantity taken in one match."), TONNES),
        _flag(
            "partial_ok",
            gettext_noop("no: the whole volume or nothing. Empty: yes."),
            "yes",
        ),
        Column("tolerance_pct", gettext_noop("0 to 10, with partial_ok no only."), PERCENT),
        Column("max_ci", gettext_noop("0.010 to 25.000."), CARBON, (), "4.000", needed=True),
        _codes(
            "boundary",
            ONE_OF,
            (Boundary.SMELTER_S1S2, Boundary.CRADLE_TO_GATE),
            "SMELTER_S1S2",
            needed=True,
        ),
        _codes("ci_basis", gettext_noop("Empty: PER_LOT."), CarbonBasis, "PER_LOT"),
        Column(
            "per_lot_cap_ci",
            gettext_noop("With PORTFOLIO_AVERAGE only, not below max_ci."),
            CARBON,
        ),
        Column("max_premium", PREMIUM, PER, (), "25.00", needed=True),
        _codes("premium_unit", UNIT, PremiumUnit, "USD_T"),
        Column(
            "internal_carbon_price",
            gettext_noop("0 to 500, one decimal: prefers cleaner metal, never raises the premium."),
            "USD/t CO2e",
        ),
        _codes("required_schemes", SOME_OF, Scheme, "CGMC_GREEN_POWER"),
        _codes("schemes_rule", gettext_noop("Empty: ALL."), SchemesRule, "ALL"),
        _codes("energy_sources", SOME_OF, EnergySource),
        Column("min_renewable_pct", SHARE, PERCENT),
        Column("min_recycled_post_pct", SHARE, PERCENT),
        _flag("verified_ci_only"),
        _flag("accept_offsets"),
        Column("allowed_origins", COUNTRIES),
        Column("excluded_origins", COUNTRIES),
        Column("allowed_producers", PARTIES),
        Column("excluded_producers", PARTIES),
        _codes("delivery_region", ONE_OF, Region, "EU", needed=True),
        *_WINDOW,
        Column("posted_at", NOT_KEPT),
    ),
)
BY_KIND = {ImportKind.LOTS.value: LOTS, ImportKind.REQUIREMENTS.value: REQUIREMENTS}

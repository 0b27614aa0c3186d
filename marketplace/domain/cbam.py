"""What CBAM costs for a tonne of metal brought into the EU, beside the green premium. Provisional.

Emissions are direct ones only (the boundary CBAM_DIRECT), in milli t CO2e per t of metal; amounts
are EUR per t. Formulas, check values and sources: docs/carbon.md.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import NamedTuple

from marketplace.domain.vocabulary import (
    CbamProcess,
    DutyStatus,
    Incoterm,
    ProductForm,
    Region,
)

CENT = Decimal("0.01")
HALF_SCRAP_CENTI_PCT = 5_000
# CN 7605, wire rod: the parameters kept here are of CN 7601 and hold for nothing else.
OTHER_HEADING = "7605"
_MEMBERS = """
    AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK
"""
EU_MEMBERS = frozenset(_MEMBERS.split())
# Countries whose goods are outside CBAM: Regulation (EU) 2023/956, Annex III.
EXEMPT = frozenset({"CH", "IS", "LI", "NO"})


class Cover(StrEnum):
    """What can be said about one offer; the three others than CHARGED are never a cost of 0."""

    CHARGED = "CHARGED"
    DUTY_PAID = "DUTY_PAID"
    NOT_COVERED = "NOT_COVERED"
    UNKNOWN = "UNKNOWN"


class Missing(StrEnum):
    """Parameters that nobody entered for the year, the quarter or the country."""

    FACTOR = "FACTOR"
    BENCHMARK = "BENCHMARK"
    PRICE = "PRICE"
    DEFAULT = "DEFAULT"


class Quarter(NamedTuple):
    year: int
    quarter: int

    def __str__(self) -> str:
        return f"Q{self.quarter} {self.year}"


@dataclass(frozen=True)
class Parameters:
    """Of one delivery year, price quarter and country of origin; None where nobody entered any.

    ``factor_centi_pct``: the share of the benchmark that is still free, in 1/100 %. ``cscf``: the
    cross-sectoral correction factor. ``default_milli``: with its mark-up. ``price_eur``: of one
    certificate, which is one t CO2e. ``paid_at_origin_eur``: per t of metal.
    """

    factor_centi_pct: int | None
    cscf: Decimal | None
    primary_milli: int | None
    secondary_milli: int | None
    default_milli: int | None
    price_eur: Decimal | None
    paid_at_origin_eur: Decimal = Decimal(0)

    def benchmark_milli(self, process: CbamProcess) -> int | None:
        return self.secondary_milli if process is CbamProcess.SECONDARY else self.primary_milli


@dataclass(frozen=True)
class Goods:
    """Metal as an offer states it. ``scrap_centi_pct``: pre- and post-consumer together."""

    product_form: str
    cn_code: str
    scrap_centi_pct: int
    duty_status: str
    incoterm: str

    @property
    def process(self) -> CbamProcess:
        """Secondary from more than half scrap; exactly half is primary."""
        more = self.scrap_centi_pct > HALF_SCRAP_CENTI_PCT
        return CbamProcess.SECONDARY if more else CbamProcess.PRIMARY

    @property
    def is_duty_paid(self) -> bool:
        """As the offer says, else as its Incoterm does: DDP is "delivered duty paid"."""
        if self.duty_status:
            return self.duty_status == DutyStatus.DUTY_PAID
        return self.incoterm == Incoterm.DDP

    @property
    def is_covered(self) -> bool:
        rod = self.product_form == ProductForm.WIRE_ROD
        return not (rod or self.cn_code.startswith(OTHER_HEADING))


@dataclass(frozen=True)
class Line:
    """``certificates`` and ``free_allocation``: t CO2e per t, exact; ``cost_eur`` to the cent."""

    emissions_milli: int
    free_allocation: Decimal
    certificates: Decimal
    cost_eur: Decimal


@dataclass(frozen=True)
class Assessment:
    """``actual`` rests on verified direct emissions, ``default`` on the country's default value."""

    cover: Cover
    actual: Line | None = None
    default: Line | None = None
    missing: tuple[Missing, ...] = ()

    @property
    def counts(self) -> Line | None:
        """What an importer would declare: verified data where there are any, else default data."""
        return self.actual or self.default

    @property
    def gain_eur(self) -> Decimal | None:
        """Of verified against default data: the two costs as shown. Negative if they cost more."""
        if self.actual is None or self.default is None:
            return None
        return self.default.cost_eur - self.actual.cost_eur


def is_import(*, origin: str, delivered_to: Collection[str]) -> bool:
    """Whether metal comes into the EU from a country whose goods fall under CBAM."""
    into_eu = bool({Region.EU.value, Region.GLOBAL.value} & set(delivered_to))
    return into_eu and origin not in EU_MEMBERS | EXEMPT


def quarter_of(day: date) -> Quarter:
    return Quarter(day.year, (day.month + 2) // 3)


def free_allocation(*, factor_centi_pct: int, cscf: Decimal, benchmark_milli: int) -> Decimal:
    """SEFA, t CO2e per t: the factor scales the benchmark, and nothing else."""
    return Decimal(factor_centi_pct) / 10_000 * cscf * benchmark_milli / 1_000


def certificates(*, emissions_milli: int, free: Decimal) -> Decimal:
    """Per t of metal: the whole emissions less what is free."""
    return max(Decimal(0), Decimal(emissions_milli) / 1_000 - free)


def cost_eur(*, needed: Decimal, price_eur: Decimal, paid_at_origin_eur: Decimal) -> Decimal:
    """EUR per t of metal, to the cent, half a cent away from zero."""
    exact = max(Decimal(0), needed * price_eur - paid_at_origin_eur)
    return exact.quantize(CENT, ROUND_HALF_UP)


def assess(goods: Goods, parameters: Parameters, *, verified_milli: int | None) -> Assessment:
    """``verified_milli``: the direct emissions that a valid certificate proves, or None.

    What is not covered or contained in the offer gets no number; neither does what misses a
    parameter, which is then named.
    """
    if not goods.is_covered:
        return Assessment(Cover.NOT_COVERED)
    if goods.is_duty_paid:
        return Assessment(Cover.DUTY_PAID)
    actual = _line(verified_milli, parameters, goods.process)
    default = _line(parameters.default_milli, parameters, goods.process)
    cover = Cover.CHARGED if actual or default else Cover.UNKNOWN
    return Assessment(cover, actual, default, _missing(parameters, goods.process))


def _line(emissions_milli: int | None, parameters: Parameters, process: CbamProcess) -> Line | None:
    factor, cscf, price = parameters.factor_centi_pct, parameters.cscf, parameters.price_eur
    benchmark = parameters.benchmark_milli(process)
    if emissions_milli is None or factor is None or cscf is None:
        return None
    if benchmark is None or price is None:
        return None
    free = free_allocation(factor_centi_pct=factor, cscf=cscf, benchmark_milli=benchmark)
    needed = certificates(emissions_milli=emissions_milli, free=free)
    cost = cost_eur(
        needed=needed, price_eur=price, paid_at_origin_eur=parameters.paid_at_origin_eur
    )
    return Line(emissions_milli, free, needed, cost)


def _missing(parameters: Parameters, process: CbamProcess) -> tuple[Missing, ...]:
    needed: dict[Missing, object] = {
        Missing.FACTOR: None if parameters.cscf is None else parameters.factor_centi_pct,
        Missing.BENCHMARK: parameters.benchmark_milli(process),
        Missing.PRICE: parameters.price_eur,
        Missing.DEFAULT: parameters.default_milli,
    }
    return tuple(name for name, value in needed.items() if value is None)

"""What a requirement finds among some lots, and what each of its criteria costs. Pure.

Asks are counted only for who may see them, and then beside the rest: whether a lot fits is told
by its public attributes alone, so that nothing here changes with anybody's price. Whose a lot is
is told by nothing: lists of producers are not asked, and lots that bar the reader do not exist.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from marketplace.domain.fx import FxRates
from marketplace.domain.vocabulary import PremiumUnit
from marketplace.models import choices
from matching import averages, loosening
from matching.averages import Reach
from matching.engine import Fit, LotRow, RequirementRow, Rule
from matching.reasons import REQUIREMENT_WORDS

# Asked, they would tell which lots are whose, before a proposal does.
NOT_ASKED = frozenset({Rule.PRODUCER_EXCLUDED})
# No criteria of the buyer's: the own group, whom a producer bars, and pairs that stay apart.
SILENT = frozenset({Rule.SAME_PARTY, Rule.BUYER_EXCLUDED, Rule.BLOCKED})
# Ticks that lie closer are drawn as one, in milli t/t; a picture needs no more.
DRAWN = 50
# Round steps of a premium in hundredths of its unit, each about 5 USD/t.
PREMIUM_GRID = {
    PremiumUnit.USD_T: 500, PremiumUnit.EUR_T: 500, PremiumUnit.CNY_T: 3_500,
    PremiumUnit.USC_LB: 25,
}  # fmt: skip
HUNDREDTHS = Decimal("0.01")


class Amount(NamedTuple):
    lots: int
    kg: int


@dataclass(frozen=True)
class Offer:
    """Some lots; ``within``: those that ask no more than the limit, None where that is not told."""

    lots: int
    kg: int
    within: Amount | None = None


@dataclass(frozen=True)
class Change:
    """What would let lots in, and how much that is."""

    words: str
    offer: Offer


@dataclass(frozen=True)
class Cost:
    """A criterion that stands alone against some lots, and the smallest changes that would help."""

    code: str
    words: str | Promise
    offer: Offer
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Price:
    """The reader's limit, who may see asks: ``e4`` in 0.0001 USD/t, and the unit it is given in."""

    e4: int
    unit: str
    fx: FxRates


@dataclass(frozen=True)
class Findings:
    """``ticks`` and ``beyond``: intensities in milli t/t of what fits, and of what only the carbon
    limit keeps out. ``costless``: criteria that keep nothing out. ``apart``: lots that stay apart
    after a no. ``unpriced``: lots without an exchange rate, where asks are looked at.
    ``reach``: of an average, over all that fits and within the limit. ``short_of_kg``: the least
    that is taken where that is more than fits, else 0.
    ``worthless``: lots within the limit that the internal carbon price makes worth less than asked.
    ``cleanest``: the lowest intensity of what fits, and ``saved_e4`` what the internal carbon price
    counts that better than the carbon limit, in 0.0001 USD/t.
    """

    fitting: Offer
    ticks: tuple[int, ...]
    beyond: tuple[int, ...]
    costs: tuple[Cost, ...]
    costless: tuple[str | Promise, ...]
    apart: int
    unpriced: int
    reach: Reach | None = None
    reach_within: Reach | None = None
    short_of_kg: int = 0
    worthless: int = 0
    cleanest: int | None = None
    saved_e4: int | None = None


def find(
    fit: Fit, wanted: RequirementRow, *, price: Price | None, leaving: Collection[Rule] = ()
) -> Findings:
    """``price`` None: asks are not looked at. ``leaving``: rules that were not asked."""
    carbon, volume = Rule.CI_TOO_HIGH not in leaving, Rule.MIN_TAKE not in leaving
    within = [lot for lot in fit.fitting if price and _asks_within(lot, price)]
    # A round takes nothing that is worth less than it asks.
    worth = [lot for lot in within if not carbon or _worth(lot, wanted) >= 0]
    averages_over = wanted.averages and carbon and volume
    reach = _reach(fit.fitting, wanted) if averages_over else None
    reach_within = _reach(worth, wanted) if averages_over and price else None
    most = _most(reach_within or reach, worth if price else fit.fitting)
    cleanest = _cleanest(fit.fitting, wanted.boundary) if carbon else None
    return Findings(
        fitting=_teller(price)(fit.fitting),
        ticks=_ticks(fit.fitting, wanted.boundary) if carbon else (),
        beyond=_ticks(fit.alone.get(Rule.CI_TOO_HIGH, ()), wanted.boundary),
        costs=_costs(fit, wanted, price),
        costless=_costless(fit, wanted, leaving),
        apart=len(fit.alone.get(Rule.BLOCKED, ())),
        unpriced=len(fit.unpriced) if price else 0,
        reach=reach,
        reach_within=reach_within,
        short_of_kg=wanted.floor_kg if volume and most < wanted.floor_kg else 0,
        worthless=len(within) - len(worth),
        cleanest=cleanest,
        saved_e4=_saved(wanted, cleanest),
    )


def _costs(fit: Fit, wanted: RequirementRow, price: Price | None) -> tuple[Cost, ...]:
    """Those that keep most out first."""
    tell = _teller(price)
    costs = [_cost(rule, lots, wanted, tell) for rule, lots in fit.alone.items() if _told(rule)]
    if price and (dear := _premium(fit.fitting, price)):
        costs.append(dear)
    return tuple(sorted(costs, key=lambda cost: (-cost.offer.kg, cost.code)))


def _most(reach: Reach | None, lots: Iterable[LotRow]) -> int:
    return loosening.kilograms(lots) if reach is None else reach.kg


def _saved(wanted: RequirementRow, cleanest: int | None) -> int | None:
    if cleanest is None or not wanted.carbon_price_e1:
        return None
    return wanted.carbon_price_e1 * (wanted.max_ci_milli - cleanest)


def _told(rule: Rule) -> bool:
    return rule not in SILENT | NOT_ASKED


def _teller(price: Price | None) -> Callable[[Sequence[LotRow]], Offer]:
    def tell(lots: Sequence[LotRow]) -> Offer:
        whole = Offer(len(lots), loosening.kilograms(lots))
        if price is None:
            return whole
        within = [lot for lot in lots if _asks_within(lot, price)]
        return Offer(whole.lots, whole.kg, Amount(len(within), loosening.kilograms(within)))

    return tell


def _asks_within(lot: LotRow, price: Price) -> bool:
    return lot.ask_e4 is not None and lot.ask_e4 <= price.e4


def _worth(lot: LotRow, wanted: RequirementRow) -> int:
    return wanted.value_e4(lot.ask_e4 or 0, lot.carbon_milli[wanted.boundary])


def _cost(
    rule: Rule,
    lots: Sequence[LotRow],
    wanted: RequirementRow,
    tell: Callable[[Sequence[LotRow]], Offer],
) -> Cost:
    changes = (Change(step.words, tell(step.lots)) for step in loosening.steps(rule, lots, wanted))
    return Cost(rule.name, REQUIREMENT_WORDS[rule.name], tell(lots), tuple(changes))


def _premium(fitting: Sequence[LotRow], price: Price) -> Cost | None:
    """What asks more than the limit, and from which limit on it would not."""
    dear = [lot for lot in fitting if not _asks_within(lot, price)]
    if not dear:
        return None
    unit = PremiumUnit(price.unit)
    label = dict(choices.PREMIUM_UNITS)[unit.value]
    needs = ((own_hundredths(lot.ask_e4 or 0, price), lot) for lot in dear)
    found = loosening.rising(
        needs,
        PREMIUM_GRID[unit],
        _("at a limit of {to}"),
        lambda amount: f"{Decimal(amount).scaleb(-2):.2f} {label}",
    )
    changes = (
        Change(step.words, Offer(len(step.lots), loosening.kilograms(step.lots))) for step in found
    )
    words = REQUIREMENT_WORDS["PREMIUM_TOO_HIGH"]
    whole = Offer(len(dear), loosening.kilograms(dear))
    return Cost("PREMIUM_TOO_HIGH", words, whole, tuple(changes))


def own_hundredths(ask_e4: int, price: Price) -> int:
    """The smallest limit in hundredths of the own unit that reaches the ask, exactly as compared.

    The unit has a rate, as it had one when the limit was compared.
    """
    one_e4 = price.fx.usd_per_t(Decimal(1), price.unit)
    assert one_e4 is not None
    exact = Decimal(ask_e4).scaleb(-4) / one_e4
    amount = exact.quantize(HUNDREDTHS, rounding=ROUND_CEILING)
    # Limits are compared after rounding to 0.0001 USD/t: a hundredth less may do as well.
    lower = amount - HUNDREDTHS
    if (price.fx.usd_e4(lower, price.unit) or 0) >= ask_e4:
        amount = lower
    return int(amount.scaleb(2))


def _ticks(lots: Iterable[LotRow], boundary: str) -> tuple[int, ...]:
    stated = (lot.carbon_milli[boundary] for lot in lots if boundary in lot.carbon_milli)
    return tuple(sorted({ci // DRAWN * DRAWN for ci in stated}))


def _cleanest(lots: Iterable[LotRow], boundary: str) -> int | None:
    return min((lot.carbon_milli[boundary] for lot in lots), default=None)


def _reach(lots: Sequence[LotRow], wanted: RequirementRow) -> Reach:
    parts = ((lot.available_kg, lot.carbon_milli[wanted.boundary]) for lot in lots)
    return averages.reach(
        parts,
        volume_kg=wanted.volume_kg,
        limit_milli=wanted.max_ci_milli,
        allowance=wanted.allowance,
    )


ACTIVE: Mapping[Rule, tuple[str | Promise, Callable[[RequirementRow], object]]] = {
    Rule.GRADE: (_("grades"), lambda wanted: wanted.grades),
    Rule.CI_TOO_HIGH: (_("carbon limit"), lambda wanted: wanted.cap_milli <= 25_000),
    Rule.CI_UNVERIFIED: (_("verified values only"), lambda wanted: wanted.verified_ci_only),
    Rule.SCHEME_MISSING: (_("certificates"), lambda wanted: wanted.required_schemes),
    Rule.OFFSETS: (_("no offsets"), lambda wanted: not wanted.accept_offsets),
    Rule.ORIGIN: (
        _("origins"), lambda wanted: wanted.allowed_origins or wanted.excluded_origins
    ),
    Rule.ENERGY: (_("energy sources"), lambda wanted: wanted.energy_sources),
    Rule.RENEWABLE: (_("renewable electricity"), lambda wanted: wanted.min_renewable_centi_pct),
    Rule.RECYCLED: (
        _("post-consumer scrap"), lambda wanted: wanted.min_recycled_post_centi_pct
    ),
    Rule.REGION: (_("delivery region"), lambda _wanted: True),
    Rule.WINDOW: (_("delivery window"), lambda _wanted: True),
    Rule.TERMS: (
        _("Incoterms and duty"),
        lambda wanted: wanted.accepted_incoterms or wanted.accepted_duty_statuses,
    ),
}  # fmt: skip


def _costless(
    fit: Fit, wanted: RequirementRow, leaving: Collection[Rule]
) -> tuple[str | Promise, ...]:
    """Criteria that are set, and without which there would be no more."""
    return tuple(
        words
        for rule, (words, active) in ACTIVE.items()
        if rule not in leaving and rule not in fit.alone and active(wanted)
    )

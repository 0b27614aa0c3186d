"""What would have to change for lots that fail one rule of a requirement and no other.

Pure: out of the lots' public attributes alone. A step is one loosening, in the unit of the form's
field; the first is the smallest that lets any lot in.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from marketplace.domain.fields import thousandths, tonnes
from marketplace.models import choices
from matching.engine import LotRow, RequirementRow, Rule

SHOWN = 3
# Round steps that people think in: 0.500 t CO2e/t, and 5 % as hundredths.
CARBON_GRID, SHARE_GRID = 500, 500


@dataclass(frozen=True)
class Step:
    """``template`` with ``to`` in it, and the lots that this one change lets in."""

    template: str | Promise
    to: str | Promise
    lots: tuple[LotRow, ...]

    @property
    def words(self) -> str:
        return str(self.template).format(to=self.to)


def steps(rule: Rule, lots: Sequence[LotRow], wanted: RequirementRow) -> list[Step]:
    """At most a few; none where no change of this requirement's helps."""
    find = STEPS.get(rule)
    return [] if find is None else find(lots, wanted)


def rising(
    needs: Iterable[tuple[int, LotRow]],
    grid: int,
    template: str | Promise,
    text: Callable[[int], str],
) -> list[Step]:
    """Of a limit: the lowest value that any lot needs, then round values that let in more."""
    ordered = sorted(needs, key=lambda pair: pair[0])
    found: list[Step] = []
    level, reached = (ordered[0][0] if ordered else 0), 0
    while reached < len(ordered) and len(found) < SHOWN:
        reached = bisect_right(ordered, level, key=lambda pair: pair[0])
        found.append(Step(template, text(level), tuple(lot for _need, lot in ordered[:reached])))
        if reached < len(ordered):
            level = -(-ordered[reached][0] // grid) * grid
    return found


def falling(
    needs: Iterable[tuple[int, LotRow]],
    grid: int,
    template: str | Promise,
    text: Callable[[int], str],
) -> list[Step]:
    """Of a least value: the same downwards."""
    return rising(((-need, lot) for need, lot in needs), grid, template, lambda level: text(-level))


def grouped(
    pairs: Iterable[tuple[Hashable, LotRow]],
    template: str | Promise,
    label: Callable[[str], str | Promise] = str,
) -> list[Step]:
    """One step for each code that would let lots in, those with the most kilograms first."""
    found: dict[str, list[LotRow]] = defaultdict(list)
    for code, lot in pairs:
        found[str(code)].append(lot)
    by_size = sorted(found.items(), key=lambda item: (-kilograms(item[1]), item[0]))
    return [Step(template, label(code), tuple(own)) for code, own in by_size[:SHOWN]]


def kilograms(lots: Iterable[LotRow]) -> int:
    return sum(lot.available_kg for lot in lots)


def percent(hundredths: int) -> str:
    whole, rest = divmod(hundredths, 100)
    return f"{whole}.{rest:02d}" if rest else str(whole)


def _carbon(lots: Sequence[LotRow], wanted: RequirementRow) -> list[Step]:
    needs = ((lot.carbon_milli[wanted.boundary], lot) for lot in lots)
    template = _("a cap of {to} t CO2e/t") if wanted.averages else _("at ≤ {to} t CO2e/t")
    return rising(needs, CARBON_GRID, template, thousandths)


def _renewable(lots: Sequence[LotRow], wanted: RequirementRow) -> list[Step]:
    needs = ((lot.renewable_centi_pct, lot) for lot in lots)
    return falling(needs, SHARE_GRID, _("at ≥ {to} %"), percent)


def _recycled(lots: Sequence[LotRow], wanted: RequirementRow) -> list[Step]:
    needs = ((lot.recycled_post_centi_pct, lot) for lot in lots)
    return falling(needs, SHARE_GRID, _("at ≥ {to} %"), percent)


def _window(lots: Sequence[LotRow], wanted: RequirementRow) -> list[Step]:
    """On either side the nearest day, and the one that lets in all."""
    later = [(_day(lot.window_start), lot) for lot in lots if lot.window_start > wanted.window_end]
    earlier = [(-_day(lot.window_end), lot) for lot in lots if lot.window_end < wanted.window_start]
    sides = ((later, _("delivery until {to}")), (earlier, _("delivery from {to}")))
    found = []
    for needs, template in sides:
        levels = sorted({need for need, _lot in needs})
        for level in dict.fromkeys((*levels[:1], *levels[-1:])):
            within = tuple(lot for need, lot in needs if need <= level)
            found.append(Step(template, date.fromordinal(abs(level)).isoformat(), within))
    return found


def _day(day: date) -> int:
    return day.toordinal()


def _portion(lots: Sequence[LotRow], wanted: RequirementRow) -> list[Step]:
    """More volume for what is sold in larger portions, smaller ones for what has less than that."""
    least, volume = wanted.min_lot_kg, wanted.volume_kg
    larger = [(max(lot.min_take_kg, least), lot) for lot in lots if lot.available_kg >= least]
    smaller = [(min(lot.available_kg, volume), lot) for lot in lots if lot.min_take_kg <= volume]
    return [
        *rising(larger, 1, _("with {to} t more volume"), lambda kg: tonnes(kg - volume))[:1],
        *falling(smaller, 1, _("with portions from {to} t"), tonnes)[:1],
    ]


def _schemes(lots: Sequence[LotRow], wanted: RequirementRow) -> list[Step]:
    label = _named(choices.SCHEMES)
    if wanted.schemes_rule == "ANY":
        held = ((scheme, lot) for lot in lots for scheme in lot.schemes)
        return grouped(held, _("{to} accepted as well"), label)
    lacking = ((wanted.required_schemes - lot.schemes, lot) for lot in lots)
    single = ((next(iter(missing)), lot) for missing, lot in lacking if len(missing) == 1)
    return grouped(single, _("without {to}"), label)


def _grade(lots: Sequence[LotRow], wanted: RequirementRow) -> list[Step]:
    pairs = ((lot.grade, lot) for lot in lots)
    return grouped(pairs, _("{to} accepted as well"), str.upper)


def _origin(lots: Sequence[LotRow], wanted: RequirementRow) -> list[Step]:
    return grouped(((lot.origin_country, lot) for lot in lots), _("origin {to} accepted"))


def _energy(lots: Sequence[LotRow], wanted: RequirementRow) -> list[Step]:
    stated = ((lot.energy_source, lot) for lot in lots if lot.energy_source)
    return grouped(stated, _("{to} accepted as well"), _named(choices.ENERGY_SOURCES))


def _region(lots: Sequence[LotRow], wanted: RequirementRow) -> list[Step]:
    pairs = ((region, lot) for lot in lots for region in lot.delivery_regions)
    return grouped(pairs, _("delivered to {to}"), _named(choices.REGIONS))


def _terms(lots: Sequence[LotRow], wanted: RequirementRow) -> list[Step]:
    """Where one of the two, Incoterm or duty, is what stands in the way."""
    terms, duties = wanted.accepted_incoterms, wanted.accepted_duty_statuses
    pairs = []
    for lot in lots:
        other_term = bool(terms) and lot.incoterm not in terms
        other_duty = bool(duties) and lot.duty_status not in duties
        if lot.incoterm and other_term and not other_duty:
            pairs.append((lot.incoterm, lot))
        elif lot.duty_status and other_duty and not other_term:
            pairs.append((lot.duty_status, lot))
    return grouped(pairs, _("{to} accepted as well"), _named(choices.DUTY_STATUSES))


def _whole(template: str | Promise) -> Callable[[Sequence[LotRow], RequirementRow], list[Step]]:
    """A rule that is either there or not."""
    return lambda lots, _wanted: [Step(template, "", tuple(lots))]


def _named(known: Sequence[tuple[str, str | Promise]]) -> Callable[[str], str | Promise]:
    labels = dict(known)
    return lambda code: labels.get(code, code)


STEPS: Mapping[Rule, Callable[[Sequence[LotRow], RequirementRow], list[Step]]] = {
    Rule.GRADE: _grade,
    Rule.CI_TOO_HIGH: _carbon,
    Rule.CI_UNVERIFIED: _whole(_("with values that are not verified")),
    Rule.SCHEME_MISSING: _schemes,
    Rule.OFFSETS: _whole(_("with values that use offsets")),
    Rule.ORIGIN: _origin,
    Rule.ENERGY: _energy,
    Rule.RENEWABLE: _renewable,
    Rule.RECYCLED: _recycled,
    Rule.REGION: _region,
    Rule.WINDOW: _window,
    Rule.TERMS: _terms,
    Rule.MIN_TAKE: _portion,
}

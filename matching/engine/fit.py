"""One requirement against all lots: which fit it, and which fail one rule and no other."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from matching.engine.arrays import Flags
from matching.engine.compatibility import RULES, Rule
from matching.engine.market import Market
from matching.engine.rows import LotRow, RequirementRow


@dataclass(frozen=True)
class Fit:
    """Lots by the rules that they fail, in canonical order; whatever they ask.

    ``fitting`` fail none, ``alone`` the named one only. ``unpriced`` fail none either, but take no
    part: their ask has no exchange rate.
    """

    fitting: tuple[LotRow, ...]
    alone: Mapping[Rule, tuple[LotRow, ...]]
    unpriced: tuple[LotRow, ...]


def fit(
    lots: Iterable[LotRow],
    wanted: RequirementRow,
    as_of: date,
    *,
    leaving: Collection[Rule] = frozenset(),
    apart: Iterable[str] = (),
) -> Fit:
    """O(lots). The rule on the premium is never asked, nor those that are ``leaving``.

    ``apart``: keys of lots that stay apart from it. Lots whose delivery window is over are left
    out, and nothing fits a requirement whose own is. Raises EngineError as ``Market.build`` does.
    """
    market = Market.build(lots, [wanted], as_of, ((key, wanted.key) for key in apart))
    if wanted.window_end < as_of and Rule.WINDOW not in leaving:
        return Fit((), {}, ())
    columns = market.columns
    row = columns.rows[0]
    stated = columns.stated[row["boundary"]]
    failed: dict[Rule, Flags] = {
        rule: ~np.broadcast_to(passes(columns.lots, row, stated, columns.tables), len(columns.lots))
        for rule, passes in RULES.items()
        if rule != Rule.PREMIUM_TOO_HIGH and rule not in leaving
    }
    count = np.zeros(len(columns.lots), dtype=np.int64)
    for flags in failed.values():
        count += flags
    priced = np.array([lot.ask_e4 is not None for lot in market.lots], dtype=np.bool_)
    lasting = columns.lots["end"] >= as_of.toordinal()

    def chosen(flags: Flags) -> tuple[LotRow, ...]:
        return tuple(market.lots[place] for place in np.flatnonzero(flags & lasting).tolist())

    single = (count == 1) & priced
    alone = {rule: chosen(flags & single) for rule, flags in failed.items()}
    return Fit(
        fitting=chosen((count == 0) & priced),
        alone={rule: found for rule, found in alone.items() if found},
        unpriced=chosen((count == 0) & ~priced),
    )

"""The relaxation of a part, averages in and portions and floors out, by column generation.

Of 1.7 million pairs of 10,000 lots and requirements an optimum uses one in a hundred. The linear
program (HiGHS' simplex method, one thread) begins with each requirement's best pairs and the basis
of the transportation problem without averages, which simplex.py finds in a moment. Pairs that its
duals undervalue join in until there are none (Ford and Fulkerson 1958); the basis is kept.
"""

import highspy
import numpy as np

# The class without the callbacks of highspy.Highs, which print a banner before any option holds.
from highspy._core import _Highs

from matching.engine.arrays import Flags, Ints
from matching.engine.errors import EngineError
from matching.engine.flows.simplex import NOBODY, Basis, Columns, improve
from matching.engine.searches import program
from matching.engine.searches.multipliers import Multipliers
from matching.engine.searches.parts import Part
from matching.engine.searches.program import INFINITE, PER_TONNE, Floats

# Pairs of each requirement at the beginning, and those that one pass adds for each.
FIRST, ADDED = 6, 3
# In profits 2w + 1 per kilogram: half of the smallest difference that there can be.
UNDERVALUED = 0.5
# Times the highest gain of a tonne: what a missing tonne (CO2e) of a forced decision costs.
PENALTY = 100.0
# Below this, a solver's float means no kilogram.
NOTHING_KG = 0.01


class Master:
    """The linear program over the pairs ``known`` so far; tonnes and USD/t inside.

    Rows are lots, requirements, averages. Columns are one surplus of carbon for each of the
    ``averages``, one shortage for each of the floors in ``whole`` (both closed until ``open``),
    then the known pairs.
    """

    def __init__(self, part: Part, known: Ints) -> None:
        self.part, self.known = part, np.zeros(0, dtype=np.int64)
        self.averages = np.flatnonzero(program.averaging(part))
        self.whole = np.flatnonzero(part.floor)
        self._row = np.full(len(part.volume), -1)
        self._row[self.averages] = len(part.available) + len(part.volume) + _each(self.averages)
        self._slacks = len(self.averages) + len(self.whole)
        self._model = self._empty()
        self.add(known)

    def add(self, places: Ints) -> None:
        """Let more pairs of the part trade."""
        pairs, count = self.part.pairs.at(places), len(places)
        row = self._row[pairs.requirement]
        third = (row >= 0) & (pairs.excess != 0)
        starts = np.concatenate([[0], np.cumsum(2 + third)])
        index = np.empty(starts[-1], dtype=np.int32)
        value: Floats = np.ones(starts[-1])
        index[starts[:-1]] = pairs.lot
        index[starts[:-1] + 1] = len(self.part.available) + pairs.requirement
        index[starts[:-1][third] + 2] = row[third]
        value[starts[:-1][third] + 2] = pairs.excess[third] / 1000
        gain: Floats = (pairs.profit * PER_TONNE).astype(np.float64)
        none, most = np.zeros(count), np.full(count, INFINITE)
        starts = starts[:-1].astype(np.int32)
        self._model.addCols(count, gain, none, most, len(index), starts, index, value)
        self.known = np.concatenate([self.known, places])

    def run(self) -> None:
        """Solve, from the last basis on. EngineError if there is no optimum."""
        self._model.run()
        if self._model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise EngineError(f"HiGHS ended with {self._model.getModelStatus().name}.")
        solution = self._model.getSolution()
        self._values, self._duals = np.array(solution.col_value), np.array(solution.row_dual)

    @property
    def kilograms(self) -> Floats:
        """Of each known pair."""
        found: Floats = self._values[self._slacks :] * 1000
        return found

    @property
    def short(self) -> tuple[Ints, Ints]:
        """(averages above their limit, floors not reached) by forced decisions: requirements."""
        slack = self._values[: self._slacks] * 1000 > NOTHING_KG
        count = len(self.averages)
        return self.averages[slack[:count]], self.whole[slack[count:]]

    @property
    def multipliers(self) -> Multipliers:
        """Of lots and averages, as multipliers.py wants them."""
        n, m = len(self.part.available), len(self.part.volume)
        duals = np.maximum(self._duals, 0.0) / PER_TONNE
        averages = np.zeros(m)
        averages[self.averages] = duals[n + m :]
        return Multipliers(duals[:n], averages)

    def undervalued(self, allowed: Flags | None = None, most: int = ADDED) -> Ints:
        """Places of pairs worth more than their duals, the best of each requirement."""
        pairs, duals = self.part.pairs, self._duals / PER_TONNE
        n, m = len(self.part.available), len(self.part.volume)
        gain = pairs.profit - duals[pairs.lot] - duals[n + pairs.requirement]
        carbon = np.zeros(m)
        carbon[self.averages] = duals[n + m :] / 1000
        gain -= carbon[pairs.requirement] * pairs.excess
        gain[self.known] = 0.0
        if allowed is not None:
            gain[~allowed] = 0.0
        worth = np.flatnonzero(gain > UNDERVALUED)
        return worth[_best(pairs.requirement[worth], gain[worth], most)]

    def open(self) -> None:
        """From now on a forced decision may break an average or a floor, at a price."""
        self._bound(np.arange(self._slacks), 0.0, INFINITE)

    def force(self, columns: Ints) -> None:
        """Known pairs, by number of column, that trade their least portion or more."""
        least = self.part.pairs.least[self.known[columns]] / 1000
        self._bound(self._slacks + columns, least, INFINITE)

    def bar(self, columns: Ints) -> None:
        """Known pairs, by number of column, that do not trade."""
        self._bound(self._slacks + columns, 0.0, 0.0)

    def serve(self, requirement: int) -> None:
        """The requirement gets its floor or more."""
        low, high = self.part.floor[requirement] / 1000, self.part.volume[requirement] / 1000
        self._model.changeRowBounds(len(self.part.available) + requirement, low, high)

    def drop(self, requirement: int) -> None:
        """The requirement gets nothing."""
        self._model.changeRowBounds(len(self.part.available) + requirement, -INFINITE, 0.0)

    def start(self, basis: Basis) -> None:
        """Begin with the tree of a transportation problem over all pairs of the part."""
        status = highspy.HighsBasisStatus
        nodes = len(self.part.available) + len(self.part.volume)
        joined = basis.column[:nodes] != NOBODY
        order = np.argsort(self.known)
        own = order[np.searchsorted(self.known[order], basis.column[:nodes][joined])]
        columns = np.full(self._slacks + len(self.known), status.kLower)
        columns[self._slacks + own] = status.kBasic
        rows = [status.kUpper if tight else status.kBasic for tight in joined.tolist()]
        found = highspy.HighsBasis()
        found.col_status = columns.tolist()
        found.row_status = rows + [status.kBasic] * len(self.averages)
        found.valid = True
        self._model.setBasis(found)

    def _bound(self, columns: Ints, low: Floats | float, high: float) -> None:
        lows = np.broadcast_to(np.asarray(low, dtype=np.float64), len(columns)).copy()
        highs = np.full(len(columns), high)
        self._model.changeColsBounds(len(columns), columns.astype(np.int32), lows, highs)

    def _empty(self) -> _Highs:
        """All rows, and of the columns the closed surpluses and shortages."""
        part, count = self.part, self._slacks
        rows = np.concatenate([self._row[self.averages], len(part.available) + self.whole])
        linear = highspy.HighsLp()
        linear.sense_ = highspy.ObjSense.kMaximize
        allowed = part.allowance[self.averages] / 10**6
        linear.row_upper_ = np.concatenate([part.available / 1000, part.volume / 1000, allowed])
        linear.num_col_, linear.num_row_ = count, len(linear.row_upper_)
        linear.row_lower_ = np.full(linear.num_row_, -INFINITE)
        dear = PENALTY * PER_TONNE * float(part.pairs.profit.max())
        linear.col_cost_ = np.full(count, -dear)
        linear.col_lower_ = linear.col_upper_ = np.zeros(count)
        linear.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        linear.a_matrix_.start_ = np.arange(count + 1)
        linear.a_matrix_.index_ = rows
        linear.a_matrix_.value_ = np.where(np.arange(count) < len(self.averages), -1.0, 1.0)
        model = _Highs()
        # Presolve would throw the basis away.
        options: dict[str, bool | float | str] = {
            "output_flag": False,
            "threads": 1,
            "parallel": "off",
            "solver": "simplex",
            "presolve": "off",
        }
        for name, value in options.items():
            model.setOptionValue(name, value)
        model.passModel(linear)
        return model


def relaxed(part: Part) -> Master:
    """The solved relaxation of all pairs. EngineError if the solver fails."""
    pairs = part.pairs
    columns = Columns(pairs.lot.astype(np.int32), pairs.requirement.astype(np.int32), pairs.profit)
    basis = Basis.start(part.available, part.volume)
    improve(basis, columns)
    lost = basis.lot_duals[pairs.lot] + basis.requirement_duals[pairs.requirement] - pairs.profit
    near = _best(pairs.requirement, -lost, FIRST)
    master = Master(part, np.union1d(near, basis.column[basis.column != NOBODY]))
    master.start(basis)
    while True:
        master.run()
        more = master.undervalued()
        if not len(more):
            return master
        master.add(more)


def _best(groups: Ints, gain: Ints | Floats, most: int) -> Ints:
    """Places of the ``most`` highest gains of each group, ties by place; in ascending order."""
    order = np.lexsort((-gain, groups))
    first = np.searchsorted(groups[order], groups[order])
    return np.sort(order[_each(order) - first < most])


def _each(values: Ints) -> Ints:
    return np.arange(len(values))

"""The matching engine: pure, exact, deterministic. See docs/matching.md.

>>> market = Market.build(lots, requirements, as_of=day)
>>> result = solve(market)           # the optimum, with duals as its proof
>>> verify(market, result).ok        # checked again without the solver
>>> explain(market, result)          # why the rest stayed open
"""

from matching.engine.errors import EngineError
from matching.engine.explain import Reason, explain
from matching.engine.market import LotRow, Market, RequirementRow
from matching.engine.results import Match, Result, Verdict
from matching.engine.solve import solve
from matching.engine.verify import verify
from matching.engine.version import ENGINE_VERSION

__all__ = [
    "ENGINE_VERSION", "EngineError", "LotRow", "Market", "Match", "Reason", "RequirementRow",
    "Result", "Verdict", "explain", "solve", "verify",
]  # fmt: skip

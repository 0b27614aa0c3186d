"""The matching engine: pure, exact, deterministic. See docs/matching.md.

>>> market = Market.build(lots, requirements, as_of=day)
>>> result = solve(market)           # the optimum, with duals as its proof
>>> verify(market, result).ok        # checked again without the solver
>>> explain(market, result)          # why the rest stayed open
>>> curve(market, result, ...)       # what a tonne more would be worth, by carbon intensity
>>> fit(lots, requirement, day)      # which lots one requirement fits, and which but for one rule
"""

from matching.engine.compatibility import Rule
from matching.engine.compiled import pending as compilation_pending
from matching.engine.errors import EngineError
from matching.engine.fit import Fit, fit
from matching.engine.market import Market
from matching.engine.memory import Memory
from matching.engine.prices import PricePoint, Product, curve, curves
from matching.engine.proofs.verify import verify
from matching.engine.reasons.explain import EXPLAINED, Reason, explain, explain_one
from matching.engine.results import Match, Result, Verdict
from matching.engine.rows import LotRow, RequirementRow
from matching.engine.solve import solve
from matching.engine.version import ENGINE_VERSION
from matching.engine.warm import warm_up

__all__ = [
    "ENGINE_VERSION", "EXPLAINED", "EngineError", "Fit", "LotRow", "Market", "Match", "Memory",
    "PricePoint", "Product", "Reason", "RequirementRow", "Result", "Rule", "Verdict",
    "compilation_pending", "curve", "curves", "explain", "explain_one", "fit", "solve", "verify",
    "warm_up",
]  # fmt: skip

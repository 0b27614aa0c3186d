"""What is measured: markets, who solves them, and how long they may take."""

from dataclasses import dataclass, field
from fractions import Fraction

WORKERS = {"engine-1": 1, "engine-2": 2}
ENGINES = tuple(WORKERS)
STRONG, SPLIT, LP, SESSION = "explicit", "explicit-split", "pairwise-lp", "session"
SIMPLE = ("greedy", "price-first")
SOLVERS = (STRONG, SPLIT, LP, *SIMPLE, *ENGINES, SESSION)


@dataclass(frozen=True)
class Instance:
    """``size`` lots and requirements. ``reasons``, ``files``: time explain and file reading, too.

    ``limit_s``: for one measurement, with everything that it times.
    """

    name: str
    size: int
    products: int = 1
    minimums: float = 0.0
    averages: float = 0.0
    solvers: tuple[str, ...] = (STRONG, *SIMPLE, *ENGINES)
    reasons: bool = False
    files: bool = False
    limit_s: int = 900

    @property
    def special(self) -> bool:
        """Whether a flow alone may not know the optimum."""
        return bool(self.minimums or self.averages)


BY_PRODUCT = (STRONG, SPLIT, *SIMPLE, *ENGINES)
ALL = (
    Instance("1k", 1_000, solvers=(STRONG, LP, *SIMPLE, *ENGINES), reasons=True, files=True),
    Instance("5k", 5_000, reasons=True, files=True),
    Instance("10k", 10_000, reasons=True, files=True),
    Instance("20k", 20_000, reasons=True),
    Instance("10k-28", 10_000, products=28, solvers=BY_PRODUCT, reasons=True, files=True),
    Instance("40k-28", 40_000, products=28, solvers=BY_PRODUCT),
    Instance("140k-28", 140_000, products=28, solvers=BY_PRODUCT, limit_s=1_800),
    Instance("140k", 140_000, solvers=ENGINES, limit_s=3_600),
    Instance("milp-1k", 1_000, minimums=0.2, averages=0.1, reasons=True),
    Instance("milp-10k", 10_000, minimums=0.2, averages=0.1),
    Instance("milp-10k-28", 10_000, products=28, minimums=0.2, averages=0.1),
    Instance("incremental", 10_000, products=28, solvers=(SESSION,)),
)
INSTANCES = {instance.name: instance for instance in ALL}
QUICK = ("1k", "5k", "10k-28", "milp-1k")
FULL = tuple(name for name in INSTANCES if name not in ("5k", "milp-1k"))


@dataclass(frozen=True)
class Measurement:
    """One solver on one market; None where it was not measured or did not end.

    ``peak_mib``: at the end of solving, all processes together; ``highest_mib``: at the very end.
    ``digest``: hash of the engine's result. ``note``: what went wrong.
    """

    instance: str
    solver: str
    seed: int | None = None
    engine: str = ""
    before_mib: float | None = None
    wall_s: float | None = None
    peak_mib: float | None = None
    highest_mib: float | None = None
    full_s: float | None = None
    verify_s: float | None = None
    explain_s: float | None = None
    read_s: float | None = None
    surplus_e7: int | None = None
    kg: int | None = None
    violations: dict[str, int] | None = None
    pairs: int | None = None
    segments: int | None = None
    optimal: bool | None = None
    gap: float | None = None
    verified: bool | None = None
    digest: str = ""
    note: str = ""

    @property
    def engine_run(self) -> bool:
        return self.solver in (*ENGINES, SESSION)

    @property
    def well(self) -> bool:
        """Whether it solved the market by the rules and, where it claims so, with a proof."""
        return self.wall_s is not None and self.verified is not False and not self.note

    @property
    def reached(self) -> int | None:
        """What all of them maximise: the sum of (2w + 1) x kg."""
        if self.surplus_e7 is None or self.kg is None:
            return None
        return 2 * self.surplus_e7 + self.kg


@dataclass
class Board:
    """All measurements so far."""

    rows: list[Measurement] = field(default_factory=list)

    def get(self, instance: str, solver: str) -> Measurement | None:
        found = [row for row in self.rows if (row.instance, row.solver) == (instance, solver)]
        return found[-1] if found else None

    def best_engine(self, instance: str) -> Measurement | None:
        """The engine's faster run of those with one and two threads."""
        runs = (self.get(instance, solver) for solver in ENGINES)
        done = [run for run in runs if run is not None and run.wall_s is not None]
        return min(done, key=lambda run: run.wall_s or 0.0, default=None)

    def optimum(self, instance: str) -> Fraction | None:
        """The proven optimum; with minimums or averages the engine's certified bound."""
        for solver in ENGINES if INSTANCES[instance].special else (STRONG, LP, *ENGINES):
            row = self.get(instance, solver)
            if row and row.reached is not None and (row.verified or solver not in ENGINES):
                return row.reached / (1 - Fraction(row.gap or 0))
        return None

"""Match two market files offline: no database, no Redis, no login."""

import os
import time
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from matching import engine, files, reports

BAD_INPUT = 2
FAILED = 1


def _day(text: str) -> date:
    return date.fromisoformat(text)


class Command(BaseCommand):
    help = "Match a file of lots with a file of requirements; see docs/matching.md."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--lots", type=Path, required=True, help="CSV or XLSX")
        parser.add_argument("--requirements", type=Path, required=True, help="CSV or XLSX")
        parser.add_argument("--as-of", type=_day, required=True, help="ISO date")
        parser.add_argument("--out", type=Path, required=True, help="folder for the results")
        parser.add_argument("--fx", type=Path, help="CSV with currency, usd_per_unit, date")
        parser.add_argument(
            "--explain",
            choices=("auto", "all"),
            default="auto",
            help=f"reasons for all parties; auto: up to {engine.EXPLAINED:,} pairs",
        )
        parser.add_argument(
            "--workers", type=int, default=os.cpu_count() or 1, help="threads; same result"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._run(options)
        except files.BadFiles as bad:
            self.stderr.write("\n".join(bad.problems))
            raise SystemExit(BAD_INPUT) from bad
        except (engine.EngineError, OSError) as error:
            self.stderr.write(f"{type(error).__name__}: {error}")
            raise SystemExit(FAILED) from error

    def _run(self, options: dict[str, Any]) -> None:
        started = time.perf_counter()
        as_of = options["as_of"]
        fx = files.read_fx(options["fx"], as_of)
        read = files.read_market(options["lots"], options["requirements"], as_of, fx)
        market = read.market
        if engine.compilation_pending():
            self.stderr.write("The engine is compiled first, once: some fifteen seconds.")
        result = engine.solve(market, workers=options["workers"])
        verdict = engine.verify(market, result)
        if not verdict.ok:
            raise engine.EngineError("refused by verification: " + "; ".join(verdict.problems))
        matches = reports.matches_csv(market, result)
        most = None if options["explain"] == "all" else engine.EXPLAINED
        reasons = engine.explain(market, result, engine.solve, most=most)
        unmatched = reports.unmatched_csv(reasons, read.units, fx)
        seconds = time.perf_counter() - started
        facts = reports.round_json(market, result, verdict, (matches, unmatched), seconds)
        reports.write_all(
            options["out"],
            {"matches.csv": matches, "unmatched.csv": unmatched, "round.json": facts},
        )
        tonnes = sum(match.quantity_kg for match in result.matches) / 1000
        how_good = "optimal" if result.optimal else f"within {result.gap:.4%} of the optimum"
        self.stdout.write(
            f"{len(result.matches)} matches, {tonnes:.3f} t, {how_good} and verified, "
            f"in {seconds:.2f} s: {options['out']}"
        )

"""Check that the books agree: one line for each difference, and an exit code that says so."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from marketplace.selectors import reconciliation


class Command(BaseCommand):
    help = "Compare counters, ledger, proposals, deals, records and audit. Changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        report = reconciliation.report()
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), indent=2))
        else:
            for one in report.differences:
                self.stdout.write(str(one))
        looked_at = ", ".join(f"{n:,} {name}" for name, n in asdict(report.counts).items())
        found = len(report.differences)
        noun = "difference" if found == 1 else "differences"
        told = f"{looked_at} reconcile: {found} {noun}"
        if found:
            raise CommandError(told)
        if not options["json"]:
            self.stdout.write(told)

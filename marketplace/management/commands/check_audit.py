"""Check the hash chain over the audit rows: the first broken one is named; the exit code tells."""

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from marketplace.domain.chain import Head
from marketplace.selectors import audit


class Command(BaseCommand):
    help = "Recompute the chain over audit, ledger, steps, messages and terms. Changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--expect",
            type=_head,
            metavar="NUMBER:SHA256",
            help="a head that an earlier run or the worker's log told; it has to be in the chain",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = audit.report(options["expect"])
        for one in found.broken:
            self.stdout.write(str(one))
        if found.broken:
            raise CommandError(f"The audit trail is not whole; the first: {found.broken[0]}")
        self.stdout.write(f"{found.head.number:,} links hold. Head {found.head}")


def _head(text: str) -> Head:
    number, _colon, sha256 = text.partition(":")
    try:
        return Head(int(number), bytes.fromhex(sha256))
    except ValueError as error:
        raise ArgumentTypeError("NUMBER:SHA256, as check_audit prints it") from error

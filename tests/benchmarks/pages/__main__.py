"""The page budget on the demo market x 100: at most 12 queries, 100 kB, 3 times the SQL's time.

A page that answers within 100 ms has kept its time, whatever its SQL takes.

`dev.py bench-pages` fills the database. Ends with 1 when a list page misses its budget.
"""

import os
import sys
from collections.abc import Iterator

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
django.setup()

from django.contrib import admin  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from marketplace.management.demo.facts import ADMIN, LANCANG, ORCHARD  # noqa: E402
from marketplace.models import Certificate, Deal, Lot, Requirement, User  # noqa: E402
from tests.benchmarks.pages.measuring import Page, measured  # noqa: E402

BOTH = (
    "/dashboard", "/market", "/proposals", "/deals", "/matching/rounds", "/notifications",
    "/members", "/imports",
)  # fmt: skip
PATHS = {
    LANCANG: (*BOTH, "/lots", "/certificates", "/market/requirements"),
    ORCHARD: (*BOTH, "/requirements", "/market/lots", "/comparisons", "/searches"),
}


def main() -> int:
    print(f"{Lot.objects.count():,} lots, {Requirement.objects.count():,} requirements, ", end="")
    print(f"{Deal.objects.count():,} deals\n")
    print("| reader | page | server, ms | SQL, ms | x | queries | kB | |")
    print("|---|---|---:|---:|---:|---:|---:|---|")
    missed = 0
    for page in _pages():
        missed += bool(page.misses)
        print(
            f"| {page.reader} | {page.path} | {page.server_s * 1000:.0f} | {page.sql_s * 1000:.0f}"
            f" | {page.times_sql:.1f} | {page.queries} | {page.transferred / 1000:.0f}"
            f" | {', '.join(page.misses) or 'kept'} |",
            flush=True,
        )
    return 1 if missed else 0


def _pages() -> Iterator[Page]:
    for email, paths in PATHS.items():
        client, reader = _signed_in(email), email.partition("@")[0]
        for path in paths:
            yield measured(reader, client, path)
    paper = Certificate.objects.get(number="DEMO-GP-0342")
    statement = reverse("certificate_statement", args=[paper.public_id])
    yield measured("producer", _signed_in(LANCANG), statement)
    client = _signed_in(ADMIN)
    for model in admin.site._registry:
        name = model._meta.label_lower.replace(".", "_")
        yield measured("admin", client, reverse(f"admin:{name}_changelist"))


def _signed_in(email: str) -> Client:
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(email=email))
    return client


if __name__ == "__main__":
    sys.exit(main())

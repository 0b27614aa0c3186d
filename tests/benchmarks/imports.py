"""How long files of lots take to check, to import and to check again, and the memory of it.

`dev.py bench-imports`, in the demo's database. Read the columns against each other: twice the rows
should take twice the time.
"""

import os
import resource
import sys
from time import perf_counter

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
django.setup()

from marketplace.management.demo import loading  # noqa: E402
from marketplace.management.demo.facts import ADMIN, LANCANG  # noqa: E402
from marketplace.models import User  # noqa: E402
from tests.factories.market import Trader  # noqa: E402
from tests.factories.sheets import as_csv, checked, confirmed, lot_row  # noqa: E402

SIZES = (1_000, 5_000, 20_000)


def main() -> int:
    people = loading.people(User.objects.get(email=ADMIN))
    producer = Trader(people.actors[LANCANG])
    paper = f"CGMC_GREEN_POWER:{people.papers['L-GREEN'].number}"
    print("| rows | check, s | import, s | check unchanged, s | import, ms a row | peak, MB |")
    print("|---:|---:|---:|---:|---:|---:|")
    for size in SIZES:
        rows = [lot_row(f"B{size}-{number}", paper, quantity_t="0.1") for number in range(size)]
        file = as_csv(rows)
        begin = perf_counter()
        job = checked(producer, "LOTS", file)
        between = perf_counter()
        job = confirmed(producer, job)
        end = perf_counter()
        assert job.state == "IMPORTED", job.problems
        checked(producer, "LOTS", file)
        again = perf_counter()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"| {size:,} | {between - begin:.1f} | {end - between:.1f} | {again - end:.1f}"
            f" | {(end - between) / size * 1000:.1f} | {peak:.0f} |",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""One list page through the whole of Django: its time, that of its SQL, its bytes."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

from django.db import connection
from django.test import Client

REPEATS = 7
MOST_QUERIES, MOST_BYTES, MOST_TIMES_SQL = 12, 100_000, 3.0
# Several lists at once.
OF_DASHBOARDS = 20
# Below this nobody waits, and beside 2 ms of SQL a ratio measures Django's own floor of some 8 ms.
UNNOTICED_S = 0.1


@dataclass(frozen=True)
class Page:
    """Medians: seconds of the server, of these in SQL; statements; bytes as a browser gets them."""

    reader: str
    path: str
    server_s: float
    sql_s: float
    queries: int
    transferred: int

    @property
    def times_sql(self) -> float:
        return self.server_s / self.sql_s if self.sql_s else 0.0

    @property
    def misses(self) -> list[str]:
        found = []
        if self.queries > (OF_DASHBOARDS if self.path == "/dashboard" else MOST_QUERIES):
            found.append(f"{self.queries} queries")
        if self.transferred > MOST_BYTES:
            found.append(f"{self.transferred / 1000:.0f} kB")
        if self.times_sql > MOST_TIMES_SQL and self.server_s > UNNOTICED_S:
            found.append(f"{self.times_sql:.1f} x its SQL")
        return found


class _Clock:
    """Counts statements and their time; given to ``connection.execute_wrapper``."""

    def __init__(self) -> None:
        self.seconds, self.count = 0.0, 0

    def __call__(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        begin = perf_counter()
        try:
            return execute(*arguments)
        finally:
            self.seconds += perf_counter() - begin
            self.count += 1


def measured(reader: str, client: Client, path: str) -> Page:
    """After one look that warms caches. RuntimeError unless the page answers 200."""
    looks = [_look(client, path) for _ in range(REPEATS + 1)][1:]
    server, sql, queries, transferred = zip(*looks, strict=True)
    return Page(reader, path, median(server), median(sql), max(queries), max(transferred))


def _look(client: Client, path: str) -> tuple[float, float, int, int]:
    clock = _Clock()
    with connection.execute_wrapper(clock):
        begin = perf_counter()
        answer = client.get(path, headers={"accept-encoding": "gzip"})
        size = len(answer.content)
        seconds = perf_counter() - begin
    if answer.status_code != 200:
        raise RuntimeError(f"{path}: {answer.status_code}")
    return seconds, clock.seconds, clock.count, size

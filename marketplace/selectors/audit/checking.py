"""Walks the chain from its first link and names every row that is not what was linked."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice

from marketplace.domain.chain import Head, link
from marketplace.models import AuditLink, AuditShape
from marketplace.selectors.audit import rows
from marketplace.selectors.audit.rows import Source

BATCH = 5_000
MOST = 100
CHANGED = "is not what it was"
REMOVED = "is gone"
ADDED = "was put in behind the chain"
GAP = "a link before it is gone"
NO_COLUMNS = "cannot be checked without its columns {columns}"
NO_HEAD = "the chain does not hold this head any more"

Gone = Callable[[AuditShape], tuple[str, ...]]
Digests = Mapping[tuple[str, int], bytes]


@dataclass(frozen=True)
class Broken:
    """``number``: of the link, 0 where there is none."""

    number: int
    table: str
    row: int
    what: str

    def __str__(self) -> str:
        place = f"link {self.number}, " if self.number else ""
        return f"{place}{self.table} {self.row}: {self.what}"


@dataclass(frozen=True)
class Report:
    """``broken``: at most a hundred, the first by its link first."""

    head: Head
    broken: tuple[Broken, ...]


def report(expected: Head | None = None) -> Report:
    """``expected``: a head that was noted elsewhere; the chain has to hold it still."""
    found = list(islice(_walked(), MOST))
    if expected is not None and not _holds(expected):
        found.append(Broken(expected.number, AuditLink._meta.db_table, expected.number, NO_HEAD))
    for source in rows.chained():
        found += [Broken(0, source.table, key, ADDED) for key in rows.behind(source)]
    return Report(rows.head(), tuple(found[:MOST]))


def _walked() -> Iterator[Broken]:
    gone = cache(_gone)
    before = Head()
    while batch := _batch(before.number):
        there = _digests(batch, gone)
        for one in batch:
            what = _judged(one, before, there, gone(one.shape))
            if what:
                yield Broken(one.number, one.shape.table, one.row, what)
            # As it is stored: what follows is judged by itself.
            before = Head(one.number, bytes(one.sha256))


def _judged(one: AuditLink, before: Head, there: Digests, gone: tuple[str, ...]) -> str:
    table = one.shape.table
    digest = there.get((table, one.row))
    if one.number != before.number + 1:
        return GAP
    if gone:
        return NO_COLUMNS.format(columns=", ".join(gone))
    if digest is None:
        return REMOVED
    made = link(before.sha256, table=table, row=one.row, digest=digest)
    return "" if made == bytes(one.sha256) else CHANGED


def _batch(after: int) -> Sequence[AuditLink]:
    found = AuditLink.objects.filter(number__gt=after).select_related("shape")
    return list(found.order_by("number")[:BATCH])


def _digests(batch: Sequence[AuditLink], gone: Gone) -> Digests:
    """Of the linked rows that are there, by the columns that they were linked with."""
    keys: dict[AuditShape, list[int]] = defaultdict(list)
    for one in batch:
        keys[one.shape].append(one.row)
    names = {source.table: source.key for source in rows.chained()}
    return {
        (shape.table, key): digest
        for shape, found in keys.items()
        if not gone(shape)
        for key, digest in rows.digests(
            Source(shape.table, names.get(shape.table, "id"), tuple(shape.columns)), found
        ).items()
    }


def _gone(shape: AuditShape) -> tuple[str, ...]:
    return tuple(sorted(set(shape.columns) - rows.columns_there(shape.table)))


def _holds(expected: Head) -> bool:
    found = AuditLink.objects.filter(number=expected.number).values_list("sha256", flat=True)
    return any(bytes(one) == expected.sha256 for one in found) or expected == Head()

"""Which rows only grow, and the digest of one: SHA-256 over its columns as PostgreSQL's JSON.

For an event of pghistory the context (who was signed in, which page) is a part of the row.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.apps import apps
from django.db import connection
from django.db.models import Model
from pghistory.models import Event
from psycopg2 import sql

from marketplace.domain.chain import Head
from marketplace.models import (
    AuditLink,
    AuditShape,
    LedgerPosting,
    Message,
    ProposalStep,
    Reveal,
    TermsAcceptance,
)

CONTEXT = "pgh_context_id"
# Rows are numbered before they are committed: one that is this far behind the newest linked one
# did not come late, it was put in.
REACH = 100_000


@dataclass(frozen=True)
class Source:
    """A table whose rows are linked; ``columns`` in their order, ``key`` the one that counts."""

    table: str
    key: str
    columns: tuple[str, ...]

    @property
    def is_event(self) -> bool:
        return CONTEXT in self.columns


def chained() -> list[Source]:
    """Audit events and what is written once, by name of their tables."""
    events = [model for model in apps.get_models() if issubclass(model, Event)]
    records: list[type[Model]] = [LedgerPosting, Message, ProposalStep, Reveal, TermsAcceptance]
    return sorted((_source(model) for model in [*events, *records]), key=lambda one: one.table)


def append_only_tables() -> list[str]:
    """Tables that the application only reads and adds to; the chain over them is one as well."""
    links = (AuditLink._meta.db_table, AuditShape._meta.db_table)
    return sorted({*links, *(one.table for one in chained())})


def head() -> Head:
    newest = AuditLink.objects.order_by("-number").values_list("number", "sha256").first()
    return Head(newest[0], bytes(newest[1])) if newest else Head()


def new_rows(source: Source, *, most: int) -> list[tuple[int, bytes]]:
    """Keys and digests of rows that have no link yet, in the order of their keys."""
    shapes = _shapes(source)
    condition = sql.SQL("{key} > {since} AND NOT {linked} ORDER BY {key} LIMIT {most}").format(
        key=sql.Identifier("it", source.key),
        since=sql.Literal(_newest(shapes) - REACH),
        linked=_is_linked(source, shapes),
        most=sql.Literal(most),
    )
    return _digested(source, condition)


def digests(source: Source, keys: Sequence[int]) -> dict[int, bytes]:
    """Of the rows of these keys, as far as they are there."""
    condition = sql.SQL("{key} = ANY({keys})").format(
        key=sql.Identifier("it", source.key), keys=sql.Literal(list(keys))
    )
    return dict(_digested(source, condition))


def behind(source: Source) -> list[int]:
    """Keys of rows without a link that lie out of reach: the first 100 of them."""
    shapes = _shapes(source)
    statement = sql.SQL(
        "SELECT {key} FROM {table} AS it WHERE {key} <= {until} AND NOT {linked}"
        " ORDER BY {key} LIMIT 100"
    ).format(
        key=sql.Identifier("it", source.key),
        table=sql.Identifier(source.table),
        until=sql.Literal(_newest(shapes) - REACH),
        linked=_is_linked(source, shapes),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return [key for (key,) in cursor.fetchall()]


def columns_there(table: str) -> frozenset[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND table_name = %s",
            [table],
        )
        return frozenset(name for (name,) in cursor.fetchall())


def _source(model: type[Model]) -> Source:
    meta = model._meta
    columns = tuple(sorted(str(field.column) for field in meta.concrete_fields))
    assert meta.pk is not None
    return Source(meta.db_table, str(meta.pk.column), columns)


def _shapes(source: Source) -> list[int]:
    return list(AuditShape.objects.filter(table=source.table).values_list("pk", flat=True))


def _newest(shapes: Sequence[int]) -> int:
    """The largest key that is linked, 0 for none: of each shape from the end of its index."""
    found = (
        AuditLink.objects.filter(shape=shape).order_by("-row").values_list("row", flat=True).first()
        for shape in shapes
    )
    return max((key for key in found if key is not None), default=0)


def _is_linked(source: Source, shapes: Sequence[int]) -> sql.Composed:
    return sql.SQL(
        "EXISTS (SELECT 1 FROM marketplace_auditlink AS link"
        " WHERE link.shape_id = ANY({shapes}) AND link.row = {key})"
    ).format(
        shapes=sql.SQL("{}::bigint[]").format(sql.Literal(list(shapes))),
        key=sql.Identifier("it", source.key),
    )


def _digested(source: Source, condition: sql.Composable) -> list[tuple[int, bytes]]:
    columns: Iterable[sql.Composable] = (sql.Identifier("it", name) for name in source.columns)
    context = sql.SQL("LEFT JOIN pghistory_context AS context ON context.id = it.pgh_context_id")
    statement = sql.SQL(
        "SELECT {key}, sha256(convert_to(to_jsonb(told)::text || {context}, 'UTF8'))"
        " FROM {table} AS it {joined}"
        " CROSS JOIN LATERAL (SELECT {columns}) AS told WHERE {condition}"
    ).format(
        key=sql.Identifier("it", source.key),
        context=sql.SQL("COALESCE(context.metadata::text, '')" if source.is_event else "''"),
        table=sql.Identifier(source.table),
        joined=context if source.is_event else sql.SQL(""),
        columns=sql.SQL(", ").join(columns),
        condition=condition,
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return [(key, bytes(digest)) for key, digest in cursor.fetchall()]

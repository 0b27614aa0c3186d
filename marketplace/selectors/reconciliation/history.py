"""The audit trail: its newest row of each thing is the thing as it stands."""

from typing import Any

from django.db import models
from psycopg2 import sql

from marketplace.models import Certificate, Deal, Lot, Proposal, Requirement
from marketplace.selectors.reconciliation.difference import Difference, in_words

AUDITED: tuple[type[models.Model], ...] = (Lot, Requirement, Certificate, Proposal, Deal)
# Rows without an audit row or with one that says something else, and deletions that are none.
STATEMENT = sql.SQL("""
WITH told AS (SELECT DISTINCT ON (id) * FROM {events} ORDER BY id, pgh_id DESC)
SELECT {what}, coalesce(live.id, told.id), 'newest audit row',
       CASE WHEN live.id IS NULL THEN 'no row' WHEN told.id IS NULL THEN 'no audit row'
            ELSE 'another row' END, 'the same row'
FROM {table} live FULL JOIN told ON told.id = live.id
WHERE (live.id IS NOT NULL OR told.pgh_label <> 'delete')
  AND (live.id IS NULL OR told.id IS NULL OR told.pgh_label = 'delete'
       OR ({live}) IS DISTINCT FROM ({told}))
""")


def differences() -> list[Difference]:
    return [found for model in AUDITED for found in in_words(_statement(model))]


def _statement(model: Any) -> sql.Composed:
    columns = [field.column for field in model._meta.concrete_fields]
    return STATEMENT.format(
        events=sql.Identifier(model.pgh_event_model._meta.db_table),
        what=sql.Literal(model._meta.model_name),
        table=sql.Identifier(model._meta.db_table),
        live=_columns("live", columns),
        told=_columns("told", columns),
    )


def _columns(source: str, names: list[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(source, name) for name in names)

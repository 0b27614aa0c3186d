"""What was written down stays as it was: the application's role may add, and nothing else. C13."""

import pytest
from django.db import ProgrammingError, connection, transaction

from marketplace.selectors.audit import append_only_tables
from tests.figures import attack

pytestmark = [pytest.mark.django_db, attack("C13")]
DAMAGE = (
    "UPDATE {table} SET id = id",
    "DELETE FROM {table}",
    "TRUNCATE {table}",
    "DROP TABLE {table}",
    "ALTER TABLE {table} DISABLE TRIGGER ALL",
)


@pytest.mark.parametrize("table", append_only_tables())
def test_no_row_of_it_is_changed_or_removed(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(%s, 'INSERT')", [table])
        assert cursor.fetchone() == (True,)
        key = _key(table)
        for statement in DAMAGE:
            with pytest.raises(ProgrammingError), transaction.atomic():
                cursor.execute(statement.replace("id = id", f"{key} = {key}").format(table=table))


def test_audit_events_ledger_steps_and_terms_are_among_them() -> None:
    found = append_only_tables()
    assert {"marketplace_ledgerposting", "marketplace_proposalstep"} <= set(found)
    assert sum(name.endswith("event") for name in found) > 10


def _key(table: str) -> str:
    return str(
        next(
            column.name
            for column in connection.introspection.get_table_description(connection.cursor(), table)
        )
    )

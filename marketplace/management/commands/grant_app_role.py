"""Give the application's role what it needs, nothing of the owner's; after every ``migrate``."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg2 import sql

from marketplace.selectors.audit import append_only_tables

MIGRATIONS_TABLE = "django_migrations"


class Command(BaseCommand):
    help = "Grant DATABASE_APP_ROLE what the application needs. Run with the owner's DATABASE_URL."
    requires_system_checks: list[str] = []  # only the database matters here

    def handle(self, *args: Any, **options: Any) -> None:
        role = settings.DATABASE_APP_ROLE
        if not role:
            raise CommandError("DATABASE_APP_ROLE is not set: which role does the application use?")
        with transaction.atomic(), connection.cursor() as cursor:
            _refuse_wrong_roles(cursor, role)
            _grant(cursor, role)
            _refuse_leftovers(cursor, role)
        if options["verbosity"] > 0:
            self.stdout.write(f"Role {role} may use the tables, and only add to the audit trail.")


def _refuse_wrong_roles(cursor: CursorWrapper, role: str) -> None:
    cursor.execute("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = %s", [role])
    found = cursor.fetchone()
    if found is None:
        raise CommandError(
            f"There is no role {role} in this server. Create it first, for example with "
            f"CREATE ROLE {role} LOGIN NOINHERIT."
        )
    if found[0]:
        raise CommandError(f"Role {role} may do anything in this server: use a plain role.")
    # The database counts as well: its owner may create and drop schemas.
    cursor.execute(
        """
        SELECT pg_get_userbyid(owner), pg_has_role(%s, owner, 'MEMBER'),
               pg_has_role(current_user, owner, 'USAGE')
        FROM (SELECT relowner FROM pg_class
              WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'S')
              UNION SELECT datdba FROM pg_database WHERE datname = current_database()
             ) AS owners(owner)
        """,
        [role],
    )
    for owner, application_is_owner, caller_is_owner in cursor.fetchall():
        if application_is_owner:
            raise CommandError(
                f"Role {role} has the rights of the owner {owner}: use another role."
            )
        if not caller_is_owner:
            raise CommandError(
                f"Run this with the owner's DATABASE_URL: {owner} owns what is granted here."
            )


def _grant(cursor: CursorWrapper, role: str) -> None:
    cursor.execute("SELECT current_database(), current_schema()")
    database, schema = cursor.fetchone()
    names = {
        "role": sql.Identifier(role),
        "database": sql.Identifier(database),
        "schema": sql.Identifier(schema),
    }
    append_only = sql.SQL(", ").join(sql.Identifier(table) for table in append_only_tables())
    statements = [
        "GRANT CONNECT ON DATABASE {database} TO {role}",
        "REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC, {role}",
        "GRANT USAGE ON SCHEMA {schema} TO {role}",
        "REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
        "REVOKE UPDATE, DELETE ON {append_only} FROM {role}",
        # The context of audit events is completed within its transaction, never removed.
        "REVOKE DELETE ON pghistory_context FROM {role}",
        "REVOKE INSERT, UPDATE, DELETE ON {migrations} FROM {role}",
        # A table of a later migration may be one of the audit trail: the least until the next run.
        "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT, INSERT ON TABLES TO {role}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE, SELECT ON SEQUENCES TO {role}",
    ]
    for statement in statements:
        cursor.execute(
            sql.SQL(statement).format(
                append_only=append_only, migrations=sql.Identifier(MIGRATIONS_TABLE), **names
            )
        )


def _refuse_leftovers(cursor: CursorWrapper, role: str) -> None:
    """Rights can also come from PUBLIC or from another role; those are not ours to take away."""
    cursor.execute("SELECT has_schema_privilege(%s, current_schema(), 'CREATE')", [role])
    if cursor.fetchone()[0]:
        raise CommandError(f"Role {role} can still create tables, by PUBLIC or by another role.")
    for table in append_only_tables():
        cursor.execute(
            "SELECT has_table_privilege(%s, quote_ident(%s), 'UPDATE, DELETE, TRUNCATE')",
            [role, table],
        )
        if cursor.fetchone()[0]:
            raise CommandError(f"Role {role} can still change {table}, by PUBLIC or another role.")

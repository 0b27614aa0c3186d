"""Make a plain role beside the owner in argv[1]; print its name and its URL. Runs in .venv."""

import secrets
import sys
from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg2
from psycopg2 import sql


def main(url: str) -> None:
    parts = urlsplit(url)
    role, password = f"{unquote(parts.username or 'gpm')}_app", secrets.token_urlsafe(18)
    connection = psycopg2.connect(url.replace("postgres://", "postgresql://", 1))
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        verb = "ALTER" if cursor.fetchone() else "CREATE"
        cursor.execute(
            sql.SQL("{verb} ROLE {role} LOGIN NOINHERIT PASSWORD {password}").format(
                verb=sql.SQL(verb), role=sql.Identifier(role), password=sql.Literal(password)
            )
        )
    connection.close()
    place = parts.netloc.rpartition("@")[2]
    print(role, urlunsplit(parts._replace(netloc=f"{role}:{password}@{place}")))


if __name__ == "__main__":
    main(sys.argv[1])

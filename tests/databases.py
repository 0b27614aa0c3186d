"""Databases for tests: one is migrated, every process of a run copies it."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
from psycopg2 import sql

from tests import processes

ROOT = Path(__file__).resolve().parent.parent
# Any number, the same in all processes: whoever comes second waits for the migrated database.
TEMPLATE_LOCK = 20_261_127


def create(name: str) -> None:
    """A migrated, empty database."""
    with _one_at_a_time():
        template = f"gpm_migrated_{_version()}"
        if not _named_like(template):
            _migrated(template)
        _as_owner("CREATE DATABASE {} TEMPLATE {}", name, template)


def drop(name: str, attempts: int = 6) -> None:
    """Drop the database; an autovacuum that just began there ends by itself within seconds.

    Each attempt waits five seconds inside PostgreSQL. FORCE would need rights over that worker.
    """
    while True:
        attempts -= 1
        try:
            _as_owner("DROP DATABASE IF EXISTS {}", name)
        except psycopg2.errors.ObjectInUse:
            if not attempts:
                raise
        else:
            return


def libpq(url: str) -> str:
    return url.replace("postgres://", "postgresql://", 1)


def _migrated(template: str) -> None:
    """Under a name of its own until it is whole: a run that is stopped leaves no half of one.

    Those of other versions go: a server that stays would keep one for every change.
    """
    for old in _named_like("gpm_migrated_%"):
        drop(old)
    building = f"{template}_building"
    _as_owner("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'", building)
    parts = urlsplit(os.environ["DATABASE_OWNER_URL"])
    url = urlunsplit(parts._replace(path=f"/{building}"))
    for command in (["migrate", "--no-input", "-v0"], ["grant_app_role", "-v0"]):
        _manage(command, DATABASE_URL=url)
    _as_owner("ALTER DATABASE {} RENAME TO {}", building, template)


def _version() -> str:
    """Changes with everything that could change what a migrated database holds."""
    found = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    for path in sorted([*ROOT.glob("m*/**/*.py"), *ROOT.glob("devtools/app_role.py")]):
        found.update(path.read_bytes())
    return found.hexdigest()[:16]


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    connection = _server()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [TEMPLATE_LOCK])
            yield
    finally:
        connection.close()


def _named_like(pattern: str) -> list[str]:
    connection = _server()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [pattern])
            return [name for (name,) in cursor.fetchall()]
    finally:
        connection.close()


def _as_owner(statement: str, *names: str) -> None:
    connection = _server()
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
    finally:
        connection.close()


def _server() -> "psycopg2.extensions.connection":
    connection = psycopg2.connect(libpq(os.environ["DATABASE_OWNER_URL"]))
    connection.autocommit = True
    return connection


def _manage(command: list[str], **environment: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env={**processes.unmeasured(), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"manage.py {command[0]}: {done.stdout}{done.stderr}")

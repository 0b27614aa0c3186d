"""Each part of the system has its own patience with PostgreSQL: web, worker, command."""

import os
import subprocess
import sys

import pytest

from tests import processes

SHOW = """
from django.db import connection
with connection.cursor() as cursor:
    for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
        cursor.execute(f"SHOW {name}")
        print(cursor.fetchone()[0])
"""
BEGINNINGS = {
    "web": "from marketplace import wsgi",
    "worker": "from marketplace.celery import app; app.loader.import_default_modules()",
    "command": "import django; django.setup()",
}


def shown(part: str, **environment: str) -> list[str]:
    known = {key: value for key, value in os.environ.items() if key != "PROCESS"}
    done = subprocess.run(
        [sys.executable, "-c", f"{BEGINNINGS[part]}\n{SHOW}"],
        env={
            **known,
            **processes._addresses(),
            "DJANGO_SETTINGS_MODULE": "marketplace.settings",
            **environment,
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout.split()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("part", "limits"),
    [
        ("web", ["10s", "5s", "15s"]),
        ("worker", ["2min", "30s", "1min"]),
        ("command", ["0", "0", "0"]),
    ],
)
def test_each_part_waits_as_long_as_it_may(part: str, limits: list[str]) -> None:
    assert shown(part) == limits


@pytest.mark.django_db
def test_the_environment_has_the_last_word() -> None:
    found = shown("web", STATEMENT_TIMEOUT_SECONDS="2.5", LOCK_TIMEOUT_SECONDS="0")
    assert found == ["2500ms", "0", "15s"]

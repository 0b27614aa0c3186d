"""The database of the tests: made by the owner, used by the application's role."""

import os
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import hypothesis
import psycopg2
import pytest
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connections
from django.test import TransactionTestCase
from django.utils import translation
from psycopg2 import sql

from tests import databases, processes
from tests.figures import SOAK, Figures

# The same examples each time, so that a change is judged by itself. To search for new ones:
# python3 dev.py test tests/unit --hypothesis-profile=search
hypothesis.settings.register_profile("steady", derandomize=True, deadline=None)
hypothesis.settings.register_profile("search", max_examples=1_000, deadline=None)
hypothesis.settings.load_profile("steady")

# They say nothing of lines that others do not, and measuring takes a third of their time.
UNMEASURED = {"concurrency", "access", "browser"}
KEPT = {"django_migrations", "django_content_type", "auth_permission"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--attack", help="run the attack of one letter only, such as A1")
    parser.addoption(
        "--every-look",
        action="store_true",
        help="make the browser's journeys in each language, width and scheme",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With --attack only that letter's tests, its controls among them; the soak by name only."""
    letter = config.getoption("--attack")
    for item in items:
        if UNMEASURED & set(item.path.parts):
            item.add_marker("no_cover")
    items[:] = [
        item
        for item in items
        if (letter in _letters(item) if letter else SOAK not in _letters(item))
    ]


def _letters(item: pytest.Item) -> list[str]:
    return [str(mark.args[0]) for mark in item.iter_markers("attack")]


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Iterator[Figures]:
    """Where an attack tells what it did and counted; kept when docs/reliability.md is made."""
    found = Figures(_letters(request.node)[0], request.node.name.removeprefix("test_"))
    yield found
    found.keep()


def pytest_configure(config: pytest.Config) -> None:
    # Every test makes some users. A hash names its parameters, so the servers read these as well.
    Argon2PasswordHasher.time_cost, Argon2PasswordHasher.memory_cost = 1, 64
    Argon2PasswordHasher.parallelism = 1
    # Every test client loads the middleware anew; it would read all static files each time.
    settings.WHITENOISE_AUTOREFRESH = True
    if "DATABASE_OWNER_URL" not in os.environ:
        pytest.exit("Run the tests with `python3 dev.py test`: it brings PostgreSQL and Redis.", 2)


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    """A page in its reader's language leaves that language behind in the thread."""
    yield
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(scope="session")
def owner_url() -> str:
    """URL of the test database as its owner, who may do what the application may not."""
    parts = urlsplit(os.environ["DATABASE_OWNER_URL"])
    return urlunsplit(parts._replace(path=f"/test_gpm_{os.getpid()}"))


@pytest.fixture(scope="session")
def django_db_setup(owner_url: str, django_db_blocker: Any) -> Iterator[None]:
    """A migrated database of this test run; every connection is the application's role."""
    name = urlsplit(owner_url).path[1:]
    databases.drop(name)
    databases.create(name)
    connection = connections["default"]
    before = connection.settings_dict["NAME"]
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name
    with django_db_blocker.unblock():
        yield
        connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = before
    databases.drop(name)


@pytest.fixture(scope="module")
def address(owner_url: str, django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """Where the web server of this module's tests answers; a worker works behind it."""
    with django_db_blocker.unblock():
        with processes.running(), processes.site() as found:
            yield found
        # The worker beats between the last test and its own end.
        empty(owner_url)


@pytest.fixture(scope="session", autouse=True)
def _emptied_by_owner(owner_url: str) -> Iterator[None]:
    """After a test that commits, the owner empties the tables: the application's role cannot."""
    original = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]
    TransactionTestCase._fixture_teardown = lambda _self: empty(owner_url)  # type: ignore[attr-defined]
    yield
    TransactionTestCase._fixture_teardown = original  # type: ignore[attr-defined]


@pytest.fixture
def as_owner(owner_url: str) -> Callable[[str], None]:
    """Run a statement as the owner of the tables, as only an operator could."""

    def run(statement: str) -> None:
        with (
            psycopg2.connect(databases.libpq(owner_url)) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
        connection.close()

    return run


def empty(owner_url: str, attempts: int = 20) -> None:
    """Empty all tables; servers that still work may lock some of them in another order."""
    while True:
        attempts -= 1
        try:
            _truncate(owner_url)
        except psycopg2.errors.DeadlockDetected:
            if not attempts:
                raise
        else:
            return


def _truncate(owner_url: str) -> None:
    connection = psycopg2.connect(databases.libpq(owner_url))
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            tables = sorted({name for (name,) in cursor.fetchall()} - KEPT)
            names = sql.SQL(", ").join(map(sql.Identifier, tables))
            cursor.execute(sql.SQL("TRUNCATE {} CASCADE").format(names))
    finally:
        connection.close()

"""A database that is away or too busy is a 503 wherever it shows; a fault of ours is a 500."""

import time
from collections.abc import Callable
from typing import Any

import psycopg2
import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import (
    InterfaceError,
    OperationalError,
    close_old_connections,
    connection,
    transaction,
)
from django.test import Client
from django.utils import timezone

from tests.factories import market
from tests.factories.api import Caller
from tests.factories.market import Trader

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def buyer() -> Trader:
    return market.trader(side="buyer", by=market.admin(now=timezone.now()))


@pytest.fixture
def browser(buyer: Trader) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(buyer.user)
    return client


def fails(error: Exception) -> Callable[..., Any]:
    def failing(*_given: object, **_named: object) -> None:
        raise error

    return failing


@pytest.mark.parametrize("path", ["/dashboard", "/admin/", "/lots"])
@pytest.mark.parametrize(
    "error", [OperationalError("canary 987.65"), InterfaceError("connection already closed")]
)
def test_a_session_that_cannot_be_read_is_a_503(
    browser: Client, monkeypatch: pytest.MonkeyPatch, path: str, error: Exception
) -> None:
    monkeypatch.setattr(SessionStore, "load", fails(error))

    answer = browser.get(path)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "Content-Security-Policy" in answer.headers
    text = answer.content.decode()
    assert "Not available at the moment" in text
    assert "987.65" not in text


def test_the_page_of_a_failure_asks_the_database_nothing(
    browser: Client, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr(SessionStore, "load", fails(OperationalError()))

    with django_assert_num_queries(0):
        assert browser.get("/dashboard").status_code == 503


def test_a_fault_of_ours_is_a_500_without_a_word_about_it(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SessionStore, "load", fails(RuntimeError("canary 987.65")))

    answer = browser.get("/dashboard")

    assert answer.status_code == 500
    assert "Retry-After" not in answer.headers
    assert "987.65" not in answer.content.decode()


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(OperationalError("x"), 503, "unavailable"), (RuntimeError("x"), 500, "server_error")],
)
def test_the_api_answers_problems_outside_of_its_views_too(
    buyer: Trader, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, code: str
) -> None:
    caller = Caller.of(buyer)
    monkeypatch.setattr("django.middleware.locale.LocaleMiddleware.process_request", fails(error))

    answer = caller.get("requirements")

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert ("Retry-After" in answer.headers) == (status == 503)


def end_connection() -> None:
    """Have PostgreSQL end the connection of this thread, as seen from another one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    other = psycopg2.connect(**connection.get_connection_params())
    with other, other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    other.close()


def test_after_a_connection_was_ended_the_next_request_works(
    browser: Client, buyer: Trader
) -> None:
    caller = Caller.of(buyer)
    for ask in (lambda: browser.get("/dashboard"), lambda: caller.get("requirements")):
        assert ask().status_code == 200
        end_connection()
        # The web server begins each request like this; the test client leaves it out.
        close_old_connections()

        assert ask().status_code == 200


@pytest.mark.parametrize(
    "statement",
    [
        "SET LOCAL statement_timeout = 50; SELECT pg_sleep(2)",
        "SET LOCAL idle_in_transaction_session_timeout = 50; SELECT 1",
        "SELECT pg_terminate_backend(pg_backend_pid())",
    ],
)
def test_what_took_too_long_or_was_ended_is_a_503(
    browser: Client, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    def slow(*_given: object, **_named: object) -> Any:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
            time.sleep(0.3)
            cursor.execute("SELECT 1")

    monkeypatch.setattr("marketplace.selectors.actors.for_user", slow)

    answer = browser.get("/dashboard")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    monkeypatch.undo()
    assert browser.get("/dashboard").status_code == 200

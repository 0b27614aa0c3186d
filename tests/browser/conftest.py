"""A real Chromium on the running site; skipped, and saying so, where no Chromium is installed."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Error,
    Page,
    expect,
    sync_playwright,
)

from tests.browser import looks

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PASSWORD = "correct horse battery"  # of every user that tests.factories.market makes
Visitor = Callable[..., Page]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A journey is made with one look, or with --every-look with each."""
    if "look" in metafunc.fixturenames:
        (mark,) = metafunc.definition.iter_markers("look")
        every = metafunc.config.getoption("--every-look")
        found = looks.EVERY if every else [one for one in looks.EVERY if str(one) == mark.args[0]]
        metafunc.parametrize("look", found, ids=str)


@pytest.fixture(scope="session")
def browser(django_db_setup: None) -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("No Chromium here: install the system's package `chromium`.")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread; Django takes that for an async caller.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        launched = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield launched
        launched.close()
        # What Django opened while the loop ran belongs to the loop: nobody else can close it.
        connections.close_all()


@pytest.fixture
def visitor(browser: Browser, address: str) -> Iterator[Visitor]:
    """Opens pages of separate visitors; no page may log an error, a breach of the CSP included."""
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        refused_form = "status of 422" in message.text  # Chromium logs these; the page is right
        if message.type in ("error", "warning") and not refused_form:
            complaints.append(f"{message.location['url']}: {message.text}")

    def fault(error: Error) -> None:
        complaints.append(str(error))

    with ExitStack() as stack:

        def visit(**options: Any) -> Page:
            """``options`` are a browser context's: locale, viewport, color_scheme, ..."""
            context = browser.new_context(**{"base_url": address, "locale": "en-GB", **options})
            stack.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(15_000)
            page.on("console", listen)
            page.on("pageerror", fault)
            return page

        yield visit
    assert complaints == []


def signed_in(page: Page, email: str) -> Page:
    """In whatever language the visitor reads."""
    page.goto("/login")
    looks.fill(page, login=email, password=PASSWORD)
    looks.press(page)
    expect(page.locator('form[action="/logout"]')).to_be_visible()
    return page


def go(page: Page, name: str) -> None:
    """Open a list of the admin by its name in the sidebar."""
    if not page.locator("#nav-sidebar").count():
        page.goto("/admin/matching/match/")
    page.locator("#nav-sidebar").get_by_role("link", name=name, exact=True).click()

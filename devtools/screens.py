"""Pictures of the main pages of the demo, for docs/screens and the README.

Run by `dev.py screens` in the environment, with the address of a demo that is up.
"""

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from devtools.environment import ROOT, SetupError
from marketplace.management.demo.facts import ADMIN, LANCANG, ORCHARD, PASSWORD

FOLDER = ROOT / "docs" / "screens"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Shot:
    """One page of one reader; ``follow``: links that lead from it to what is shown."""

    name: str
    reader: str
    path: str
    follow: tuple[str, ...] = ()
    typed: tuple[tuple[str, str], ...] = ()
    settled: str = "main, #content"
    width: int = 1280
    height: int = 800
    scheme: str = "light"
    locale: str = "en-GB"


ROW = 'main .table a[href^="{}"]'
TO_STATEMENT = (ROW.format("/certificates/"), 'main a[href$="/statement"]')
SHOTS = (
    Shot("requirement", ORCHARD, "/requirements", (ROW.format("/requirements/"),)),
    Shot(
        "preview", ORCHARD, "/requirements/new", settled="#preview li",
        typed=(
            ("volume_t", "1000"), ("grades", "P1020A"), ("max_ci", "2.500"), ("max_premium", "25"),
            ("delivery_region", "EU"),
        ),
    ),
    Shot("open-lots", ORCHARD, "/market/lots"),
    Shot("proposal", LANCANG, "/proposals", (ROW.format("/proposals/"),)),
    Shot("deal", ORCHARD, "/deals", (ROW.format("/deals/"),)),
    Shot("producer", LANCANG, "/dashboard"),
    Shot("statement", LANCANG, "/certificates", TO_STATEMENT),
    Shot("market", ORCHARD, "/market", height=1100),
    Shot("admin", ADMIN, "/admin/"),
    Shot("round", ADMIN, "/admin/matching/matchinground/", ("#result_list tbody th a",)),
    Shot("phone-zh", LANCANG, "/dashboard", width=360, height=740, scheme="dark", locale="zh-CN"),
)  # fmt: skip


def main(address: str) -> None:
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        raise SetupError("No Chromium here: install the system's package `chromium`.")
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        for shot in SHOTS:
            _take(browser, shot, address, FOLDER / f"{shot.name}.png")
        browser.close()


def _take(browser: Browser, shot: Shot, address: str, target: Path) -> None:
    context = browser.new_context(
        base_url=address,
        locale=shot.locale,
        color_scheme="dark" if shot.scheme == "dark" else "light",
        viewport={"width": shot.width, "height": shot.height},
    )
    page = context.new_page()
    _sign_in(page, shot.reader)
    page.goto(shot.path)
    for link in shot.follow:
        page.locator(link).first.click()
    for name, value in shot.typed:
        field = page.locator(f'main [name="{name}"]')
        is_list = field.evaluate("one => one.tagName") == "SELECT"
        field.select_option(value) if is_list else field.fill(value)
    page.locator(shot.settled).first.wait_for()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=target)
    context.close()
    print(target.relative_to(ROOT), flush=True)


def _sign_in(page: Page, email: str) -> None:
    page.goto("/login")
    page.locator('[name="login"]').fill(email)
    page.locator('[name="password"]').fill(PASSWORD)
    page.locator('main form button[type="submit"]').click()
    page.locator('form[action="/logout"]').wait_for()


if __name__ == "__main__":
    main(sys.argv[1])

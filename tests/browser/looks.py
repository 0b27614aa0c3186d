"""How a visitor looks at the site, and what no page may do to any of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Request

LOCALES = {"en": "en-GB", "zh-hans": "zh-CN"}
NARROW, WIDE = 360, 1280
# WCAG 2.2 A and AA.
RULES = {
    # Would write a style sheet into the page, against its CSP.
    "preload": False,
    "resultTypes": ["violations"],
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
}
_axe = Axe()


@dataclass(frozen=True)
class Look:
    """A reader's language, width of the window in CSS pixels, and colours."""

    language: str
    width: int
    scheme: str

    def __str__(self) -> str:
        return f"{self.language}-{self.width}-{self.scheme}"

    @property
    def context(self) -> dict[str, Any]:
        """For a new browser context."""
        return {
            "locale": LOCALES[self.language],
            "color_scheme": self.scheme,
            "viewport": {"width": self.width, "height": 740},
        }


EVERY = [Look(*one) for one in product(LOCALES, (WIDE, NARROW), ("light", "dark"))]


@dataclass
class Walk:
    """One visitor's way through the site. ``judge`` each page; ``findings`` are told at the end.

    ``known``: (rule of axe, part of a selector) that are not ours to mend, with the reason beside.
    """

    page: Page
    look: Look
    known: Collection[tuple[str, str]] = ()
    findings: list[str] = field(default_factory=list)
    met: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.on("request", self._note_request)

    def open(self, path: str) -> None:
        answer = self.page.goto(path)
        if answer is None or not answer.ok:
            self.findings.append(f"{path}: {answer and answer.status}")
        self.judge()

    def end(self) -> None:
        """Tell everything that was found, and what is excused without need."""
        idle = [f"not met: {one}" for one in self.known if one not in self.met]
        assert not self.findings + idle, "\n".join(self.findings + idle)

    def judge(self) -> None:
        """The page that is open: its language, its width, and what axe says."""
        page, where = self.page, urlsplit(self.page.url).path
        if page.locator("html").get_attribute("lang") != self.look.language:
            self.findings.append(f"{where}: not in {self.look.language}")
        if not page.title().strip(" ·\n"):
            self.findings.append(f"{where}: no title")
        beyond = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if beyond > 0:
            self.findings.append(f"{where}: {beyond} px wider than the window: {_widest(page)}")
        for rule in _axe.run(page, options=RULES).response["violations"]:
            for node in rule["nodes"]:
                self._note(where, rule["id"], node)

    def _note(self, where: str, rule: str, node: Mapping[str, Any]) -> None:
        target = " ".join(map(str, node["target"]))
        excused = [one for one in self.known if one[0] == rule and one[1] in target]
        self.met.update(excused)
        if not excused:
            self.findings.append(f"{where}: {rule}: {target}: {node['html'][:200]}")

    def _note_request(self, request: Request) -> None:
        asked, own = urlsplit(request.url), urlsplit(self.page.url)
        if asked.scheme in ("http", "https") and own.netloc and asked.netloc != own.netloc:
            self.findings.append(f"{own.path}: asks another host: {request.url}")


def _widest(page: Page) -> str:
    """What reaches beyond the window, outside of frames that scroll by themselves."""
    return str(
        page.evaluate(
            """() => [...document.body.querySelectorAll('*')]
              .filter(one => one.getBoundingClientRect().right > window.innerWidth)
              .filter(one => ![...document.querySelectorAll('*')].some(frame =>
                 frame !== one && frame.contains(one)
                 && frame.scrollWidth > frame.clientWidth
                 && getComputedStyle(frame).overflowX !== 'visible'))
              .slice(0, 3).map(one => `${one.tagName}.${one.className}`).join(', ')"""
        )
    )


def fill(page: Page, **values: object) -> None:
    """Fields of the page's form by their names: whatever the language, and however they look."""
    for name, value in values.items():
        found = page.locator(f'main [name="{name}"]')
        kind = found.first.get_attribute("type")
        if kind in ("checkbox", "radio"):
            page.locator(f'main [name="{name}"][value="{value}"]').check()
        elif found.evaluate("one => one.tagName") == "SELECT":
            found.select_option(str(value))
        else:
            found.fill(str(value))


def press(page: Page, action: str = "") -> None:
    """The first button of the form that goes to ``action``, or of the page's own form."""
    form = page.locator(f'main form[method="post"][action$="{action}"]' if action else "main form")
    form.first.locator('button[type="submit"]:not(.quiet)').first.click()

"""`dev.py test-faults` and `test-abuse`: attacks at the full numbers of the acceptance.

Each letter is a run of its own, and its row in the page's table is written when it ends: what was
stopped goes on with --resume.
"""

import argparse
import json
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

from devtools.environment import ROOT

BEGIN, END = "<!-- results -->", "<!-- end of results -->"
HEAD = ("", "Attack", "Setup", "Numbers", "Result", "Date", "Commit", "Minutes")
SOAK = "B14"


@dataclass(frozen=True)
class Series:
    """Attacks of one page; ``named``: run by name only. ``folders``: where their tests are.

    ``words``: what a letter is about, where no single test of it says so.
    """

    command: str
    page: Path
    letters: tuple[str, ...]
    folders: tuple[str, ...]
    named: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)


FAULTS = Series(
    "test-faults",
    ROOT / "docs" / "reliability.md",
    (
        "A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A10",
        "B1", "B2", "B3", "B4", "B5", "B7", "B8", "B9", "B10", "B12", "B13", "P1",
    ),
    ("tests/concurrency", "tests/faults"),
    named=(SOAK,),
)  # fmt: skip
WORDS = {
    "C1": "operations x roles x things of others",
    "C2": "secrets of others, and worlds that differ in one",
    "C3": "orders and filters that are not offered",
    "C4": "probing by looking often",
    "C5": "fields that services own",
    "C6": "files: formulas, bombs, a bad row",
    "C7": "uploads",
    "C8": "webhook targets inside",
    "C9": "webhooks signed, repeated, in order",
    "C10": "guessing at the door",
    "C11": "huge and absurd requests",
    "C12": "cases from the OpenAPI document",
    "C13": "rewriting the past",
    "C14": "settings, weak patterns, content policy",
}
ABUSE = Series(
    "test-abuse",
    ROOT / "docs" / "security.md",
    tuple(WORDS),
    tuple(f"tests/{name}" for name in ("unit", "integration", "concurrency", "browser", "abuse")),
    words=WORDS,
)
Run = Callable[[Sequence[str], dict[str, str]], int]


@dataclass(frozen=True)
class Row:
    """One attack's last result, as it stands in the table."""

    letter: str
    attack: str
    setup: str
    numbers: str
    result: str
    date: str
    commit: str
    minutes: str

    def line(self) -> str:
        cells = (cell.replace("|", "/").replace("\n", " ") for cell in vars(self).values())
        return f"| {' | '.join(cells)} |"


def attack_all(series: Series, arguments: Sequence[str], pytest: Run, work: Path) -> int:
    """Run the chosen letters; 1 when one of them failed."""
    chosen = _arguments(series, arguments)
    rows, commit, failed = read(series), _commit(series), []
    for letter in chosen.letters or series.letters:
        before = rows.get(letter)
        if chosen.resume and before and (before.result, before.commit) == ("passed", commit):
            print(f"{letter}: passed at this commit already", flush=True)
            continue
        rows[letter] = _attacked(series, letter, chosen, pytest, work / letter)
        write(series, rows)
        print(f"{letter}: {rows[letter].result}. {rows[letter].numbers}", flush=True)
        if rows[letter].result != "passed":
            failed.append(letter)
    print(f"\nfailed: {', '.join(failed)}" if failed else "\nall passed")
    return 1 if failed else 0


def _arguments(series: Series, arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"dev.py {series.command}", description=__doc__)
    known = (*series.letters, *series.named)
    parser.add_argument("letters", nargs="*", metavar="LETTER", help=", ".join(known))
    parser.add_argument("--resume", action="store_true", help="leave out what passed already")
    parser.add_argument("--long", action="store_true", help="A9 with 2,000 runs")
    parser.add_argument("--minutes", default="60", help=f"how long {SOAK} lasts")
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.letters) - set(known)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    return chosen


def _attacked(
    series: Series, letter: str, chosen: argparse.Namespace, pytest: Run, figures: Path
) -> Row:
    environment = {"ATTACKS": "full", "ATTACK_FIGURES": str(figures)}
    environment |= {"ATTACK_MINUTES": chosen.minutes}
    environment |= {"ATTACKS_LONG": "1"} if chosen.long else {}
    started = time.monotonic()
    counted = figures.with_suffix(".xml")
    options = ["--attack", letter, "-q", "--show-capture=no", f"--junitxml={counted}"]
    code = pytest([*series.folders, *options], environment)
    lines = figures.read_text().splitlines() if figures.exists() else []
    told = [json.loads(line) for line in lines]
    setups = dict.fromkeys(one["setup"] for one in told)
    numbers = [*dict.fromkeys(one["numbers"] for one in told)]
    name = told[0]["test"].partition("[")[0].replace("_", " ") if told else ""
    return Row(
        letter=letter,
        attack=series.words.get(letter, name),
        setup="; ".join(setups),
        numbers="; ".join([*numbers, *([_tests(counted)] if series.words else [])]),
        result="failed" if code else "passed",
        date=datetime.now(tz=UTC).date().isoformat(),
        commit=_commit(series),
        minutes=f"{(time.monotonic() - started) / 60:.1f}",
    )


def _tests(counted: Path) -> str:
    """How many tests there were, of pytest's own report."""
    if not counted.exists():
        return "no tests"
    # Written by pytest a moment ago, in a folder of this run's own.
    (suite,) = ElementTree.parse(counted).getroot().iter("testsuite")  # noqa: S314
    return f"{int(suite.get('tests', 0)):,} tests"


def read(series: Series) -> dict[str, Row]:
    """The rows of the table by letter."""
    inside = series.page.read_text().partition(BEGIN)[2].partition(END)[0]
    lines = [line for line in inside.splitlines() if line.startswith("| ")]
    rows = (Row(*(cell.strip() for cell in line.strip("| ").split(" | "))) for line in lines[1:])
    return {row.letter: row for row in rows}


def write(series: Series, rows: dict[str, Row]) -> None:
    before, _begin, rest = series.page.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    order = sorted((*series.letters, *series.named), key=_place)
    table = [f"| {' | '.join(HEAD)} |", f"|{'---|' * len(HEAD)}"]
    table += [rows[letter].line() for letter in order if letter in rows]
    series.page.write_text(before + BEGIN + "\n" + "\n".join(table) + "\n" + END + after)


def _place(letter: str) -> tuple[str, int]:
    """A2 before A10."""
    return letter[0], int(letter[1:])


def _commit(series: Series) -> str:
    """The commit that is attacked, marked when the working tree is not it."""
    name = _git("rev-parse", "--short", "HEAD")
    changed = _git("status", "--porcelain", "--", ".", f":!{series.page.relative_to(ROOT)}")
    return f"{name}+" if changed else name


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()

"""`dev.py test-faults`: the attacks of docs/reliability.md at their full numbers.

Each letter is a run of its own, and its row in the table is written when it ends: what was stopped
goes on with --resume.
"""

import argparse
import json
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from devtools.environment import ROOT

PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- results -->", "<!-- end of results -->"
HEAD = ("", "Attack", "Setup", "Numbers", "Result", "Date", "Commit", "Minutes")
ATTACKS = (
    "A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A10",
    "B1", "B2", "B3", "B4", "B5", "B7", "B8", "B9", "B10", "B12", "B13", "P1",
)  # fmt: skip
SOAK = "B14"
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


def attack_all(arguments: Sequence[str], pytest: Run, work: Path) -> int:
    """Run the chosen letters; 1 when one of them failed."""
    chosen = _arguments(arguments)
    letters = chosen.letters or ATTACKS
    rows, commit, failed = read(), _commit(), []
    for letter in letters:
        before = rows.get(letter)
        if chosen.resume and before and (before.result, before.commit) == ("passed", commit):
            print(f"{letter}: passed at this commit already", flush=True)
            continue
        rows[letter] = _attacked(letter, chosen, pytest, work / letter, commit)
        write(rows)
        print(f"{letter}: {rows[letter].result}. {rows[letter].numbers}", flush=True)
        if rows[letter].result != "passed":
            failed.append(letter)
    print(f"\nfailed: {', '.join(failed)}" if failed else "\nall passed")
    return 1 if failed else 0


def _arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev.py test-faults", description=__doc__)
    parser.add_argument("letters", nargs="*", metavar="LETTER", help=f"A1 ... P1, or {SOAK}")
    parser.add_argument("--resume", action="store_true", help="leave out what passed already")
    parser.add_argument("--long", action="store_true", help="A9 with 2,000 runs")
    parser.add_argument("--minutes", default="60", help=f"how long {SOAK} lasts")
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.letters) - {*ATTACKS, SOAK}
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    return chosen


def _attacked(
    letter: str, chosen: argparse.Namespace, pytest: Run, figures: Path, commit: str
) -> Row:
    environment = {"ATTACKS": "full", "ATTACK_FIGURES": str(figures)}
    environment |= {"ATTACK_MINUTES": chosen.minutes}
    environment |= {"ATTACKS_LONG": "1"} if chosen.long else {}
    started = time.monotonic()
    folders = ["tests/concurrency", "tests/faults"]
    code = pytest([*folders, "--attack", letter, "-q", "--show-capture=no"], environment)
    lines = figures.read_text().splitlines() if figures.exists() else []
    told = [json.loads(line) for line in lines]
    numbers = dict.fromkeys(one["numbers"] for one in told)
    return Row(
        letter=letter,
        attack=told[0]["test"].partition("[")[0].replace("_", " ") if told else "",
        setup=told[0]["setup"] if told else "",
        numbers="; ".join(numbers),
        result="failed" if code else "passed",
        date=datetime.now(tz=UTC).date().isoformat(),
        commit=commit,
        minutes=f"{(time.monotonic() - started) / 60:.1f}",
    )


def read() -> dict[str, Row]:
    """The rows of the table by letter."""
    inside = PAGE.read_text().partition(BEGIN)[2].partition(END)[0]
    lines = [line for line in inside.splitlines() if line.startswith("| ")]
    rows = (Row(*(cell.strip() for cell in line.strip("| ").split(" | "))) for line in lines[1:])
    return {row.letter: row for row in rows}


def write(rows: dict[str, Row]) -> None:
    before, _begin, rest = PAGE.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    order = (*ATTACKS[:-1], SOAK, ATTACKS[-1])
    table = [f"| {' | '.join(HEAD)} |", f"|{'---|' * len(HEAD)}"]
    table += [rows[letter].line() for letter in order if letter in rows]
    PAGE.write_text(before + BEGIN + "\n" + "\n".join(table) + "\n" + END + after)


def _commit() -> str:
    """The commit that is attacked, marked when the working tree is not it."""
    name = _git("rev-parse", "--short", "HEAD")
    changed = _git("status", "--porcelain", "--", ".", f":!{PAGE.relative_to(ROOT)}")
    return f"{name}+" if changed else name


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()

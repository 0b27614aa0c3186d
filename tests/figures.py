"""How hard attacks hit, and what came of them.

A small profile runs with every `dev.py test`; `dev.py test-faults` runs the full numbers and keeps
the figures in docs/reliability.md.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

FULL = os.environ.get("ATTACKS") == "full"
# A file that takes one line of JSON for each attack; nobody asks for it in an ordinary run.
FIGURES = os.environ.get("ATTACK_FIGURES", "")

# The longest profiles, which a full run leaves out: 2,000 runs of A9.
LONG = os.environ.get("ATTACKS_LONG") == "1"

# How long the soak lasts; it runs by name only.
SOAK = "B14"
MINUTES = float(os.environ.get("ATTACK_MINUTES", "1"))

attack = pytest.mark.attack


def times(small: int, full: int) -> int:
    """How often: few in an ordinary run, the acceptance's number in a full one."""
    return full if FULL else small


def share(values: Sequence[float], percent: int) -> float:
    """The value that ``percent`` of the sorted ``values`` do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


@dataclass
class Figures:
    """What one attack did (``setup``) and what was counted (``numbers``), in words."""

    letter: str
    test: str
    setup: str = ""
    numbers: list[str] = field(default_factory=list)

    def say(self, setup: str, *numbers: str) -> None:
        self.setup = setup
        self.numbers += numbers

    def keep(self) -> None:
        if not FIGURES or not self.setup:
            return
        line = {
            "letter": self.letter,
            "test": self.test,
            "setup": self.setup,
            "numbers": "; ".join(self.numbers),
        }
        with Path(FIGURES).open("a") as sink:
            sink.write(json.dumps(line) + "\n")

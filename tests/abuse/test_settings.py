"""C14: settings of a real installation, known weak patterns, and the policy on every page.

The same commands are steps of `dev.py lint`; here they stand beside what they guard.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.utils import timezone

from tests.figures import FULL, Figures, attack
from tests.integration.access.reading import everything, read
from tests.integration.access.world import ROLES, build

pytestmark = attack("C14")
ROOT = Path(__file__).resolve().parent.parent.parent
BIN = Path(sys.executable).parent
DEPLOY = [sys.executable, "manage.py", "check", "--deploy", "--fail-level=WARNING"]
BANDIT = [BIN / "bandit", "-q", "-ll", "-r", "marketplace", "matching"]


@pytest.mark.skipif(not FULL, reason="a step of `dev.py lint`")
@pytest.mark.parametrize("command", [DEPLOY, BANDIT], ids=["check --deploy", "bandit"])
def test_the_command_finds_nothing(command: list[object]) -> None:
    done = subprocess.run(
        [str(part) for part in command], cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "HTTPS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.django_db
def test_every_page_to_everybody_has_the_strict_policy(figures: Figures) -> None:
    world, seen = build(timezone.now()), 0
    for role in ROLES if FULL else ("staff",):
        for address, answer in everything(world, role):
            policy = answer.headers.get("Content-Security-Policy", "")
            assert "default-src 'none'" in policy, (role, address)
            assert "unsafe" not in policy, (role, address)
            read(answer)
            seen += 1
    figures.say(
        "check --deploy, bandit at medium, and the header of every page, file and API answer",
        f"0 findings; {seen:,} answers with default-src 'none' and nothing unsafe",
    )

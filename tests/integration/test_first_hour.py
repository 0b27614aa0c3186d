"""The commands of docs/api.md, as they are printed, in a shell against the running site."""

import json
import re
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from marketplace.models import Certificate, Deal, ImportJob, Proposal, User
from marketplace.services import certificates
from tests import processes
from tests.factories import market as made
from tests.factories.market import Trader

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "api.md"
# The day for which the page's dates were written; they move along with the calendar.
WRITTEN = date(2026, 11, 27)
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
DAY = re.compile(r"\b20\d\d-\d\d-\d\d\b")


def blocks() -> list[str]:
    ahead = timezone.now().date() - WRITTEN
    moved = DAY.sub(
        lambda found: (date.fromisoformat(found[0]) + ahead).isoformat(), PAGE.read_text()
    )
    return BLOCK.findall(moved)


class Shell:
    """Runs a block of the page with the variables that a reader has by then."""

    def __init__(self, address: str, folder: Path) -> None:
        self.known = {"API": f"{address}/api/v1"}
        self.folder = folder
        self.functions = ""

    def define(self, block: str, key: str) -> None:
        """The block that makes the key and tells of the server: its addresses are another's."""
        assert "api_key" in block
        self.known["KEY"] = key
        self.functions = "\n".join(
            line for line in block.splitlines() if not line.startswith(("KEY=", "API="))
        )

    def run(self, block: str, **more: str) -> list[Any]:
        """Each answer, read as JSON."""
        self.known |= more
        script = "set -eu\n" + self.functions + "\n" + block
        done = subprocess.run(
            ["bash", "-c", script], capture_output=True, text=True, check=False, timeout=60,
            env={"PATH": "/usr/bin:/bin", **self.known}, cwd=self.folder,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return list(_documents(done.stdout))


def _documents(text: str) -> Iterator[Any]:
    decoder, place = json.JSONDecoder(), 0
    while place < len(text):
        found, place = decoder.raw_decode(text, place)
        yield found


def key_of(trader: Trader, email: str, capsys: pytest.CaptureFixture[str]) -> str:
    User.objects.filter(pk=trader.user.pk).update(email=email)
    capsys.readouterr()
    call_command("api_key", email)
    return capsys.readouterr().out.strip()


def test_from_key_to_deal(
    tmp_path: Path, media: None, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    admin = made.admin(now=timezone.now())
    producer, buyer = (made.trader(side=side, by=admin) for side in ("producer", "buyer"))
    selling = key_of(producer, "trader@smelter.example", capsys)
    buying = key_of(buyer, "trader@buyer.example", capsys)
    (tmp_path / "cgmc.pdf").write_bytes(b"%PDF-1.7 the certificate")
    first, submit, paper, lot, requirement, answer, rows = blocks()
    with (
        processes.running() as worker,
        processes.site(MEDIA_ROOT=str(settings.MEDIA_ROOT)) as address,
    ):
        shell = Shell(address, tmp_path)
        shell.define(first, selling)
        (submitted,) = shell.run(submit)
        (with_paper,) = shell.run(paper, CERTIFICATE=submitted["id"])
        assert with_paper["has_document"] is True
        certificates.verify(
            public_id=Certificate.objects.get().public_id, by=admin, now=timezone.now()
        )
        (listed,) = shell.run(lot)
        assert listed["state"] == "OPEN"
        (posted,) = shell.run(requirement, KEY=buying)
        assert posted["open_t"] == "500.000"
        processes.wait_for(Proposal.objects.exists, worker=worker)
        reading, accepting, declining, deals = _steps(answer)
        (proposals,) = shell.run(reading, KEY=selling)
        found = {"PROPOSAL": proposals["results"][0]["id"]}
        (told,) = shell.run(accepting, **found)
        assert told["producer_answer"] == "ACCEPTED"
        shell.run(accepting, KEY=buying)
        (refused,) = shell.run(declining)
        assert refused["status"] == 409
        (concluded,) = shell.run(deals)
        assert concluded["results"][0]["number"] == Deal.objects.get().number

        job, *later = _steps(rows)
        (begun,) = shell.run(job, KEY=selling)
        processes.wait_for(
            lambda: ImportJob.objects.exclude(finished_at=None).exists(), worker=worker
        )
        for step in later:
            shell.run(step, IMPORT=begun["id"])
        assert ImportJob.objects.get().state == "IMPORTED"


def _steps(block: str) -> list[str]:
    """A block's calls one by one."""
    first, *more = block.split("\ncall")
    return [first, *(f"call{part}" for part in more)]

"""`manage.py match`: golden results to the byte, and reasons where pairs are too many."""

import csv
from pathlib import Path

import pytest
from django.core.management import call_command

from matching import engine
from tests.databases import ROOT

GOLDEN = ROOT / "tests" / "golden"


def run(market: str, out: Path, *more: str) -> dict[str, Path]:
    files = [f"--{name}={GOLDEN / market / name}.csv" for name in ("lots", "requirements")]
    call_command("match", *files, "--as-of=2026-11-23", f"--out={out}", *more)
    return {name: out / f"{name}.csv" for name in ("matches", "unmatched")}


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


@pytest.mark.parametrize("market", ["plain", "averages", "minimum-takes", "everything"])
def test_the_golden_markets_have_their_stored_matches(market: str, tmp_path: Path) -> None:
    found = run(market, tmp_path)["matches"].read_bytes()
    assert found == (GOLDEN / market / "matches.csv").read_bytes()


def test_beyond_so_many_pairs_reasons_are_given_when_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "EXPLAINED", 10)
    asked = table(run("plain", tmp_path, "--explain=all")["unmatched"])
    left_out = table(run("plain", tmp_path)["unmatched"])
    assert {row["reason"] for row in left_out} == {"NOT_EXPLAINED"}
    assert [(row["id"], row["open_t"]) for row in left_out] == [
        (row["id"], row["open_t"]) for row in asked
    ]
    assert any("alone" in row["detail"] for row in asked)


def test_whoever_waits_for_the_compiler_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(engine, "compilation_pending", lambda: True)
    run("plain", tmp_path, "--workers=2")
    assert "compiled first" in capsys.readouterr().err

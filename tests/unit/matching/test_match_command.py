"""`manage.py match` as an analyst runs it: a process of its own, without database and Redis."""

import csv
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from tests.databases import ROOT
from tests.factories import columns

GOLDEN = ROOT / "tests" / "golden"
PLAIN = GOLDEN / "plain"
LOT = {"lot_id": "L1", "producer": "P", "certificates": "CGMC_GREEN_POWER:1", **columns.LOT}
WANTED = {"requirement_id": "R1", "buyer": "B", **columns.REQUIREMENT}
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def match(tmp_path: Path) -> Run:
    def run(
        lots: Path, requirements: Path, *more: str, day: str = "2026-11-23"
    ) -> "subprocess.CompletedProcess[str]":
        environment = {key: value for key, value in os.environ.items() if "_URL" not in key}
        command = [sys.executable, "manage.py", "match", "--lots", str(lots)]
        command += ["--requirements", str(requirements), "--as-of", day]
        return subprocess.run(
            [*command, "--out", str(tmp_path / "out"), *more],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def write(path: Path, *rows: dict[str, str]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def table(tmp_path: Path, name: str) -> list[dict[str, str]]:
    with (tmp_path / "out" / name).open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_plain_market_has_its_published_optimum(match: Run, tmp_path: Path) -> None:
    done = match(PLAIN / "lots.csv", PLAIN / "requirements.csv")
    assert done.returncode == 0, done.stderr
    expected = json.loads((PLAIN / "expected.json").read_text())
    found = json.loads((tmp_path / "out" / "round.json").read_text())
    assert abs(float(found["total_surplus_usd"]) - expected["surplus_usd"]) <= 0.02
    assert abs(float(found["matched_t"]) - expected["tonnes"]) <= 0.01
    assert found["compatible_pairs"] == expected["profitable_pairs"]
    assert (found["optimal"], found["verified"], found["gap"]) == (True, True, "0")
    rows = table(tmp_path, "matches.csv")
    assert [int(row["match_id"]) for row in rows] == list(range(1, len(rows) + 1))
    ordered = [(row["requirement_id"], row["lot_id"]) for row in rows]
    assert ordered == sorted(ordered)
    assert sum(Decimal(row["quantity_t"]) for row in rows) == Decimal(found["matched_t"])


def test_shuffled_rows_and_another_process_write_the_same_bytes(match: Run, tmp_path: Path) -> None:
    assert match(PLAIN / "lots.csv", PLAIN / "requirements.csv").returncode == 0
    names = ("matches.csv", "unmatched.csv")
    first = [(tmp_path / "out" / name).read_bytes() for name in names]
    shuffled = []
    for name in ("lots.csv", "requirements.csv"):
        header, *lines = (PLAIN / name).read_text().splitlines()
        shuffled.append(tmp_path / name)
        shuffled[-1].write_text("\n".join([header, *reversed(lines)]) + "\n")
    assert match(*shuffled).returncode == 0
    assert [(tmp_path / "out" / name).read_bytes() for name in names] == first


def test_a_spreadsheet_is_read_like_a_csv(match: Run, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(list(LOT))
    sheet.append([float(v) if v.replace(".", "").isdigit() else v for v in LOT.values()])
    book.save(tmp_path / "lots.xlsx")
    done = match(tmp_path / "lots.xlsx", write(tmp_path / "r.csv", WANTED))
    assert done.returncode == 0, done.stderr
    (row,) = table(tmp_path, "matches.csv")
    assert (row["quantity_t"], row["ci"], row["premium_usd_t"], row["surplus_usd"]) == (
        "500.000",
        "3.200",
        "20.0000",
        "2500.00",
    )


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_excel_exports_with_bom_and_semicolons_are_read(
    match: Run, tmp_path: Path, ending: str
) -> None:
    text = ending.join([";".join(LOT), ";".join(LOT.values()), ""])
    lots = tmp_path / "lots.csv"
    lots.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert match(lots, write(tmp_path / "r.csv", WANTED)).returncode == 0
    assert len(table(tmp_path, "matches.csv")) == 1


def test_one_bad_row_of_fifty_names_place_value_and_rule_and_writes_nothing(
    match: Run, tmp_path: Path
) -> None:
    rows = [{**LOT, "lot_id": f"L{n}"} for n in range(50)]
    rows[6]["ci_smelter_s1s2"] = "3200"
    done = match(write(tmp_path / "lots.csv", *rows), write(tmp_path / "r.csv", WANTED))
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line == ('lots.csv:8: ci_smelter_s1s2: "3200": Give a value from 0.010 to 25.000.'), (
        done.stderr
    )
    assert not (tmp_path / "out").exists()


def test_bad_rows_of_both_files_are_told_together(match: Run, tmp_path: Path) -> None:
    lots = write(tmp_path / "lots.csv", LOT, {**LOT, "quantity_t": "3.9996", "certificates": "x"})
    wanted = write(tmp_path / "r.csv", {**WANTED, "max_premium": "2600"})
    done = match(lots, wanted)
    assert done.returncode == 2
    for words in (
        "lots.csv:3: lot_id", "lots.csv:3: quantity_t", "lots.csv:3: certificates",
        "r.csv:2: max_premium",
    ):  # fmt: skip
        assert words in done.stderr


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"lot_id,colour\n1,green\n", "colour: there is no such column"),
        (b"lot_id,lot_id\n", "stands twice"),
        (b"\xff\xfe\x00", "cannot be read as a table"),
        (b"lot_id,producer\nL1,P,extra\n", "more cells than columns"),
    ],
)
def test_what_is_no_table_says_so(match: Run, tmp_path: Path, content: bytes, words: str) -> None:
    lots = tmp_path / "lots.csv"
    lots.write_bytes(content)
    done = match(lots, write(tmp_path / "r.csv", WANTED))
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_an_absent_file_and_a_broken_spreadsheet_say_so(match: Run, tmp_path: Path) -> None:
    broken = tmp_path / "lots.xlsx"
    broken.write_bytes(b"no spreadsheet")
    done = match(broken, tmp_path / "absent.csv")
    assert done.returncode == 2
    assert "cannot be read as a table" in done.stderr
    assert "absent.csv: file" in done.stderr


def workbook(path: Path, *rows: Sequence[object]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def repacked(path: Path, change: Callable[[bytes], bytes]) -> Path:
    """The same workbook with its sheet changed, as another program could have written it."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = change(parts[sheet])
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def test_a_spreadsheet_that_understates_its_size_is_read_whole(match: Run, tmp_path: Path) -> None:
    rows = [list({**LOT, "lot_id": f"L{number}"}.values()) for number in range(4)]
    lots = workbook(tmp_path / "lots.xlsx", list(LOT), *rows)
    repacked(lots, lambda xml: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:L3"', xml))
    assert match(lots, write(tmp_path / "r.csv", WANTED)).returncode == 0
    assert json.loads((tmp_path / "out" / "round.json").read_text())["lots"] == 4


def test_spreadsheets_that_lose_something_are_refused(match: Run, tmp_path: Path) -> None:
    wanted = write(tmp_path / "r.csv", WANTED)
    formula = {**LOT, "quantity_t": "=250+250"}
    done = match(workbook(tmp_path / "lots.xlsx", list(LOT), list(formula.values())), wanted)
    assert (done.returncode, "formula without a value" in done.stderr) == (2, True)
    cut = repacked(tmp_path / "lots.xlsx", lambda xml: xml[: len(xml) // 2])
    empty = tmp_path / "empty.xlsx"
    with zipfile.ZipFile(empty, "w") as archive:
        archive.writestr("readme.txt", "no workbook")
    for broken in (cut, empty):
        done = match(broken, wanted)
        assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
        assert "cannot be read as a table" in done.stderr


def test_float_noise_is_forgiven_in_tonnes_only(match: Run, tmp_path: Path) -> None:
    wanted = write(tmp_path / "r.csv", WANTED)
    assert match(write(tmp_path / "l.csv", {**LOT, "quantity_t": "499.99999999999994"}), wanted)
    assert table(tmp_path, "matches.csv")[0]["quantity_t"] == "500.000"
    for column, value in (
        ("ask_premium", "25.0000000000001"),
        ("ci_smelter_s1s2", "4.00000000001"),
    ):
        done = match(write(tmp_path / "l.csv", {**LOT, column: value}), wanted)
        assert (done.returncode, column in done.stderr) == (2, True)
    ids = [{**LOT, "lot_id": name} for name in ("1.0000000000", "1.00000000000")]
    assert match(write(tmp_path / "l.csv", *ids), wanted).returncode == 0


def test_rates_are_read_from_a_file_and_never_assumed(match: Run, tmp_path: Path) -> None:
    lots = write(tmp_path / "lots.csv", {**LOT, "premium_unit": "EUR_T"})
    wanted = write(tmp_path / "r.csv", WANTED)
    assert match(lots, wanted).returncode == 0
    assert {row["reason"] for row in table(tmp_path, "unmatched.csv")} >= {"NO_FX_RATE"}
    rate = {"currency": "EUR", "usd_per_unit": "1.1", "date": "2026-11-20"}
    assert match(lots, wanted, "--fx", str(write(tmp_path / "fx.csv", rate))).returncode == 0
    assert [row["premium_usd_t"] for row in table(tmp_path, "matches.csv")] == ["22.0000"]
    bad = write(tmp_path / "fx.csv", {**rate, "usd_per_unit": "-1"})
    done = match(lots, wanted, "--fx", str(bad))
    assert (done.returncode, "fx.csv:2: usd_per_unit" in done.stderr) == (2, True)


def test_a_threshold_is_told_in_the_partys_own_unit(match: Run, tmp_path: Path) -> None:
    """Scenario 5: 1.00 US cent/lb is 22.0462 USD/t; a limit of 22.00 starts to match at 22.05."""
    lots = write(tmp_path / "lots.csv", {**LOT, "ask_premium": "1.00", "premium_unit": "USC_LB"})
    wanted = write(tmp_path / "r.csv", {**WANTED, "max_premium": "22.00"})
    assert match(lots, wanted).returncode == 0
    told = {row["kind"]: row for row in table(tmp_path, "unmatched.csv")}
    assert told["REQUIREMENT"]["reason"] == "PREMIUM_TOO_HIGH"
    assert told["REQUIREMENT"]["starts_to_match_at"] == "22.05"
    assert told["LOT"]["starts_to_match_at"] == "0.99"


def test_cells_that_a_spreadsheet_would_run_are_made_text(match: Run, tmp_path: Path) -> None:
    lots = write(tmp_path / "lots.csv", {**LOT, "lot_id": "=cmd()"})
    assert match(lots, write(tmp_path / "r.csv", WANTED)).returncode == 0
    assert [row["lot_id"] for row in table(tmp_path, "matches.csv")] == ["'=cmd()"]


@pytest.mark.parametrize("name", ["averages", "minimum-takes", "everything"])
def test_markets_with_portions_and_averages_have_their_published_optimum(
    match: Run, tmp_path: Path, name: str
) -> None:
    folder = GOLDEN / name
    done = match(folder / "lots.csv", folder / "requirements.csv")
    assert done.returncode == 0, done.stderr
    expected = json.loads((folder / "expected.json").read_text())
    found = json.loads((tmp_path / "out" / "round.json").read_text())
    assert float(found["total_surplus_usd"]) == pytest.approx(expected["surplus_usd"], rel=1e-6)
    assert float(found["matched_t"]) == pytest.approx(expected["tonnes"], abs=0.1)
    assert found["compatible_pairs"] == expected["profitable_pairs"]
    assert (found["optimal"], found["verified"]) == (True, True)
    assert done.stdout.count("\n") == 1, "the solver prints nothing"


def test_rates_that_are_wrong_name_their_column(match: Run, tmp_path: Path) -> None:
    good = {"currency": "EUR", "usd_per_unit": "1.1", "date": "2026-11-20"}
    wrong = [
        ({"date": "20 Nov"}, "fx.csv:3: date: give an ISO date"),
        ({"usd_per_unit": "1,1"}, "fx.csv:3: usd_per_unit: give a plain number"),
        ({"currency": "GBP"}, "fx.csv:3: currency: known are EUR, CNY"),
        ({}, "fx.csv:3: date: EUR has a rate of this day already"),
    ]
    lots, wanted = write(tmp_path / "lots.csv", LOT), write(tmp_path / "r.csv", WANTED)
    for change, words in wrong:
        rates = write(tmp_path / "fx.csv", good, {**good, **change})
        done = match(lots, wanted, "--fx", str(rates))
        assert (done.returncode, words in done.stderr) == (2, True), done.stderr


def test_a_comma_at_the_end_of_each_line_is_no_column(match: Run, tmp_path: Path) -> None:
    lots = write(tmp_path / "lots.csv", LOT)
    lots.write_text("".join(f"{line},\n" for line in lots.read_text().splitlines()))
    assert match(lots, write(tmp_path / "r.csv", WANTED)).returncode == 0

"""Tables from strangers: what is read of them, what is refused, and that none of it runs."""

import io
import re
import struct
import tracemalloc
import zipfile
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain import tables
from marketplace.domain.exports import NUMBER, plain, safe
from marketplace.domain.problems import BadTable
from marketplace.domain.tables import Limits, Line
from marketplace.domain.workbooks import Size
from tests.figures import attack

pytestmark = attack("C6")

MB = 1024**2
LIMITS = Limits(rows=4, cell=20, workbook=Size(unpacked=3 * MB, outside=2 * MB, texts=50))
COLUMNS = {"id", "quantity_t", "note"}
SHEET = "xl/worksheets/sheet1.xml"


def read(content: bytes, limits: Limits = LIMITS) -> list[Line]:
    workbook = tables.is_workbook(content)
    return tables.read(io.BytesIO(content), COLUMNS, workbook=workbook, limits=limits)


def refused(content: bytes, limits: Limits = LIMITS) -> list[tuple[int, str, str]]:
    with pytest.raises(BadTable) as caught:
        read(content, limits)
    return [(one.line, one.column, str(one)) for one in caught.value.problems]


def rows(content: bytes) -> list[tuple[int, list[str]]]:
    return [(line.number, list(line.cells.values())) for line in read(content)]


def workbook(*lines: Sequence[object]) -> bytes:
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(list(line))
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def repacked(
    content: bytes, change: Callable[[bytes], bytes], part: str = SHEET, **more: bytes
) -> bytes:
    """The same workbook with one part changed and others beside it."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = change(parts.get(part, b""))
    parts |= {name.replace("__", "/").replace("_", "."): text for name, text in more.items()}
    return zipped(parts.items())


def zipped(parts: Iterable[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, text in parts:
            archive.writestr(name, text)
    return target.getvalue()


GOOD = workbook(["id", "quantity_t"], ["A", 512.3], [None, None], ["B", 7])


def test_a_csv_is_read_with_the_line_of_each_row() -> None:
    text = b'\xef\xbb\xbfid;quantity_t;note\r\nA;1;"x;\r\ny"\r\n\r\nB;122.51599999999999\r\n'
    assert rows(text) == [(3, ["A", "1", "x;\r\ny"]), (5, ["B", "122.516", ""])]
    assert rows(b"id,note,\nA,,\n") == [(2, ["A", ""])]
    assert rows(b"id\rA\r") == [(2, ["A"])]
    assert rows(b"id\n") == []


def test_a_workbook_is_read_as_text() -> None:
    assert rows(GOOD) == [(2, ["A", "512.3"]), (4, ["B", "7"])]
    noon = datetime.fromisoformat("2026-11-24T12:00")
    content = workbook(["id", "note"], [True, noon], [datetime.fromisoformat("2026-11-24"), None])
    assert rows(content) == [(2, ["yes", "2026-11-24T12:00:00"]), (3, ["2026-11-24", ""])]


def test_a_formula_counts_by_the_value_that_its_program_stored() -> None:
    formula = workbook(["id", "quantity_t"], ["A", "=250+250"])
    assert refused(formula) == [(2, "file", "a formula without a value: =250+250")]
    valued = repacked(formula, lambda xml: xml.replace(b"<v></v>", b"<v>500</v>"))
    valued = repacked(valued, lambda xml: xml.replace(b"<v />", b"<v>500</v>"))
    assert rows(valued) == [(2, ["A", "500"])]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", (1, "file", "is empty")),
        (b"id,colour\n", (1, "colour", "there is no such column")),
        (b"id,,note\n", (1, "(empty)", "there is no such column")),
        (b"id,id\n", (1, "id", "stands twice")),
        (b"id\nA,B\n", (2, "file", "more cells than columns")),
        (b"id\n" + b"A\n" * 5, (6, "file", "more than 4 rows")),
        (b"id\n" + b"A" * 21, (2, "id", "more than 20 characters")),
        (b"id\n" + b"," * 20_000, (2, "file", "more than 200 columns")),
        (workbook(["id"], [""] * 250 + ["x"]), (2, "file", "more than 200 columns")),
    ],
)
def test_what_is_too_much_or_unknown_is_named(content: bytes, told: tuple[int, str, str]) -> None:
    assert refused(content) == [told]


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfei\x00d\x00",
        b'id\n"A',
        b"PK\x03\x04 no workbook",
        GOOD[: len(GOOD) // 2],
        zipped([("readme.txt", b"no workbook")]),
        zipped([("[Content_Types].xml", b"<Types"), (SHEET, b"<worksheet/>")]),
        b"id\n\xc3\x28",
    ],
)
def test_what_is_no_table_says_so(content: bytes) -> None:
    ((line, column, words),) = refused(content)
    assert (line, column) == (0, "file")
    assert words.startswith("cannot be read as a table (")


def test_more_than_50_mb_are_not_read() -> None:
    class Huge(io.BytesIO):
        def seek(self, offset: int, whence: int = 0) -> int:
            return tables.LARGEST + 1

        def read(self, size: int | None = -1) -> bytes:
            raise AssertionError("read")

    with pytest.raises(BadTable) as caught:
        tables.read(Huge(), COLUMNS, workbook=False, limits=LIMITS)
    assert str(caught.value.problems[0]) == "larger than 50 MB"


def test_a_zip_bomb_is_refused_before_it_unpacks() -> None:
    bomb = repacked(GOOD, lambda xml: xml + b" " * (300 * MB))
    assert len(bomb) < MB
    tracemalloc.start()
    assert refused(bomb) == [(0, "file", "unpacks to more than 3 MB")]
    assert tracemalloc.get_traced_memory()[1] < 20 * MB
    tracemalloc.stop()
    beside = repacked(GOOD, lambda _xml: b"<x/>" + b" " * (2 * MB), "xl/styles.xml")
    assert refused(beside) == [(0, "file", "unpacks to more than 3 MB")]


def test_a_zip_that_lies_about_its_size_is_not_believed() -> None:
    """Unpacking stops at the size that the list of parts tells; the rest fails its checksum."""
    bomb = bytearray(repacked(GOOD, lambda xml: xml + b" " * (8 * MB)))
    with zipfile.ZipFile(io.BytesIO(bytes(bomb))) as archive:
        size = archive.getinfo(SHEET).file_size
    told, less = struct.pack("<L", size), struct.pack("<L", 2000)
    ((_line, _column, words),) = refused(bytes(bomb).replace(told, less))
    assert words.startswith("cannot be read as a table")


NO_WORKBOOK = "is not a workbook as spreadsheet programs write it"


@pytest.mark.parametrize(
    "content",
    [
        repacked(GOOD, lambda xml: b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + xml),
        repacked(GOOD, lambda xml: xml.decode().encode("utf-16")),
        repacked(
            GOOD, lambda xml: xml.replace(b"<sheetData>", b"<sheetData><row>" + b"<c/>" * 40_000)
        ),
        repacked(GOOD, lambda xml: xml.replace(b"<sheetData>", b"<sheetData>" + b"<q/>" * 250_000)),
        repacked(GOOD, lambda xml: xml + b"<si/>" * 60, "xl/sharedStrings.xml"),
        repacked(GOOD, lambda xml: xml, SHEET, **{f"x{n}_xml": b"" for n in range(25_000)}),
        zipped([("xl/a.xml", b"<x/>")], zipfile.ZIP_BZIP2),
    ],
    ids=["entities", "another encoding", "wide row", "deep cell", "texts", "parts", "method"],
)
def test_what_is_made_to_hurt_a_parser_never_reaches_it(content: bytes) -> None:
    assert refused(content) == [(0, "file", NO_WORKBOOK)]


def test_a_workbook_may_carry_what_is_not_read() -> None:
    foreign = "<x/>".encode("utf-16")
    content = repacked(GOOD, lambda xml: xml, customXml__item1_xml=foreign, xl__media__a_png=b"\0")
    assert len(read(content)) == 2
    understated = re.compile(rb'<dimension ref="[^"]*"')
    content = repacked(GOOD, lambda xml: understated.sub(b'<dimension ref="A1:A2"', xml))
    assert len(read(content)) == 2


def test_names_that_compare_equal_are_found_with_their_first_line() -> None:
    lines = read(b"id,note\nA,1\n\xef\xbd\x81 ,2\nb,3\n,4\n")
    assert tables.repeats(lines, "id") == {3: 2}
    assert tables.repeats(lines, "absent") == {}


@pytest.mark.parametrize(
    "text", ["=1+1", "+1-x", "-x", "@SUM(A1)", "\t=1", "\r=1", "\n", "＝1", "＠x", "-1+1", "'=x"]
)
def test_no_exported_text_is_a_formula(text: str) -> None:
    assert safe(text) == f"'{text}"
    assert plain(safe(text)) == text


@pytest.mark.parametrize("text", ["", "-5", "+1.50", "A-1", "it's", "'", "3.200", "青海"])
def test_numbers_and_ordinary_text_stay_as_they_are(text: str) -> None:
    assert safe(text) == plain(text) == text


@given(st.text())
def test_what_is_exported_comes_back(text: str) -> None:
    cell = safe(text)
    assert plain(cell) == text
    assert NUMBER.fullmatch(cell) or cell[:1] not in set("=+-@\t\r\n＝＋－＠")

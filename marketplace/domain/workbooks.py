"""XLSX from strangers -> rows of plain text: nothing is computed, and nothing unpacks without end.

A workbook is a ZIP of XML. Everything is measured before openpyxl parses any of it.
"""

import re
import struct
import zipfile
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from itertools import repeat
from typing import BinaryIO

from openpyxl import load_workbook

from marketplace.domain.errors import gettext_noop
from marketplace.domain.problems import BadTable, Problem

MAGIC = b"PK\x03\x04"
UNPACKED = gettext_noop("unpacks to more than {most} MB")
FORMULA = gettext_noop("a formula without a value: {formula}")
WIDE = gettext_noop("more than {most} columns")
NO_WORKBOOK = gettext_noop("is not a workbook as spreadsheet programs write it")
# What Excel itself can hold in a row.
MOST_CELLS_IN_A_ROW = 16_384
MOST_COLUMNS = 200
# Of the list of parts: some ten thousand of them.
LARGEST_DIRECTORY = 1024 * 1024
END_OF_DIRECTORY, LONGEST_COMMENT = b"PK\x05\x06", 65_557
CHUNK = 1024 * 1024
LONGEST_TAG = 64
TAG = re.compile(rb"<(?:[\w.-]+:)?([\w.-]+)")
# Elements within one cell or text, of which the parser makes one tree.
MOST_IN_ONE = 100_000
SHEET, STRINGS, FOREIGN = "xl/worksheets/", "xl/sharedStrings", "customXml/"
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True)
class Size:
    """The most that a workbook holds: bytes unpacked, of these outside of sheets, and texts."""

    unpacked: int
    outside: int
    texts: int


@dataclass
class _Seen:
    """What the parts were found to hold so far."""

    texts: int = 0
    formulas: bool = False
    cells: int = 0
    within: int = 0
    most_cells: int = 0
    most_within: int = 0

    def note(self, tag: bytes) -> None:
        """Count an element of a sheet or of the list of texts."""
        self.within += 1
        if tag in (b"row", b"c", b"si"):
            self.most_within, self.within = self.deepest, 0
        if tag == b"row":
            self.most_cells, self.cells = self.widest, 0
        elif tag == b"c":
            self.cells += 1
        elif tag == b"si":
            self.texts += 1
        elif tag == b"f":
            self.formulas = True

    @property
    def widest(self) -> int:
        """Cells of one row."""
        return max(self.most_cells, self.cells)

    @property
    def deepest(self) -> int:
        """Elements within one cell or text."""
        return max(self.most_within, self.within)


def rows(stream: BinaryIO, size: Size) -> Generator[tuple[int, list[str]]]:
    """(row number, cells) of the first sheet, as many as there are, whatever it says of itself.

    Of a formula the value that its program stored counts. BadTable where there is none, and for
    workbooks beyond ``size``; what zipfile, openpyxl and its parser raise for broken ones passes.
    """
    computed = _measure(stream, size)
    formulas = _sheet(stream, data_only=False) if computed else repeat((0, ()))
    for (number, row), (_same, written) in zip(
        _sheet(stream, data_only=True), formulas, strict=False
    ):
        for place, formula in enumerate(written):
            if formula is not None and (place >= len(row) or row[place] is None):
                raise BadTable([Problem(number, FORMULA, params={"formula": str(formula)[:100]})])
        yield number, [_cell(value) for value in row]


def _measure(stream: BinaryIO, size: Size) -> bool:
    """Whether a sheet holds formulas. BadTable for what is too large, or made to be."""
    if _directory_bytes(stream) > LARGEST_DIRECTORY:
        raise BadTable([Problem(0, NO_WORKBOOK)])
    seen = _Seen()
    with zipfile.ZipFile(stream) as archive:
        parts = archive.infolist()
        outside = sum(one.file_size for one in parts if not one.filename.startswith(SHEET))
        if sum(one.file_size for one in parts) > size.unpacked or outside > size.outside:
            told = {"most": str(size.unpacked // 1024**2)}
            raise BadTable([Problem(0, UNPACKED, params=told)])
        if any(one.compress_type not in METHODS for one in parts):
            raise BadTable([Problem(0, NO_WORKBOOK)])
        for one in parts:
            read_by_us = one.filename.endswith((".xml", ".rels"))
            if read_by_us and not one.filename.startswith(FOREIGN):
                _scan(archive, one, seen, size)
    return seen.formulas


def _directory_bytes(stream: BinaryIO) -> int:
    """As the end of the archive tells it; more than any workbook's where nothing tells it."""
    end = stream.seek(0, 2)
    stream.seek(max(end - LONGEST_COMMENT, 0))
    tail = stream.read()
    place = tail.rfind(END_OF_DIRECTORY)
    stream.seek(0)
    if place < 0 or place + 16 > len(tail):
        raise zipfile.BadZipFile("no end of the archive")
    (found,) = struct.unpack_from("<L", tail, place + 12)
    return int(found)


def _scan(archive: zipfile.ZipFile, part: zipfile.ZipInfo, seen: _Seen, size: Size) -> None:
    """Read a part once, in pieces, before anything builds a tree of it."""
    before = b""
    counted = part.filename.startswith((SHEET, STRINGS))
    with archive.open(part) as content:
        while piece := content.read(CHUNK):
            window = before + piece
            # A tag that begins near the end is looked at with the next piece.
            held = window.rfind(b"<", max(len(window) - LONGEST_TAG, 0))
            window, before = (window[:held], window[held:]) if held >= 0 else (window, b"")
            _look(window, seen, size, counted=counted)
    _look(before, seen, size, counted=counted)


def _look(window: bytes, seen: _Seen, size: Size, *, counted: bool) -> None:
    # NUL: another encoding of XML, in which nothing of this would be found.
    refused = b"\0" in window or b"<!DOCTYPE" in window or b"<!ENTITY" in window
    if counted and not refused:
        for tag in TAG.finditer(window):
            seen.note(tag[1])
        refused = (
            seen.widest > MOST_CELLS_IN_A_ROW
            or seen.deepest > MOST_IN_ONE
            or seen.texts > size.texts
        )
    if refused:
        raise BadTable([Problem(0, NO_WORKBOOK)])


def _sheet(stream: BinaryIO, *, data_only: bool) -> Iterator[tuple[int, Sequence[object]]]:
    sheet = load_workbook(stream, read_only=True, data_only=data_only).worksheets[0]
    sheet.reset_dimensions()
    for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        filled = [place for place, value in enumerate(row, start=1) if value is not None]
        width = filled[-1] if filled else 0
        if width > MOST_COLUMNS:
            raise BadTable([Problem(number, WIDE, params={"most": str(MOST_COLUMNS)})])
        yield number, row[:width]


def _cell(value: object) -> str:
    """Spreadsheet numbers are binary floats: 12 significant digits give back what was typed."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return format(Decimal(f"{value:.12g}"), "f")
    if isinstance(value, datetime):
        midnight = value.time() == time(0)
        return value.date().isoformat() if midnight else value.isoformat()
    return str(value)

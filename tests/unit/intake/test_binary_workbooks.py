"""Binary workbooks: the same cells as in any other format, with errors, hidden rows and merges."""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from assets.intake.formats.limits import DEFAULT
from assets.intake.formats.reading import read_workbook
from assets.intake.formats.workbook import CellError, Unreadable
from assets.intake.sheets.file_reading import understand
from tests.support.written import zipped
from tests.unit.intake.test_layouts import HEADER, people, simple

RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
NA = CellError("#N/A")


def record(kind: int, data: bytes = b"") -> bytes:
    kinds = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    sizes, rest = b"", len(data)
    while rest > 0x7F:
        sizes, rest = sizes + bytes([rest & 0x7F | 0x80]), rest >> 7
    return kinds + sizes + bytes([rest]) + data


def wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def cell(column: int, value: Any) -> bytes:
    at = struct.pack("<II", column, 0)
    if isinstance(value, CellError):
        return record(3, at + b"\x2a")
    if isinstance(value, int | float):
        return record(5, at + struct.pack("<d", value))
    return record(6, at + wide(value)) if value else b""


def part(rows: Sequence[Sequence[Any]], hidden: Sequence[int], merged: Sequence[tuple[int, ...]]) -> bytes:
    right = max(len(row) for row in rows) - 1
    body = record(129) + record(148, struct.pack("<IIII", 0, len(rows) - 1, 0, right)) + record(145)
    for index, row in enumerate(rows):
        flags = bytes([0, 0x10 if index + 1 in hidden else 0, 0])
        span = struct.pack("<III", 1, 0, len(row) - 1)
        body += record(0, struct.pack("<IIH", index, 0, 300) + flags + span)
        body += b"".join(cell(column, value) for column, value in enumerate(row))
    merges = b"".join(record(176, struct.pack("<IIII", *merge)) for merge in merged)
    return body + record(146) + record(177, struct.pack("<I", len(merged))) + merges + record(178) + record(130)


def xlsb(path: Path, rows: Sequence[Sequence[Any]], hidden: Sequence[int] = (), merged: Any = ()) -> Path:
    sheet = record(156, struct.pack("<II", 0, 1) + wide("rId1") + wide("Data"))
    book = record(131) + record(143) + sheet + record(144) + record(132)
    relation = f'<Relationship Id="rId1" Type="{RELATION}" Target="worksheets/sheet1.bin"/>'
    parts = {
        "[Content_Types].xml": "<Types/>",
        "xl/workbook.bin": book,
        "xl/_rels/workbook.bin.rels": f'<Relationships xmlns="{PACKAGE}">{relation}</Relationships>',
        "xl/worksheets/sheet1.bin": part(rows, hidden, merged),
    }
    path.write_bytes(zipped(parts))
    return path


def test_a_list_in_a_binary_workbook_is_read_like_any_other(tmp_path: Path) -> None:
    book = read_workbook(xlsb(tmp_path / "daftar.xlsb", [HEADER, *simple(5)]))
    assert (book.format, book.notes, book.sheets[0].name) == ("xlsb", [], "Data")
    sheet = understand(book, {}, "daftar.xlsb").sheets[0]
    assert [p["nik"] for p in people(sheet)] == [row[1] for row in simple(5)]


def test_identity_numbers_are_exactly_the_numbers_that_the_file_holds(tmp_path: Path) -> None:
    numbers = [1610054107850003, 9171010101900002, 3, 7.5]
    sheet = read_workbook(xlsb(tmp_path / "a.xlsb", [["NIK"], *[[number] for number in numbers]])).sheets[0]
    assert [row[0] for row in sheet.rows[1:]] == numbers
    assert [type(row[0]) for row in sheet.rows[1:]] == [int, int, int, float]


def test_errors_hidden_rows_and_merges_are_not_lost(tmp_path: Path) -> None:
    rows = [["NO", "LAHIR", ""], [1, NA, "x"], [2, "a", NA]]
    sheet = read_workbook(xlsb(tmp_path / "a.xlsb", rows, hidden=[3], merged=[(0, 0, 1, 2)])).sheets[0]
    assert sheet.rows[1:] == [[1, NA, "x"], [2, "a", NA]]
    assert all(isinstance(value, CellError) for value in (sheet.rows[1][1], sheet.rows[2][2]))
    assert (sheet.hidden_rows, sheet.merged) == (frozenset({3}), [(1, 1, 1, 2)])


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9, 0.99])
def test_a_sheet_cut_short_is_refused_whole(tmp_path: Path, kept: float) -> None:
    whole = part([HEADER, *simple(5)], (), ())
    book = record(131) + record(143) + record(156, struct.pack("<II", 0, 1) + wide("rId1") + wide("Data"))
    relation = f'<Relationship Id="rId1" Type="{RELATION}" Target="worksheets/sheet1.bin"/>'
    path = tmp_path / "a.xlsb"
    path.write_bytes(
        zipped(
            {
                "xl/workbook.bin": book + record(144) + record(132),
                "xl/_rels/workbook.bin.rels": f'<Relationships xmlns="{PACKAGE}">{relation}</Relationships>',
                "xl/worksheets/sheet1.bin": whole[: int(len(whole) * kept)],
            }
        )
    )
    with pytest.raises(Unreadable) as caught:
        read_workbook(path)
    assert caught.value.code == "corrupt"


def test_a_cell_far_from_the_list_is_refused(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["NIK"], *[[""]] * 3, [*[""] * 16_000, "x"]]
    path = xlsb(tmp_path / "a.xlsb", rows)
    assert read_workbook(path).sheets[0].rows[4][16_000] == "x"
    with pytest.raises(Unreadable) as caught:
        read_workbook(path, dataclasses.replace(DEFAULT, cells=10_000))
    assert caught.value.code == "extent"

"""Which rows of a sheet are its header: enough known fields among the texts, and how far it reaches up and down."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from assets.intake.formats.workbook import CellError, Merge, Sheet
from tests.unit.intake.test_layouts import NAMES, column_of, kinds, kk, nik, people, read

Cells = list[Any]


def list_under(*header: Cells, merged: list[Merge] | None = None, blank: int = 0, count: int = 3) -> Any:
    """A sheet: `blank` empty rows, the header rows, and people with a number, a name, a NIK and a family card."""
    rows = [[i, NAMES[i], nik(i), kk(i)] for i in range(1, count + 1)]
    grid = [*[[] for _ in range(blank)], *header, *rows]
    return read(Sheet("Data", grid, merged=merged or [])).sheets[0]


def header_rows(*header: Cells, merged: list[Merge] | None = None) -> list[int]:
    return kinds(list_under(*header, merged=merged)).get("header", [])


@pytest.mark.parametrize(
    ("header", "is_one"),
    [
        (["NO", "NAMA"], True),  # a running number and a name, and nothing unknown
        (["NO", "NAMA", "WARNA RUMAH"], False),
        (["NAMA", "NIK"], True),
        (["NAMA", "NIK", "WARNA RUMAH", "BENTUK ATAP"], True),  # half of the texts are known
        (["NAMA", "NIK", "WARNA RUMAH", "BENTUK ATAP", "W1 X"], False),
        (["NAMA", "NIK", "UMUR", "W1 X", "W2 X", "W3 X", "W4 X", "W5 X", "W6 X"], True),
        (["NAMA", "NIK", "UMUR", "W1 X", "W2 X", "W3 X", "W4 X", "W5 X", "W6 X", "W7 X"], True),  # three are enough
        (["NAMA", "NIK", "DESA", "W1 X", "W2 X", "W3 X", "W4 X", "W5 X", "W6 X"], True),  # with the region, a third
        (["NAMA", "NIK", "DESA", "W1 X", "W2 X", "W3 X", "W4 X", "W5 X", "W6 X", "W7 X"], False),
        (["NAMA", "FAKIR MISKIN", "LANSIA TERLANTAR", "UMUR"], True),  # names of categories are known texts
        (["NO", "NAMA KK", "AGAMA"], True),
        (["NO", "NAMA ODGJ", "JK", "UMUR", "W1 X", "W2 X", "W3 X"], True),  # as the list calls its people
        (["NO", "NAMA SEKOLAH", "JK", "UMUR", "W1 X", "W2 X", "W3 X"], False),
        (["NO", "ALAMAT", "UMUR"], False),  # no name, NIK or family card: nobody is listed
        (["NAMA", "DESA"], False),  # who filled in the form, and where
        (["NAMA", "DESA", "KECAMATAN"], False),
        (["NO", "NAMA", "DESA"], True),
        (["NAMA", "NIK", "DESA"], True),
        (["NAMA", "UMUR"], True),
        (["NAMA / NIK"], False),  # a single cell is a title
    ],
)  # fmt: skip
def test_a_row_is_a_header_if_enough_of_its_texts_name_fields_of_a_person(header: Cells, is_one: bool) -> None:
    assert header_rows(header) == ([1] if is_one else [])


@pytest.mark.parametrize(
    ("header", "is_one"),
    [
        (["NAMA", "NIK", "UMUR", 150], True),  # one number among three words
        (["NAMA", "NIK", 150], False),
        (["NAMA", "NIK", "UMUR", 150, 151], False),
        (["NAMA", "NIK", "UMUR", 2023, 2024], True),
        (["NAMA", "NIK", "UMUR", dt.date(2023, 1, 1)], False),
        (["NAMA", "NIK", "UMUR", True], False),
        (["NAMA", "NIK", "UMUR", CellError("#REF!")], False),
        (["NAMA", "NIK", "UMUR", "PER 01-01-2023"], False),
        (["NAMA", "NIK", "UMUR", "PER 2023-01-01"], False),
        (["NAMA", "NIK", "UMUR", "1234567"], False),
        (["NAMA", "NIK", "UMUR", "123456"], True),
        (["NAMA", "NIK", "UMUR", ": SITI"], False),
        (["NAMA", "NIK", "UMUR", "X" * 120], True),
        (["NAMA", "NIK", "UMUR", "X" * 121], False),
    ],
)
def test_a_header_is_made_of_words_hardly_of_values(header: Cells, is_one: bool) -> None:
    assert header_rows(header) == ([1] if is_one else [])


@pytest.mark.parametrize(("row", "found"), [(60, True), (61, False)])
def test_a_header_of_misspelt_words_alone_is_looked_for_in_the_first_sixty_rows(row: int, found: bool) -> None:
    sheet = list_under(["NO", "NAMMA LENGKAP", "N I K PENDUDUKK"], blank=row - 1)
    assert kinds(sheet).get("header") == ([row] if found else None)


def test_a_misspelt_row_is_no_header_where_another_row_is_spelt_well() -> None:
    rows = [[i, NAMES[i], nik(i)] for i in range(1, 4)]
    sheet = read([["NO", "NAMMA LENGKAP", "N I K PENDUDUKK"], ["NO", "NAMA", "NIK"], *rows]).sheets[0]
    assert kinds(sheet)["header"] == [2]


@pytest.mark.parametrize(
    ("above", "first"),
    [
        ([["", "DATA DIRI", ""]], 1),  # stands over two columns, the first of which follows it
        ([["", "WARNA", "BENTUK"]], 2),  # names no field and spans nothing
        ([["", "DATA DIRI : LENGKAP", ""]], 2),
        ([["", "1", ""]], 2),
        ([["", "JUMLAH", ""]], 2),
        ([["DATA DIRI", "", ""]], 2),  # begins in the first column, as titles do
    ],
)
def test_a_row_above_belongs_to_the_header_if_it_stands_over_columns_as_a_parent_does(
    above: list[Cells], first: int
) -> None:
    merged: list[Merge] = [(1, 1, 1, 2)] if above[0][1:2] == ["DATA DIRI"] else []
    found = header_rows(*above, ["NO", "NAMA", "NIK", "NO KK"], merged=merged)
    assert found[0] == first


@pytest.mark.parametrize(("parents", "depth"), [(1, 2), (2, 3), (3, 4), (4, 4)])
def test_a_header_is_at_most_four_rows_deep_upwards(parents: int, depth: int) -> None:
    above = [["", "DATA DIRI", ""]] * parents
    merged: list[Merge] = [(row, 1, row, 2) for row in range(1, parents + 1)]
    found = header_rows(*above, ["NO", "NAMA", "NIK", "NO KK"], merged=merged)
    assert found == list(range(parents + 2 - depth, parents + 2))


@pytest.mark.parametrize(("children", "depth"), [(1, 2), (2, 3), (3, 4), (4, 4)])
def test_a_header_is_at_most_four_rows_deep_downwards(children: int, depth: int) -> None:
    sexes = [["", "", "", "L", "P"], ["", "", "", "LK", "PR"]] * 2
    found = header_rows(["NO", "NAMA", "NIK", "JENIS KELAMIN", ""], *sexes[:children])
    assert found == list(range(1, depth + 1))


@pytest.mark.parametrize(
    ("below", "belongs"),
    [
        (["", "", "", "JALAN", "DUSUN", "L", "P"], True),
        (["", "", "", "Warna", "Bentuk", "", ""], True),  # unknown words, but under a header that spans them
        (["", "", "", "Warna", "", "", ""], False),
        (["", "NAMA LENGKAP", "", "Warna", "Bentuk", "", ""], False),  # too few known words beside a repeated one
        (["", "SITI", "", "JALAN", "DUSUN", "L", "P"], False),  # a value under a header that needs no children
        (["", "", "", "JALAN", 12, "L", "P"], False),
        (["", "", "", ": JALAN", "DUSUN", "L", "P"], False),
        (["", "", "", "JL. A 12-05-2023", "DUSUN", "L", "P"], False),
        (["", "", "", "X" * 120, "DUSUN", "L", "P"], True),
        (["", "", "", "X" * 121, "DUSUN", "L", "P"], False),
        (["NO"], False),
    ],
)
def test_a_row_below_belongs_to_the_header_if_its_words_stand_under_parents(below: Cells, belongs: bool) -> None:
    header = ["NO", "NAMA", "NIK", "ALAMAT", "", "JENIS KELAMIN", ""]
    assert header_rows(header, below) == ([1, 2] if belongs else [1])


@pytest.mark.parametrize(
    ("width", "columns", "first"),
    [(3, 5, 1), (4, 5, 2), (4, 6, 1), (5, 6, 2)],  # of five columns four are four fifths; of six, five are more
)
def test_a_merged_text_over_four_fifths_of_the_sheet_is_a_title_not_a_parent(
    width: int, columns: int, first: int
) -> None:
    merged: list[Merge] = [(1, 1, 1, width)]
    header = ["NO", "NAMA", "NIK", "NO KK", "UMUR", "ALAMAT"][:columns]
    assert header_rows(["", "DATA DIRI"], header, merged=merged)[0] == first


def test_a_parent_belongs_to_the_header_if_any_of_its_columns_goes_on_below() -> None:
    merged: list[Merge] = [(1, 1, 1, 2)]
    assert header_rows(["", "DATA DIRI", ""], ["NO", "", "NAMA", "NIK", "NO KK"], merged=merged) == [1, 2]
    assert header_rows(["", "DATA DIRI", ""], ["NO", "", "", "NAMA", "NIK", "NO KK"], merged=merged) == [2]


def headers(sheet: Any) -> dict[str, str]:
    return {column.letter: column.header for column in sheet.columns}


def test_a_parent_without_a_merge_stands_over_the_blanks_to_its_right() -> None:
    sheet = list_under(["NO", "NAMA", "NIK", "ALAMAT", ""], ["", "", "", "JALAN", "DUSUN"])
    assert headers(sheet)["D"] == "ALAMAT JALAN"
    assert headers(sheet)["E"] == "ALAMAT DUSUN"


def test_a_header_without_a_child_is_no_parent_of_what_stands_to_its_right() -> None:
    sheet = list_under(["NO", "NAMA", "ALAMAT", ""], ["", "", "", "DUSUN"])
    assert headers(sheet) == {"A": "NO", "B": "NAMA", "C": "ALAMAT", "D": "DUSUN"}


def test_a_merged_parent_stands_over_its_own_columns_only() -> None:
    rows = [["NO", "NAMA", "NIK", "ALAMAT", "", ""], ["", "", "", "JALAN", "DUSUN", "RT"]]
    sheet = list_under(*rows, merged=[(1, 3, 1, 4)])
    assert [headers(sheet)[letter] for letter in "DEF"] == ["ALAMAT JALAN", "ALAMAT DUSUN", "RT"]


def test_a_text_repeated_in_a_merged_cell_is_said_once() -> None:
    rows = [["NO", "NAMA", "NIK", "ALAMAT", "ALAMAT"], ["NO", "NAMA", "NIK", "JALAN", "DUSUN"]]
    sheet = list_under(*rows)
    assert headers(sheet) == {"A": "NO", "B": "NAMA", "C": "NIK", "D": "ALAMAT JALAN", "E": "ALAMAT DUSUN"}


def test_a_second_header_with_other_columns_reads_the_rows_below_it() -> None:
    first = [["NO", "NAMA", "NIK"], *[[i, NAMES[i], nik(i)] for i in range(1, 4)]]
    second = [["NO", "NIK", "NAMA"], *[[i, nik(i), NAMES[i]] for i in range(4, 7)]]
    sheet = read([*first, *second]).sheets[0]
    assert kinds(sheet) == {"header": [1, 5], "data": [2, 3, 4, 6, 7, 8]}
    assert [person["nik"] for person in people(sheet)] == [nik(i) for i in range(1, 7)]
    assert column_of(sheet, "nik") == ["C", "B"]

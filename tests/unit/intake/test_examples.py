"""Rows that show how to fill in a form are nobody, and whoever only looks like one is somebody."""

from __future__ import annotations

from typing import Any

import pytest

from assets.intake.formats.workbook import Sheet
from tests.unit.intake.test_layouts import NAMES, kinds, nik, people, read
from tests.unit.intake.test_row_kinds import Cells, person, sheet_of
from validation.vocabulary import refusal_of


@pytest.mark.parametrize(("first", "kind"), [("Contoh", "legend"), ("contoh pengisian:", "legend"), ("1", "data")])
def test_a_row_that_shows_how_to_fill_in_is_nobody_and_is_said(first: str, kind: str) -> None:
    header = ["NO", "NIK", "NAMA", "L/P", "JENIS PMKS"]
    rows = [[i, nik(i), NAMES[i], "L", "FM"] for i in range(2, 5)]
    sheet = read([header, [first, nik(1), "FULAN", "L", "FM"], *rows]).sheets[0]
    assert sheet.kinds[1] == kind
    assert [(p.code, p.row) for p in sheet.problems] == ([("example_row", 2)] if kind == "legend" else [])
    late = read([header, *rows, [first, nik(1), "FULAN", "L", "FM"]]).sheets[0]
    assert late.kinds[-1] == "data"


def example(number: Any, *, name: str = "BUDI", number_of_nik: Any = "1234567890123456", remark: str = "") -> Cells:
    return [number, name, number_of_nik, 67, "JL. MAWAR", remark]


@pytest.mark.parametrize(
    ("rows", "examples"),
    [
        ([["CONTOH PENGISIAN"], example(0)], [2, 3]),
        ([["CONTOH"], example(0, number_of_nik=nik(9))], [2, 3]),
        ([["Contoh cara pengisian:"], example("", number_of_nik=nik(9)), example("", name="SITI")], [2, 3, 4]),
        ([["CONTOH"], example(1, number_of_nik=nik(9))], [2, 3]),  # the people begin at 1 again
        ([["CONTOH"], ["DUSUN KRAJAN"]], [2]),
        ([["CONTOH"], [1, 2, 3, 4, 5, 6]], [2]),  # the numbering of the columns
        ([["CONTOH"]], [2]),  # and nobody is lost
        ([example(0, number_of_nik=nik(9), remark="contoh pengisian")], [2]),
        ([example(1, number_of_nik=nik(9), remark="CONTOH")], [2]),
        ([example(1, number_of_nik=nik(9), name="CONTOH: BUDI")], [2]),
        ([example(1, number_of_nik=nik(9), name="Budi (contoh)")], [2]),
        ([example(1, number_of_nik=nik(9), name="CONTOHARI")], []),
        ([example(1, number_of_nik=nik(9), remark="contoh warga rajin")], []),
        ([example("cth", number_of_nik=nik(9))], [2]),
        ([example(0)], [2]),
        ([example(0, number_of_nik="3333333333333333")], [2]),
        ([example(0, number_of_nik="")], [2]),
        ([example(0, number_of_nik=nik(9))], []),  # people are counted from 0
        ([example(0, number_of_nik=nik(9)[:15])], []),  # a digit is lost
    ],
)
def test_examples_above_the_people_are_nobody_and_each_is_said(rows: list[Cells], examples: list[int]) -> None:
    sheet = sheet_of(*rows, person(1), person(2), person(3))
    assert [p.row for p in sheet.problems if p.code == "example_row"] == examples
    assert all(sheet.kinds[row - 1] == "legend" for row in examples)
    assert sheet.kinds[-3:] == ["data"] * 3


def test_a_row_numbered_0_without_a_nik_is_somebody_where_nobody_has_one() -> None:
    rows = [[number, NAMES[number], "", 40 + number, "JL. A", ""] for number in range(4)]
    assert kinds(sheet_of(*rows)) == {"header": [1], "data": [2, 3, 4, 5]}
    below = [["CONTOH"], *(person(number) for number in (2, 3))]
    assert kinds(sheet_of(*below))["data"] == [3, 4]
    assert kinds(sheet_of(person(1), example(0), person(2)))["data"] == [2, 3, 4]


@pytest.mark.parametrize(
    ("rows", "called"),
    [
        ([["CONTOH"], example(1, number_of_nik=nik(9)), person(2), person(3)], [3]),
        ([person(1), ["CONTOH"], example(1, number_of_nik=nik(9)), person(2)], [4]),
        ([person(1), ["Contoh pengisian:"], example(1), example(7), person(2)], [4, 5]),
        ([person(1), person(2), [], ["Contoh pengisian:"], example("", number_of_nik=nik(9))], [6]),
        ([person(1), example("cth", number_of_nik=nik(9)), person(2)], [3]),
        ([person(1), example(2, number_of_nik=nik(9), name="SITI (CONTOH)"), person(3)], [3]),
        ([example(1, number_of_nik=nik(9), name="CONTOH BUDI"), person(2)], [2]),
        ([person(1), example(2, number_of_nik=nik(9), name="PERCONTOHAN"), person(3)], []),
    ],
)
def test_who_may_be_a_person_stays_one_whose_list_calls_them_an_example(rows: list[Cells], called: list[int]) -> None:
    sheet = sheet_of(*rows)
    said = {row[0]: cells.get("status_layak", "") for row, cells in zip(sheet.rows, people(sheet), strict=True)}
    assert [row for row, text in said.items() if refusal_of(text, of_status=True)] == called
    assert all(refusal_of(said[row], of_status=True) for row in called)


def named(*sheets: str) -> dict[str, list[str]]:
    """What is said of the eligibility of the people of sheets with these names."""
    rows = [["NO", "NIK", "NAMA", "JENIS PMKS"], *([i, nik(i), NAMES[i], "FM"] for i in range(1, 4))]
    found = read(*(Sheet(name, rows) for name in sheets)).sheets
    return {sheet.name: [cells.get("status_layak", "") for cells in people(sheet)] for sheet in found}


def test_sheets_of_examples_are_set_aside_where_another_lists_people() -> None:
    assert named("CONTOH PENGISIAN", "DATA") == {"CONTOH PENGISIAN": [], "DATA": [""] * 3}
    assert named("CONTOH") == {"CONTOH": ["CONTOH"] * 3}
    assert named("FORMAT", "DATA") == {"FORMAT": ["contoh"] * 3, "DATA": [""] * 3}
    assert named("FORMAT") == {"FORMAT": [""] * 3}
    assert named("FORMAT 1", "FORMAT 2") == {"FORMAT 1": [""] * 3, "FORMAT 2": [""] * 3}


def test_a_title_of_how_to_fill_in_calls_all_people_examples_and_one_of_a_form_does_not() -> None:
    rows = [["NO", "NIK", "NAMA", "JENIS PMKS"], *([i, nik(i), NAMES[i], "FM"] for i in range(1, 4))]
    for title, says in (("CONTOH PENGISIAN FORMULIR PMKS", True), ("LAMPIRAN CONTOH FORMAT DATA PMKS", False)):
        assert all(("status_layak" in cells) is says for cells in people(read([[title], *rows]).sheets[0]))

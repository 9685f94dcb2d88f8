"""People whom a village took back without a word: they stay in the list, and are referred to be verified only."""

from __future__ import annotations

from typing import Any

import pytest

from assets.intake.formats.workbook import Sheet
from tests.unit.intake.test_layouts import HEADER, people, read, simple

NUMBER, NIK, CARD, NAME, SEX = range(5)
WHOLE = tuple(range(7))


def crossed_off(*struck: tuple[int, int], rows: list[list[Any]] | None = None) -> list[tuple[str, str, int | None]]:
    """Of the people of a list, some of whose cells are struck through (their place in the list, and column), those who
    are said to be crossed off, and where; then what is said of them."""
    cells = frozenset((number + 1, column) for number, column in struck)
    sheet = read(Sheet("Data", [HEADER, *(rows or simple(6))], struck=cells)).sheets[0]
    said = [
        (person.get("status_layak", ""), row[5], row[0]) for person, row in zip(people(sheet), sheet.rows, strict=True)
    ]
    return [each for each in said if any(each[:2])] + [(problem.code, "", problem.row) for problem in sheet.problems]


@pytest.mark.parametrize(
    ("struck", "cell"),
    [
        ([(2, column) for column in WHOLE], "D3"),
        ([(2, NAME)], "D3"),
        ([(2, NIK), (2, NAME)], "D3"),
        ([(2, column) for column in WHOLE if column not in (NUMBER, NAME)], "B3"),
        ([(2, NIK)], ""),  # one wrong value
        ([(2, NIK), (2, CARD)], ""),
        ([(0, column) for column in WHOLE], ""),  # the header
    ],
)
def test_who_is_crossed_off_stays_and_is_said_to_be(struck: list[tuple[int, int]], cell: str) -> None:
    said = [("DICORET", f"status_layak=struck@{cell}", 3), ("row_struck", "", 3)]
    assert crossed_off(*struck) == (said if cell else [])


def test_who_is_crossed_off_and_written_anew_goes_by_the_new_row() -> None:
    rows = simple(6)
    mended = [*rows[1][:SEX], "P", *rows[1][SEX + 1 :]]
    anew = [("row_struck_and_written_anew", "", 3)]
    assert crossed_off((2, NAME), rows=[*rows, mended]) == anew
    mended[NIK] = ""
    assert crossed_off((2, NAME), rows=[*rows, mended]) == anew
    mended[SEX + 1] = "01-01-1990"  # a namesake
    assert ("row_struck", "", 3) in crossed_off((2, NAME), rows=[*rows, mended])
    assert [each[0] for each in crossed_off((2, NAME), (7, NAME), rows=[*rows, mended])][:2] == ["DICORET"] * 2


def test_who_is_said_to_have_died_is_so_though_crossed_off() -> None:
    rows = [[*row, "meninggal" if number == 1 else ""] for number, row in enumerate(simple(4))]
    sheet = Sheet("Data", [[*HEADER, "STATUS"], *rows], struck=frozenset({(3, NAME)}))
    [died] = [person for person in people(read(sheet).sheets[0]) if "status_hidup" in person]
    assert (died["status_hidup"], died.get("status_layak")) == ("meninggal", None)


def sheets(*named: str, years: tuple[str, ...] = (), hidden: int = -1) -> list[tuple[str, list[str], list[str]]]:
    """Of two sheets, each with a person whom the other does not have among the eight or so of both: their names, who is
    said to be on an old sheet only (by name and birth), and what is said of the sheet."""
    lists = [[HEADER, *simple(9)], [HEADER, *simple(8), simple(1, 12)[0]]]
    titled = [[[f"DATA PMKS TAHUN {year}"], *rows] for year, rows in zip(years, lists, strict=True)] if years else lists
    made = [Sheet(name, rows, hidden=at == hidden) for at, (name, rows) in enumerate(zip(named, titled, strict=True))]
    found = []
    for sheet in read(*made).sheets:
        left = [person["nik"][-1] for person in people(sheet) if person.get("status_layak") == "HANYA PADA LEMBAR LAMA"]
        codes = [problem.code for problem in sheet.problems if problem.code.startswith("sheet")]
        found.append((sheet.name, left, codes))
    return found


OLDER, ALIKE = "sheet_of_older_version", "sheets_alike"


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("LAMA", "BARU"),
        ("Data Lama", "Sheet1"),
        ("Sheet1", "Sheet1 revisi"),
        ("AWAL", "PERBAIKAN"),
        ("Draft", "FIX FINAL"),
        ("Backup", "Sheet2"),
        ("Sheet2", "Hasil Musdes"),
        ("data_old", "data"),
        ("Revisi 1", "Revisi 2"),
        ("REVISI", "REVISI 3"),
        ("Sebelum perbaikan", "Data"),
        ("Data", "terbaru"),
    ],
)
def test_who_stands_on_the_older_sheet_only_is_to_be_verified(older: str, newer: str) -> None:
    assert sheets(older, newer) == [(older, ["9"], [OLDER]), (newer, [], [])]
    assert sheets(newer, older) == [(newer, [], []), (older, ["2"], [OLDER])]


@pytest.mark.parametrize(
    "names",
    [
        ("Sheet1", "Sheet1 (2)"),
        ("Data", "Salinan Data"),
        ("FINAL", "REVISI"),
        ("Sheet1", "Sheet2"),
        ("LAMA", "LAMA (2)"),
        ("Semua", "Dusun Baru"),
    ],
)
def test_of_sheets_that_hold_the_same_people_it_is_asked_which_holds(names: tuple[str, str]) -> None:
    assert sheets(*names) == [(names[0], [], []), (names[1], [], [ALIKE])]


@pytest.mark.parametrize(
    ("names", "years"),
    [
        (("2023", "2024"), ()),
        (("LAMA", "BARU"), ("2023", "2024")),
        (("Fakir Miskin", "Lansia Terlantar"), ()),
        (("Lansia Terlantar lama", "Fakir miskin baru"), ()),
    ],
)
def test_sheets_of_other_years_or_categories_are_no_versions(names: tuple[str, str], years: tuple[str, ...]) -> None:
    assert sheets(*names, years=years) == [(names[0], [], []), (names[1], [], [])]


def test_a_hidden_sheet_of_the_same_people_is_an_older_version() -> None:
    assert [each[1:] for each in sheets("Sheet1", "Sheet2", hidden=1)] == [
        ([], []),
        (["2"], ["hidden_sheet", OLDER][1:]),
    ]


def test_old_and_new_recipients_are_both_listed() -> None:
    result = read(Sheet("Penerima lama", [HEADER, *simple(8)]), Sheet("Penerima baru", [HEADER, *simple(8, 7)]))
    assert [problem.code for sheet in result.sheets for problem in sheet.problems] == []
    assert not any("status_layak" in person for sheet in result.sheets for person in people(sheet))


def years(*blocks: tuple[str, list[list[Any]]], header: bool = True) -> tuple[list[str], list[dict[str, Any]]]:
    """Of lists below each other, each under its heading: who is said to be on an old list only, and what is said."""
    rows: list[list[Any]] = [] if header else [HEADER]
    for heading, listed in blocks:
        rows += [[heading], *([HEADER] if header else []), *listed, []]
    sheet = read(rows).sheets[0]
    left = [person["nik"][-1] for person in people(sheet) if person.get("status_layak") == "HANYA PADA DAFTAR LAMA"]
    return left, [problem.facts for problem in sheet.problems if problem.code == "years_in_one_sheet"]


def test_of_lists_of_several_years_in_one_sheet_the_newest_says_who_is_still_listed() -> None:
    old, new = ("DATA PMKS TAHUN 2023", simple(6)), ("DATA PMKS TAHUN 2024", simple(6, 3))
    said = [{"tahun": "2023, 2024", "hanya": 2}]
    assert years(old, new) == years(new, old) == (["1", "2"], said)
    assert years(("Tahun 2023", simple(6)), ("Tahun 2024", simple(6, 3)), header=False) == (["1", "2"], said)
    added = ("TAMBAHAN TAHUN 2024", simple(3, 7))
    assert years(old, added) == ([], [{"tahun": "2023, 2024", "hanya": 0}])
    assert years(old, (old[0], simple(3, 7))) == years(old, ("LANJUTAN", simple(3, 7))) == ([], [])


def test_of_rows_that_say_their_year_the_newest_say_who_is_still_listed() -> None:
    def of(year: str, *rows: list[Any]) -> list[list[Any]]:
        return [[*row, year] for row in rows]

    def said(*rows: list[Any]) -> tuple[list[int], list[dict[str, Any]]]:
        sheet = read([[*HEADER, "TAHUN"], *rows]).sheets[0]
        left = [row[0] for row, person in zip(sheet.rows, people(sheet), strict=True) if "status_layak" in person]
        return left, [problem.facts for problem in sheet.problems if problem.code == "years_in_one_sheet"]

    old, new = of("2023", *simple(6)), of("2024", *simple(6, 3))
    facts = {"tahun": "2023, 2024", "hanya": 2}
    assert said(*old, *new) == ([2, 3], [facts])
    assert said(*new, *old) == ([8, 9], [facts])
    assert said(*of("2023", *simple(4)), *of("2024", *simple(4, 5))) == ([], [facts | {"hanya": 0}])
    assert said(*old) == said(*of("", *simple(6))) == ([], [])
    assert said(*of("1999", *simple(6)), *new) == ([], [])  # years of birth
    problems = read([[*HEADER, "TAHUN"], *old, *new]).sheets[0].problems
    assert "list_of_the_gone" not in [problem.code for problem in problems]  # not all of them

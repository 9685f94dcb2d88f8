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

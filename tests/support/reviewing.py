"""Fill in a review workbook as a reviewer does: find a pair, write under it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl

from assets.households.review import household_sheet
from assets.households.review.pair_sheet import FIRST_RECORD, HEADER_ROW, LEFT, PART, SECOND_RECORD, SHEET, WORD
from assets.households.review.queue import texts

HOMES = texts()["households"]["sheet"]
REVIEWER = (3, LEFT + 1)
"""Row and column, as a spreadsheet program counts, of the name at the top."""


def answer_rows(sheet: Any) -> dict[frozenset[str], int]:
    """The row of the decision of each pair (its two records), in the order of the sheet."""
    found = {}
    for row in range(HEADER_ROW + 2, sheet.max_row + 1):
        part = str(sheet.cell(row, PART + 1).value or "")
        if part.startswith("1/"):
            ids = frozenset(sheet.cell(row, column + 1).value for column in (FIRST_RECORD, SECOND_RECORD))
            found[ids] = row + int(part.removeprefix("1/")) - 2
    return found


def cells_of_answer(row: int, decision: str = "", by: str = "", reason: str = "") -> dict[tuple[int, int], str]:
    """What is to be written where, by the row of the decision."""
    cells = {(row, LEFT + 1): decision, (row, WORD + 1): by, (row + 1, LEFT + 1): reason}
    return {cell: text for cell, text in cells.items() if text}


def fill(path: Path, cells: dict[tuple[int, int], str]) -> Path:
    """Write into cells of the sheet of pairs."""
    book = openpyxl.load_workbook(path)
    for (row, column), text in cells.items():
        book[SHEET].cell(row, column).value = text
    book.save(path)
    return path


def answer(path: Path, answers: dict[frozenset[str], str], by: str = "Rina") -> None:
    """Answer some pairs, each by its two records."""
    rows = answer_rows(openpyxl.load_workbook(path)[SHEET])
    cells: dict[tuple[int, int], str] = {}
    for pair, word in answers.items():
        cells |= cells_of_answer(rows[pair], word, by, "dikenal di desa")
    fill(path, cells)


def asked_pairs(path: Path) -> list[frozenset[str]]:
    """The two records of each pair that the workbook asks about, in its order."""
    return list(answer_rows(openpyxl.load_workbook(path)[SHEET]))


def answer_homes(path: Path, letters: dict[str, str], by: str = "Rina") -> None:
    """Answer questions about households: `letters` by the record that stands for each household."""
    book = openpyxl.load_workbook(path)
    sheet = book[HOMES]
    sheet.cell(household_sheet.REVIEWER_ROW + 1, 4).value = by
    for question, rows in _questions(sheet).items():
        for row, record in rows.items():
            sheet.cell(row, 2).value = letters.get(record)
        if any(record in letters for record in rows.values()):
            sheet.cell(question, 6).value = "dikenal di desa"
    book.save(path)


def asked_homes(path: Path) -> list[list[str]]:
    """The records that stand for the households of each question, in the order of the sheet."""
    book = openpyxl.load_workbook(path)
    return [[*rows.values()] for rows in _questions(book[HOMES]).values()] if HOMES in book.sheetnames else []


def _questions(sheet: Any) -> dict[int, dict[int, str]]:
    """The row of each question about households, and by row the records below it."""
    found: dict[int, dict[int, str]] = {}
    question = 0
    for row in range(household_sheet.HEADER_ROW + 2, sheet.max_row + 1):
        record = sheet.cell(row, household_sheet.HIDDEN + 1).value
        if record:
            found.setdefault(question, {})[row] = record
        elif sheet.cell(row, 1).value:
            question = row
    return found

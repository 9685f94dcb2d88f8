"""Fill in a review workbook as a reviewer does: find a pair, write under it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl

from assets.households.review.pair_sheet import FIRST_RECORD, HEADER_ROW, LEFT, PART, SECOND_RECORD, SHEET, WORD

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

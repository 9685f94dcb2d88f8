"""Cells by position, put together into the rows of a sheet."""

from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache

from assets.intake.formats.limits import Limits
from assets.intake.formats.messages import unreadable
from assets.intake.formats.workbook import Cell, CellError, Merge, Sheet, Uncalculated

BLANK_ROW: list[Cell] = []
"""One object for all rows that hold nothing, so that a sheet with a cell far down costs no memory."""


def check_extent(row: int, column: int, height: int, width: int, sheet: int, limits: Limits) -> None:
    """Refuse a rectangle that does not fit into memory. `row` (from 1) and `column` (from 0) name its last cell."""
    if height * width > limits.cells:
        raise unreadable("extent", sheet=sheet, cell=f"{column_letter(column)}{row}")


@lru_cache(maxsize=16_384)
def column_letter(column: int) -> str:
    """Spreadsheet letters of a column, from 0.

    >>> column_letter(0), column_letter(16383)
    ('A', 'XFD')
    """
    text = ""
    while column >= 0:
        column, rest = divmod(column, 26)
        text = chr(65 + rest) + text
        column -= 1
    return text


def overlay(
    rows: list[list[Cell]], first_row: int, first_column: int, cells: Mapping[tuple[int, int], Cell]
) -> tuple[list[list[Cell]], int, int]:
    """Put `cells` (by row from 1 and column from 0) over a grid, which grows where they lie outside it."""
    if not cells:
        return rows, first_row, first_column
    top, left = min(row for row, _ in cells), min(column for _, column in cells)
    if not rows:
        first_row, first_column = top, left
    if left < first_column:
        rows = [
            [
                "",
            ]
            * (first_column - left)
            + row
            if row
            else row
            for row in rows
        ]
        first_column = left
    if top < first_row:
        rows = [BLANK_ROW] * (first_row - top) + rows
        first_row = top
    bottom = max(row for row, _ in cells)
    rows.extend([BLANK_ROW] * (bottom - first_row + 1 - len(rows)))
    for (number, column), value in cells.items():
        row = rows[number - first_row]
        at = column - first_column
        if at >= len(row):
            row = rows[number - first_row] = row + [""] * (at + 1 - len(row))
        row[at] = value
    return rows, first_row, first_column


class Builder:
    """One sheet, put together cell by cell."""

    def __init__(self, name: str, index: int, limits: Limits) -> None:
        self.name = name
        self.hidden = False
        self.merged: list[Merge] = []
        self.hidden_rows: set[int] = set()
        self._index = index
        self._limits = limits
        self._rows: dict[int, dict[int, Cell]] = defaultdict(dict)
        self._struck: set[tuple[int, int]] = set()

    def put(self, row: int, column: int, value: Cell, struck: bool = False) -> None:
        """Put a cell at row (from 1) and column (from 0); empty text leaves the place as it is."""
        if value != "" or isinstance(value, CellError | Uncalculated):
            self._rows[row][column] = value
            if struck:
                self._struck.add((row, column))

    def sheet(self, first_row: int | None = None) -> Sheet:
        """The sheet, from `first_row`, or from the first row that holds something."""
        held = self._rows
        if not held:
            return Sheet(self.name, [], hidden=self.hidden)
        top, bottom = first_row or min(held), max(held)
        left, right = min(map(min, held.values())), max(map(max, held.values()))
        check_extent(bottom, right, bottom - top + 1, right - left + 1, self._index, self._limits)
        rows = [
            [cells.get(column, "") for column in range(left, right + 1)] if (cells := held.get(row)) else BLANK_ROW
            for row in range(top, bottom + 1)
        ]
        hidden_rows, struck = frozenset(self.hidden_rows), frozenset(self._struck)
        return Sheet(self.name, rows, top, left, self.merged, self.hidden, hidden_rows, struck)

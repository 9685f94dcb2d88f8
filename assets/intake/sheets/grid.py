"""A sheet as a grid of texts and cell types: what layout works on, whatever the format was."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from assets.intake.formats.grid import column_letter
from assets.intake.formats.workbook import CellError, Sheet, Uncalculated


@dataclass(slots=True)
class Grid:
    """One sheet. `texts` and `types` are rectangular; `types` has one character a cell (`.tndbeu`).

    `first_row` is the sheet's number of the first grid row, `first_column` the index (from 0) of the first column.
    `merged` holds (top, left, bottom, right) in grid coordinates, all inclusive.
    """

    name: str
    texts: list[list[str]]
    types: list[str]
    first_row: int
    first_column: int
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    """Grid rows that are hidden."""
    struck: frozenset[tuple[int, int]] = frozenset()
    """Grid row and column of the cells whose text is struck through."""
    partly_struck: frozenset[tuple[int, int]] = frozenset()
    """The same of the cells of whose text a part was struck through, which is left out."""
    commented: frozenset[tuple[int, int]] = frozenset()
    """The same of the cells beside which a comment stands."""
    aside: dict[int, dict[int, str]] = field(default_factory=dict)
    """Texts of cells that are no part of a table, by grid row and column; blank in `texts` and `types`."""

    @property
    def width(self) -> int:
        return len(self.texts[0]) if self.texts else 0

    def filled(self, row: int, columns: range | None = None) -> int:
        """How many cells of a row are not blank, of some columns or of all."""
        kinds = self.types[row] if columns is None else self.types[row][columns.start : columns.stop]
        return len(kinds) - kinds.count(".")

    def letter(self, column: int) -> str:
        """The column letter of a grid column."""
        return column_letter(self.first_column + column)

    def cell(self, row: int, column: int) -> str:
        """The name of a cell, as the spreadsheet program shows it (`E17`)."""
        return f"{self.letter(column)}{row + self.first_row}"

    def number(self, row: int, column: int) -> int | None:
        """The whole number by which a cell counts its row (`3`, `3.`, `3)`); None where it holds none, or for no column
        (-1)."""
        plain = self.texts[row][column].strip().rstrip(".)") if column >= 0 else ""
        return int(plain) if plain.isdecimal() else None


def usual_fill(filled: Iterable[int]) -> int:
    """How many cells are filled in most rows that are not blank, wider rows counting for more; 0 where none are.

    >>> usual_fill([1, 8, 8, 7, 0, 2, 1, 1])
    8
    """
    widths = Counter(filled)
    return max((n for n in widths if n), key=lambda n: widths[n] * n, default=0)


def grid_of(sheet: Sheet) -> Grid:
    """Turn a sheet's cells into texts and types. Numbers keep all digits, dates become ISO text.

    A formula that was never calculated keeps its own text here: it is no value, but its row is not blank either.
    """
    width = max(map(len, sheet.rows), default=0)
    texts: list[list[str]] = []
    types: list[str] = []
    for cells in sheet.rows:
        row: list[str] = []
        kinds: list[str] = []
        for value in cells:
            if type(value) is str:
                if value and not value.isspace():
                    row.append(value)
                    kinds.append("t")
                else:
                    row.append("")
                    kinds.append(".")
            else:
                text, kind = cell_text(value)
                row.append(text)
                kinds.append(kind)
        short = width - len(row)
        if short:
            row.extend([""] * short)
            kinds.append("." * short)
        texts.append(row)
        types.append("".join(kinds))
    top, left = sheet.first_row, sheet.first_column
    hidden = frozenset(number - top for number in sheet.hidden_rows)
    merged = [(a - top, b - left, c - top, d - left) for a, b, c, d in sheet.merged]
    struck, partly, commented = (
        frozenset((row - top, column - left) for row, column in marked)
        for marked in (sheet.struck, sheet.partly_struck, sheet.commented)
    )
    return Grid(sheet.name, texts, types, top, left, merged, sheet.hidden, hidden, struck, partly, commented)


def cell_text(value: Any) -> tuple[str, str]:
    """A cell that is no text: its text and its type.

    >>> cell_text(1610054107850000), cell_text(7.5), cell_text(dt.datetime(1985, 7, 1))
    (('1610054107850000', 'n'), ('7.5', 'n'), ('1985-07-01', 'd'))
    """
    if value is None or value == "":
        return "", "."
    if isinstance(value, bool):
        return ("TRUE" if value else "FALSE"), "b"
    if isinstance(value, int):
        return str(value), "n"
    if isinstance(value, float):
        return (str(int(value)) if value.is_integer() else repr(value)), "n"
    if isinstance(value, CellError):
        return str(value), "e"
    if isinstance(value, Uncalculated):
        return str(value) or "=", "u"
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time()
        return (value.date().isoformat() if midnight else value.isoformat(" ", "seconds")), "d"
    if isinstance(value, dt.date):
        return value.isoformat(), "d"
    if isinstance(value, (dt.time, dt.timedelta)):
        return str(value), "d"
    text = str(value)
    return (text, "t") if text.strip() else ("", ".")

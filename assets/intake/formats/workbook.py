"""What every format is read into: sheets of cells that stand at the row and column the spreadsheet program shows.

A cell is `''` where it is empty, and otherwise text, a whole number, a fraction, a truth value, a date, a time, a
`CellError` or an `Uncalculated`. The two last are texts of their own kind because readers blank the one and turn the
other into 0, and both would lose what the village meant.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time


class CellError(str):
    """A cell that shows an error, such as `#N/A`; never blank."""

    __slots__ = ()


class Uncalculated(str):
    """The text of a formula whose result was never stored in the file; never 0."""

    __slots__ = ()


Cell = str | int | float | bool | date | datetime | time
Merge = tuple[int, int, int, int]
"""First row, first column, last row, last column; rows from 1, columns from 0, both ends included."""


@dataclass(slots=True)
class Sheet:
    """One sheet. `rows[i][j]` is the cell at spreadsheet row `first_row + i` (from 1) and column `first_column + j`
    (from 0). Rows may differ in length; what lies beyond the end of one is empty. Rows that hold nothing may be one
    object: read them only. For delimited text a row is a record: a quoted line break does not begin a new one."""

    name: str
    rows: list[list[Cell]]
    first_row: int = 1
    first_column: int = 0
    merged: list[Merge] = field(default_factory=list)
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    struck: frozenset[tuple[int, int]] = frozenset()
    """Row (from 1) and column (from 0) of the cells whose text is struck through."""
    partly_struck: frozenset[tuple[int, int]] = frozenset()
    """The same of the cells of whose text a part was struck through, which is left out."""
    commented: frozenset[tuple[int, int]] = frozenset()
    """The same of the cells beside which a comment stands."""


@dataclass(slots=True)
class Workbook:
    """One file. `format` is what its bytes are: `xlsx`, `xlsm`, `xlsb`, `xls`, `ods`, `csv`, `html`,
    `spreadsheetml` or `docx`.
    `notes` are codes of what a person may want to know (`extension_differs`, `encoding_guessed`)."""

    format: str
    sheets: list[Sheet]
    notes: list[str] = field(default_factory=list)
    encoding: str | None = None
    delimiter: str | None = None


class Unreadable(Exception):  # noqa: N818 -- a state of the file, not a fault of the program
    """A file that cannot be read whole. `code` is for machines, `message` tells the village in Indonesian what is
    wrong and what to do; neither holds anything that stands in the file."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"

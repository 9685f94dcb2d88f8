"""Workbooks for others to open: what is written as text stays text, also when somebody edits the cell.

Danger: a text that begins with `=`, `+`, `-` or `@` is shown as text, but becomes a formula as soon as somebody opens
the cell and presses Enter; it came from a village's list, and may call out or start a program. Remedy: such cells carry
the mark of a text (`quotePrefix`), which spreadsheet programs keep. Nothing that is written is taken for a formula, a
link or a number.
"""

from __future__ import annotations

from typing import Any, BinaryIO

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

ALIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""How a text begins that a spreadsheet program may take for a formula, in wide letters, too."""
FONT, DEFAULT_POINTS = "Arial", 10
"""Why this one: `letters.py`, which has the widths of its letters."""
_OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "default_format_properties": {"font_name": FONT, "font_size": DEFAULT_POINTS, "font_scheme": False},
}


class SafeSheet(Worksheet):  # type: ignore[misc]
    """A sheet of a `SafeWorkbook`."""

    book: SafeWorkbook

    def _write_string(self, row: int, col: int, string: str, cell_format: Any = None) -> Any:
        look = self.book.guarded(cell_format) if string.startswith(ALIVE) else cell_format
        return super()._write_string(row, col, string, look)


class SafeWorkbook(xlsxwriter.Workbook):  # type: ignore[misc]
    """`xlsxwriter.Workbook` whose sheets mark texts that look like formulas."""

    worksheet_class = SafeSheet

    def __init__(self, path: str | BinaryIO, options: dict[str, Any] | None = None) -> None:
        self._guarded: dict[int, Any] = {}
        super().__init__(path, _OPTIONS | (options or {}))

    def add_worksheet(self, name: str | None = None, worksheet_class: Any = None) -> Any:
        sheet = super().add_worksheet(name, worksheet_class)
        sheet.book = self
        return sheet

    def add_format(self, properties: dict[str, Any] | None = None) -> Any:
        look = super().add_format(properties)
        look.asked_for = properties or {}
        return look

    def guarded(self, look: Any) -> Any:
        """The same look for a text that must stay text."""
        if id(look) not in self._guarded:
            self._guarded[id(look)] = self.add_format((look.asked_for if look else {}) | {"quote_prefix": True})
        return self._guarded[id(look)]

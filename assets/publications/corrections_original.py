"""A village's own file as a workbook to write into: its layout where the format allows, no formulas, links or macros.

Danger: what comes from outside goes back outside under our name. Formulas, links, macros and names of the sender
would run on the next computer, and openpyxl changes numbers of 16 digits when it saves. Remedy: formulas become
the values last calculated, long numbers become text, and what can call out (links, names, connections) is dropped.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.formatting.formatting import ConditionalFormattingList
from openpyxl.utils import column_index_from_string, get_column_letter
from openpyxl.utils.cell import coordinate_to_tuple
from openpyxl.workbook import Workbook
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.datavalidation import DataValidationList
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import CalamineWorkbook

from assets.safe_workbook import ALIVE
from warehouse.archive import REDACTED

Rows = Sequence[Mapping[str, Any]]
"""The rows of a table of the lake, for one submission."""
LONG_NUMBER = 10**11
"""Whole numbers from here on are identifiers, which a spreadsheet must not count with."""
_NAME_FOR_TEXT_FILES = "DATA"
_MOST_BYTES = 40_000_000
"""Of the XML of all sheets: some 100,000 rows of a list; a village's has 50 kB."""
_MOST_MERGED = 100_000


def original_book(archived: Path, kind: str, raw_rows: Rows, columns: Rows) -> Workbook:
    """The sheets of a submission, made safe, in a workbook that can be saved as xlsx.

    `archived`: its bytes; `kind`: their format. xlsx and xlsm keep their look; xls and ods their values and
    places; of text and HTML files the rows of people and their headers stand where they stood (`raw_rows`, `columns`:
    those of this submission). Sheets keep their names (`sheet_title`). A file that one reader cannot take (openpyxl
    refuses workbooks whose styles are not quite right) is handed to the next simpler one, down to the rows alone; so is
    what an erasure left of a file.
    """
    if archived.suffix == REDACTED:
        return _rebuilt(raw_rows, columns)
    if kind in ("xlsx", "xlsm"):
        with suppress(Exception):
            return _loaded(archived)
    if kind in ("xlsx", "xlsm", "xls", "ods"):
        with suppress(Exception):
            return _copied(archived, raw_rows)
    return _rebuilt(raw_rows, columns)


def sheet_title(name: str) -> str:
    """The name that a sheet of a submission has in the workbook."""
    return re.sub(r"[\\/*?:\[\]]", " ", name)[:31].strip() or _NAME_FOR_TEXT_FILES


def anchor(sheet: Worksheet, at: str) -> str:
    """The cell itself, or the first cell of the merged area that it lies in."""
    existing: dict[tuple[int, int], Any] = sheet._cells
    if not isinstance(existing.get(coordinate_to_tuple(at)), MergedCell):
        return at
    for area in sheet.merged_cells.ranges:
        if at in area:
            return str(area.start_cell.coordinate)
    return at


def text_of(value: Any) -> str:
    """A text of a table; "" where there is none."""
    return value if isinstance(value, str) else ""


def write_text(cell: Any, text: str) -> None:
    """Write text that stays text, whatever it begins with and whoever edits the cell later."""
    cell.value = text
    cell.data_type = "s"
    if text.startswith(ALIVE):
        cell.quotePrefix = True


def _refuse_outsized(content: bytes) -> None:
    """Raise `ValueError` for sheets or a merged area that no list needs: openpyxl makes an object of every cell."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheets = [part for part in archive.infolist() if part.filename.startswith("xl/worksheets/")]
        if sum(part.file_size for part in sheets) > _MOST_BYTES:
            raise ValueError("the sheets are too large, most likely formatted rows without content")
        for name in archive.namelist():
            if name.startswith("xl/worksheets/"):
                for area in re.findall(rb'<mergeCell ref="([A-Z]+\d+:[A-Z]+\d+)"', archive.read(name)):
                    rows, columns = CellRange(area.decode()).size.values()
                    if rows * columns > _MOST_MERGED:
                        raise ValueError("a merged area is too large")


def _loaded(archived: Path) -> Workbook:
    """The workbook with what its formulas last came to in their place. Text stays text, error values stay errors."""
    content = archived.read_bytes()
    _refuse_outsized(content)
    book = openpyxl.load_workbook(io.BytesIO(content), data_only=True, keep_links=False)
    for name in [sheet.title for sheet in book._sheets if not isinstance(sheet, Worksheet)]:  # type: ignore[attr-defined]
        del book[name]
    book.defined_names.clear()
    for sheet in book.worksheets:
        _make_inert(sheet)
        for cell in _cells(sheet):
            if cell.data_type == "n":
                if isinstance(cell.value, (int, float)) and abs(cell.value) >= LONG_NUMBER:
                    _set(cell, cell.value)
            elif cell.data_type == "s" and isinstance(cell.value, str) and cell.value.startswith(ALIVE):
                write_text(cell, cell.value)
    return book


def _make_inert(sheet: Worksheet) -> None:
    """Drop what can calculate or call out: conditions, validations, names, links, pivots, formulas of tables."""
    sheet.conditional_formatting = ConditionalFormattingList()
    sheet.data_validations = DataValidationList()
    sheet.defined_names.clear()
    sheet._hyperlinks = []  # type: ignore[attr-defined]
    sheet._pivots = []  # type: ignore[attr-defined]
    sheet.protection.sheet = False
    for table in sheet.tables.values():
        for column in table.tableColumns:
            column.calculatedColumnFormula = None
            column.totalsRowFormula = None
    for cell in _cells(sheet):
        if cell.hyperlink is not None:
            cell.hyperlink = None


def _cells(sheet: Worksheet) -> Iterable[Cell]:
    """The cells that exist, merged ones without a value of their own aside."""
    existing: dict[tuple[int, int], Any] = sheet._cells
    return [cell for cell in existing.values() if isinstance(cell, Cell)]


def _set(cell: Any, value: Any) -> None:
    if isinstance(value, float) and value.is_integer() and abs(value) >= LONG_NUMBER:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= LONG_NUMBER:
        write_text(cell, str(value))
        cell.number_format = "@"
    elif isinstance(value, str):
        write_text(cell, value)
    else:
        cell.value = value


def _copied(archived: Path, raw_rows: Rows) -> Workbook:
    book = Workbook()
    book.remove(book.worksheets[0])
    source = CalamineWorkbook.from_path(str(archived))
    for name in source.sheet_names:
        sheet = book.create_sheet(sheet_title(name))
        _fill(sheet, enumerate(source.get_sheet_by_name(name).to_python(skip_empty_area=False), 1))
    for row in raw_rows:
        for letter, text in json.loads(row["raw"]).items():
            if re.fullmatch(r"\d{12,}", text or ""):  # this reader counts in floats, which alter the last digits
                write_text(book[sheet_title(row["sheet"])][f"{letter}{row['row']}"], text)
    return book


def _fill(sheet: Worksheet, rows: Iterable[tuple[int, Iterable[Any]]]) -> None:
    widths: dict[int, int] = {}
    for row, values in rows:
        for column, value in enumerate(values, 1):
            if value in (None, ""):
                continue
            if isinstance(value, float) and value.is_integer():
                value = int(value)
            cell = sheet.cell(row, column)
            _set(cell, value)
            if isinstance(value, (date, datetime)) and not isinstance(value, (time, timedelta)):
                cell.number_format = "dd/mm/yyyy"
            widths[column] = max(widths.get(column, 8), min(40, len(str(value)) + 2))
    for column, width in widths.items():
        sheet.column_dimensions[get_column_letter(column)].width = width


def _rebuilt(raw_rows: Rows, columns: Rows) -> Workbook:
    book = Workbook()
    book.remove(book.worksheets[0])
    for name in dict.fromkeys(text_of(row["sheet"]) for row in raw_rows):
        sheet = book.create_sheet(sheet_title(name))
        for column in columns:
            if text_of(column["sheet"]) == name and column["header_row"] > 0 and isinstance(column["header"], str):
                at = sheet.cell(column["header_row"], column_index_from_string(column["column"]))
                write_text(at, column["header"])
        _fill(sheet, ((row["row"], _texts(row["raw"])) for row in raw_rows if text_of(row["sheet"]) == name))
    return book


def _texts(raw: str) -> list[str]:
    """Texts of a row from its JSON object, column letter to text."""
    by_letter = {column_index_from_string(letter): text for letter, text in json.loads(raw).items()}
    return [by_letter.get(column, "") or "" for column in range(1, max(by_letter, default=0) + 1)]

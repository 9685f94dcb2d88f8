"""A village's own file as a workbook to write into: its layout where the format allows, no formulas, links or macros.

Danger: what comes from outside goes back outside under our name. Formulas, links, macros and names of the sender
would run on the next computer, and a spreadsheet program changes numbers of 16 digits when it saves. Remedy: formulas
become the values last calculated, long numbers become text, and what can call out (links, names, connections) is
dropped (`village_book/`).
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from python_calamine import CalamineWorkbook

from assets.publications.village_book.book import Book, opened
from assets.publications.village_book.inert import LONG_NUMBER
from assets.publications.village_book.looks import Looks
from assets.publications.village_book.markup import column_of
from assets.publications.village_book.sheet import Sheet
from warehouse.archive import REDACTED

Rows = Sequence[Mapping[str, Any]]
"""The rows of a table of the lake, for one submission."""
_NAME_FOR_TEXT_FILES = "DATA"
_DAY_ZERO = datetime(1899, 12, 30)


def original_book(archived: Path, kind: str, raw_rows: Rows, columns: Rows) -> Book:
    """The sheets of a submission, made safe, in a workbook that can be saved as xlsx.

    `archived`: its bytes; `kind`: their format. xlsx and xlsm keep their look; xls and ods their values and
    places; of text and HTML files the rows of people and their headers stand where they stood (`raw_rows`, `columns`:
    those of this submission). Sheets keep their names (`sheet_title`). A file that one reader cannot take, such as a
    workbook with a part that is not as it should be, is handed to the next simpler one, down to the rows alone; so is
    what an erasure left of a file.
    """
    if archived.suffix == REDACTED:
        return _rebuilt(raw_rows, columns)
    if kind in ("xlsx", "xlsm"):
        with suppress(Exception):
            return opened(archived.read_bytes())
    if kind in ("xlsx", "xlsm", "xls", "ods"):
        with suppress(Exception):
            return _copied(archived, raw_rows)
    return _rebuilt(raw_rows, columns)


@lru_cache(maxsize=256)
def sheet_title(name: str) -> str:
    """The name that a sheet of a submission has in the workbook."""
    return re.sub(r"[\\/*?:\[\]]", " ", name)[:31].strip() or _NAME_FOR_TEXT_FILES


def text_of(value: Any) -> str:
    """A text of a table; "" where there is none."""
    return value if isinstance(value, str) else ""


@lru_cache(maxsize=4096)
def texts_of(raw: str) -> Mapping[str, str]:
    """The texts of a row of people by the letters of their columns, from its JSON: asked for by every finding of it."""
    texts: dict[str, str] = json.loads(raw)
    return MappingProxyType(texts)


def _copied(archived: Path, raw_rows: Rows) -> Book:
    book = Book()
    source = CalamineWorkbook.from_path(str(archived))
    for name in source.sheet_names:
        sheet = book.add(sheet_title(name))
        rows = enumerate(source.get_sheet_by_name(name).to_python(skip_empty_area=False), 1)
        _fill(sheet, ((row, enumerate(values, 1)) for row, values in rows))
    for row in raw_rows:
        for letter, text in texts_of(row["raw"]).items():
            if re.fullmatch(r"\d{12,}", text or ""):  # this reader counts in floats, which alter the last digits
                book[sheet_title(row["sheet"])].write(f"{letter}{row['row']}", text)
    return book


def _fill(sheet: Sheet, rows: Iterable[tuple[int, Iterable[tuple[int, Any]]]]) -> None:
    """Write rows in their order, each with its cells in theirs."""
    longest: dict[int, int] = {}
    written = []
    for row, values in rows:
        cells = []
        for column, value in values:
            if value not in (None, ""):
                cells.append((column, *_cell(sheet.looks, value)))
                longest[column] = max(longest.get(column, 0), len(str(value)))
        if cells:
            written.append((row, cells))
    sheet.fill(written)
    if longest:
        sheet.widen({column: max(8, min(40, length + 2)) for column, length in longest.items()})


def _cell(looks: Looks, value: Any) -> tuple[str | float, int]:
    """What is written for a value, and its look."""
    if isinstance(value, (str, bool)):
        return value, 0
    if isinstance(value, (int, float)):
        whole = int(value) if float(value).is_integer() else value
        return (str(whole), looks.as_text(0)) if isinstance(whole, int) and abs(whole) >= LONG_NUMBER else (whole, 0)
    if isinstance(value, (date, time, timedelta)):
        days, code = _serial(value)
        return days, looks.formatted(0, code)
    return str(value), 0


def _serial(value: date | time | timedelta) -> tuple[float, str]:
    """A moment as spreadsheets count it, in days, and how it is shown."""
    if isinstance(value, date):
        moment = value if isinstance(value, datetime) else datetime.combine(value, time())
        days = (moment - _DAY_ZERO) / timedelta(days=1)
        return int(days) if days.is_integer() else days, "dd/mm/yyyy"
    if isinstance(value, time):
        value = datetime.combine(date.min, value) - datetime.min
        return value / timedelta(days=1), "h:mm:ss"
    return value / timedelta(days=1), "[hh]:mm:ss"


def _rebuilt(raw_rows: Rows, columns: Rows) -> Book:
    book = Book()
    for name in dict.fromkeys(text_of(row["sheet"]) for row in raw_rows):
        rows: dict[int, dict[int, str]] = defaultdict(dict)
        for column in columns:
            if text_of(column["sheet"]) == name and column["header_row"] > 0 and isinstance(column["header"], str):
                rows[column["header_row"]][column_of(column["column"])] = column["header"]
        for row in raw_rows:
            if text_of(row["sheet"]) == name:
                texts = texts_of(row["raw"])
                rows[row["row"]] |= {column_of(letter): text for letter, text in texts.items() if text}
        _fill(book.add(sheet_title(name)), ((row, sorted(rows[row].items())) for row in sorted(rows)))
    return book

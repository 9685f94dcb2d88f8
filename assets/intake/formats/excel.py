"""xlsx, xlsm, xlsb and xls: the grid from calamine, and from the file's own parts what calamine leaves out."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from typing import Any, TypeVar

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from assets.intake.formats import biff, xlsb, xlsx_xml
from assets.intake.formats.archive import Archive, local
from assets.intake.formats.grid import BLANK_ROW, check_extent, overlay
from assets.intake.formats.limits import Limits
from assets.intake.formats.messages import unreadable
from assets.intake.formats.workbook import Cell, Sheet, Workbook

_INEXACT = 1e15
_COLUMNS = 16384
Scan = TypeVar("Scan")
Inexact = dict[tuple[int, int], float]
"""Numbers by row and column, of which a float may not hold all digits."""


def read_xlsx(data: bytes, archive: Archive, limits: Limits) -> Workbook:
    """An xlsx or xlsm workbook.

    Errors: `Unreadable` (`corrupt`, `encrypted`, `extent`, `repeated_part`, `xml_entities`, `zip_bomb`).
    """
    book = archive.tree("xl/workbook.xml")
    parts = archive.sheet_parts("workbook.xml", _relations(book))
    on_load = any(local(e) == "calcPr" and e.get("fullCalcOnLoad") in ("1", "true") for e in book)
    struck = _struck_styles(archive)
    rich_texts = _rich_texts(archive, struck)
    scans = []
    for index, part in enumerate(parts, 1):
        xml = xlsx_xml.plain(archive.read(part))
        scan = xlsx_xml.scan(xml, struck, on_load, rich_texts)
        if scan.last_row * _COLUMNS > limits.cells:
            (top, left), (bottom, right) = xlsx_xml.valued_extent(xml)
            check_extent(bottom, right, bottom - top + 1, right - left + 1, index, limits)
        scan.commented.update(*map(xlsx_xml.commented, archive.comment_parts(part)))
        scans.append((xml, scan))
    sheets = []
    for sheet, inexact, (xml, scan) in _worksheets(data, "xlsx", scans):
        specials: dict[tuple[int, int], Cell] = dict(scan.cells)
        if inexact:
            specials |= xlsx_xml.exact_numbers(xml, inexact)
        _complete(sheet, specials)
        sheet.hidden_rows, sheet.struck = frozenset(scan.hidden_rows), frozenset(scan.struck)
        sheet.partly_struck, sheet.commented = frozenset(scan.partly_struck), frozenset(scan.commented)
        sheets.append(sheet)
    macros = "[Content_Types].xml" in archive and b"macroEnabled" in archive.read("[Content_Types].xml")
    return Workbook("xlsm" if macros else "xlsx", sheets)


def read_xlsb(data: bytes, archive: Archive, limits: Limits) -> Workbook:
    """A binary workbook. A number is a double there: no more digits exist than it holds.

    Errors: `Unreadable` (`corrupt`, `extent`, `repeated_part`, `zip_bomb`).
    """
    scans = []
    for index, part in enumerate(xlsb.sheet_parts(archive), 1):
        scan = xlsb.scan(archive.read(part))
        if scan.extent:
            top, left, bottom, right = scan.extent
            check_extent(bottom, right, bottom - top + 1, right - left + 1, index, limits)
        scans.append(scan)
    for shared in ("xl/sharedStrings.bin", "xl/styles.bin"):
        if shared in archive:
            archive.read(shared)  # checked whole: calamine does not compare checksums
    sheets = []
    for sheet, inexact, scan in _worksheets(data, "xlsb", scans):
        _complete(sheet, scan.cells | {at: int(value) for at, value in inexact.items()})
        sheet.hidden_rows, sheet.merged = frozenset(scan.hidden_rows), scan.merged
        sheets.append(sheet)
    return Workbook("xlsb", sheets)


def read_xls(data: bytes, limits: Limits) -> Workbook:
    """A BIFF5 or BIFF8 workbook. A number is a double there: no more digits exist than it holds.

    Errors: `Unreadable` (`corrupt`, `encrypted`, `not_a_table`).
    """
    scans = biff.scan(data)
    sheets = []
    for sheet, inexact, scan in _worksheets(data, "xls", scans):
        _complete(sheet, scan.cells | {at: int(value) for at, value in inexact.items()})
        sheet.hidden_rows, sheet.struck = frozenset(scan.hidden_rows), frozenset(scan.struck)
        sheet.commented = frozenset(scan.commented)
        sheets.append(sheet)
    return Workbook("xls", sheets)


def _worksheets(data: bytes, kind: str, scans: Sequence[Scan]) -> Iterator[tuple[Sheet, Inexact, Scan]]:
    """Each sheet of cells as calamine reads it, the numbers whose digits it may have lost, and what a scan found of it.

    `scans`: one for each sheet of the workbook, in order. Errors: `corrupt` where calamine knows of other sheets.
    """
    with _open(data, kind) as book:
        if len(book.sheets_metadata) != len(scans):
            raise unreadable("corrupt", kind=kind)
        for index, (scan, about) in enumerate(zip(scans, book.sheets_metadata, strict=True)):
            if about.typ == SheetTypeEnum.WorkSheet:
                yield *_grid(_sheet(book, index, kind), about), scan


@contextmanager
def _damage(kind: str) -> Iterator[None]:
    """Turn what calamine says of a damaged file into `Unreadable`. Its panics are no `Exception`."""
    try:
        yield
    except CalamineError as error:
        raise unreadable("corrupt", kind=kind) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise unreadable("corrupt", kind=kind) from None


def _open(data: bytes, kind: str) -> CalamineWorkbook:
    with _damage(kind):
        return CalamineWorkbook.from_filelike(BytesIO(data))


def _sheet(book: CalamineWorkbook, index: int, kind: str) -> CalamineSheet:
    with _damage(kind):
        return book.get_sheet_by_index(index)


def _complete(sheet: Sheet, cells: Mapping[tuple[int, int], Cell]) -> None:
    sheet.rows, sheet.first_row, sheet.first_column = overlay(sheet.rows, sheet.first_row, sheet.first_column, cells)


def _grid(source: CalamineSheet, about: Any) -> tuple[Sheet, Inexact]:
    """The sheet with whole floats as integers, and the positions of numbers whose digits a float may not hold."""
    inexact: Inexact = {}
    rows: list[list[Cell]] = []
    top, left = source.start or (0, 0)
    grid: list[list[Any]] = source.to_python()
    for number, row in enumerate(grid, top + 1):
        if row.count("") == len(row):
            rows.append(BLANK_ROW)
            continue
        kinds = list(map(type, row))
        column = -1
        for _ in range(kinds.count(float)):
            column = kinds.index(float, column + 1)
            value = row[column]
            if abs(value) >= _INEXACT:
                inexact[number, left + column] = value
            elif value.is_integer():
                row[column] = int(value)
        if timedelta in kinds:
            row = [_duration(cell) if type(cell) is timedelta else cell for cell in row]
        rows.append(row)
    merged = [(r0 + 1, c0, r1 + 1, c1) for (r0, c0), (r1, c1) in source.merged_cell_ranges or []]
    hidden = about.visible != SheetVisibleEnum.Visible
    return Sheet(about.name, rows, top + 1, left, merged, hidden), inexact


def _duration(value: timedelta) -> str:
    """As the spreadsheet program shows a duration of a day or more."""
    seconds = round(value.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _relations(book: Any) -> Iterator[str | None]:
    """The id of every sheet's part, in the order of the workbook, which is also calamine's."""
    for sheet in book.iter():
        if local(sheet) == "sheet":
            yield next((value for name, value in sheet.attrib.items() if name.endswith("relationships}id")), None)


def _rich_texts(archive: Archive, struck_styles: Collection[int]) -> dict[int, xlsx_xml.Runs]:
    """The texts that cells share and that have several looks, where any is struck through by its cell or by itself."""
    if "xl/sharedStrings.xml" not in archive:
        return {}
    part = archive.read("xl/sharedStrings.xml")  # always read, and so checked whole: calamine compares no checksums
    return xlsx_xml.texts_with_runs(archive.tree("xl/sharedStrings.xml")) if struck_styles or b"strike" in part else {}


def _struck_styles(archive: Archive) -> frozenset[int]:
    """Indexes of the cell formats whose font is struck through."""
    if "xl/styles.xml" not in archive or b"strike" not in archive.read("xl/styles.xml"):
        return frozenset()
    styles = archive.tree("xl/styles.xml")
    struck: set[str] = set()
    formats: list[str] = []
    for group in styles:
        if local(group) == "fonts":
            struck.update(str(index) for index, font in enumerate(group) if xlsx_xml.strikes(font))
        elif local(group) == "cellXfs":
            formats = [e.get("fontId", "0") for e in group]
    return frozenset(index for index, font in enumerate(formats) if font in struck)

"""OpenDocument spreadsheets, read from their `content.xml` alone: it holds the digits, errors, merges and marks that
the fast reader leaves out, and the format is rare enough that speed does not decide."""

from collections.abc import Iterator
from datetime import date, datetime, time
from re import compile as pattern

from lxml import etree

from assets.intake.formats.archive import Archive
from assets.intake.formats.grid import Builder
from assets.intake.formats.limits import Limits
from assets.intake.formats.messages import unreadable
from assets.intake.formats.numbers import number
from assets.intake.formats.strikes import without_struck
from assets.intake.formats.workbook import Cell, CellError, Sheet, Uncalculated, Workbook

_OASIS = "{urn:oasis:names:tc:opendocument:xmlns:"
_TABLE, _OFFICE, _TEXT, _STYLE = (f"{_OASIS}{name}:1.0}}" for name in ("table", "office", "text", "style"))
_ANNOTATION = _OFFICE + "annotation"
_PARAGRAPH = _TEXT + "p"
_CALCEXT = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}value-type"
_ERROR_TEXT = pattern(r"#[A-Z/0-9]+[!?]?|Err:\d+")
_DURATION = pattern(r"PT(\d+)H(\d+)M(\d+)(?:[.,]\d+)?S")
_ROWS = {_TABLE + name for name in ("table-row-group", "table-header-rows", "table-rows")}


def read_ods(archive: Archive, limits: Limits) -> Workbook:
    """One sheet for each table. Errors: `Unreadable` (`corrupt`, `encrypted`, `extent`, `xml_entities`, `zip_bomb`)."""
    if "META-INF/manifest.xml" in archive and b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise unreadable("encrypted")
    root = archive.tree("content.xml")
    body = root.find(f"{_OFFICE}body/{_OFFICE}spreadsheet")
    if body is None:
        raise unreadable("corrupt", kind="ods")
    hidden, struck = _marked_styles(root)
    tables = body.findall(_TABLE + "table")
    return Workbook("ods", [_sheet(table, index, hidden, struck, limits) for index, table in enumerate(tables, 1)])


def _marked_styles(root: etree._Element) -> tuple[set[str | None], set[str | None]]:
    """Names of the styles that hide a table, and of those that strike text through."""
    hidden: set[str | None] = set()
    struck: set[str | None] = set()
    for style in root.iter(_STYLE + "style"):
        for properties in style:
            if properties.get(_TABLE + "display") == "false":
                hidden.add(style.get(_STYLE + "name"))
            if properties.get(_STYLE + "text-line-through-style", "none") != "none":
                struck.add(style.get(_STYLE + "name"))
    return hidden, struck


def _sheet(
    table: etree._Element, index: int, hidden: set[str | None], struck: set[str | None], limits: Limits
) -> Sheet:
    builder = Builder(table.get(_TABLE + "name", f"Lembar {index}"), index, limits)
    builder.hidden = table.get(_TABLE + "style-name") in hidden
    row_number = 1
    budget = limits.cells
    partly: set[tuple[int, int]] = set()
    for row in _rows(table):
        repeated = _count(row, _TABLE + "number-rows-repeated")
        cells = list(_cells(row, struck))
        if cells:
            budget -= repeated * len(cells)
            if budget < 0:
                raise unreadable("too_large")
            for place in range(row_number, row_number + repeated):
                for column, value, is_struck, across, down in cells:
                    builder.put(place, column, value, is_struck is True)
                    if is_struck is None:
                        partly.add((place, column))
                    if across > 1 or down > 1:
                        builder.merged.append((place, column, place + down - 1, column + across - 1))
            if row.get(_TABLE + "visibility", "visible") != "visible":
                builder.hidden_rows.update(range(row_number, row_number + repeated))
        row_number += repeated
    sheet = builder.sheet()
    sheet.partly_struck, sheet.commented = frozenset(partly), frozenset(_commented(table))
    return sheet


def _commented(table: etree._Element) -> Iterator[tuple[int, int]]:
    """Row (from 1) and column (from 0) of the cells with an annotation."""
    if next(table.iter(_ANNOTATION), None) is None:
        return
    row_number = 1
    for row in _rows(table):
        column = 0
        for cell in row:
            if cell.find(_ANNOTATION) is not None:
                yield row_number, column
            column += _count(cell, _TABLE + "number-columns-repeated")
        row_number += _count(row, _TABLE + "number-rows-repeated")


def _rows(parent: etree._Element) -> list[etree._Element]:
    """The rows of a table, also those inside groups."""
    found: list[etree._Element] = []
    for child in parent:
        if child.tag == _TABLE + "table-row":
            found.append(child)
        elif child.tag in _ROWS:
            found.extend(_rows(child))
    return found


def _cells(row: etree._Element, struck: set[str | None]) -> list[tuple[int, Cell, bool | None, int, int]]:
    """Column, value, whether it is struck through (None: a part of it was, and is left out), columns and rows spanned
    of every cell that holds something. `struck`: the styles that strike text through."""
    found = []
    column = 0
    for cell in row:
        repeated = _count(cell, _TABLE + "number-columns-repeated")
        value = _value(cell) if cell.tag == _TABLE + "table-cell" else ""
        across, down = _count(cell, _TABLE + "number-columns-spanned"), _count(cell, _TABLE + "number-rows-spanned")
        if value != "" or across > 1 or down > 1:
            if repeated > 16384:
                raise unreadable("corrupt", kind="ods")
            is_struck: bool | None = cell.get(_TABLE + "style-name") in struck
            if struck and type(value) is str and not is_struck:
                left = without_struck(_runs(cell, struck))
                if left is not None:
                    value, is_struck = left or value, None if left else True
            found += [(place, value, is_struck, across, down) for place in range(column, column + repeated)]
        column += repeated
    return found


def _count(element: etree._Element, attribute: str) -> int:
    text = element.get(attribute)
    if text is None:
        return 1
    if not text.isdecimal() or len(text) > 9:
        raise unreadable("corrupt", kind="ods")
    return int(text)


def _value(cell: etree._Element) -> Cell:
    kind = cell.get(_OFFICE + "value-type")
    formula = cell.get(_TABLE + "formula")
    if kind is None:
        never_calculated = formula is not None and cell.find(_TEXT + "p") is None
        return Uncalculated(formula) if never_calculated else _text(cell)
    shown = _text(cell)
    if cell.get(_CALCEXT) == "error" or (formula and _ERROR_TEXT.fullmatch(shown)):
        return CellError(shown or "#VALUE!")
    if kind in ("float", "currency", "percentage"):
        return number(cell.get(_OFFICE + "value", shown))
    if kind == "date":
        return _date(cell.get(_OFFICE + "date-value", shown))
    if kind == "time":
        return _time(cell.get(_OFFICE + "time-value", shown), shown)
    if kind == "boolean":
        return cell.get(_OFFICE + "boolean-value") == "true"
    return cell.get(_OFFICE + "string-value") or shown


def _text(cell: etree._Element) -> str:
    """The paragraphs of a cell; annotations are not part of it."""
    return "".join(text for text, _ in _runs(cell, set())).removeprefix("\n")


def _runs(cell: etree._Element, struck: set[str | None]) -> list[tuple[str, bool]]:
    """The pieces of a cell's text, each paragraph begun with a new line, and whether each is struck through."""
    paragraphs = [child for child in cell if child.tag == _PARAGRAPH]
    return [run for child in paragraphs for run in (("\n", False), *_pieces(child, struck, is_struck=False))]


def _pieces(element: etree._Element, struck: set[str | None], *, is_struck: bool) -> Iterator[tuple[str, bool]]:
    is_struck = is_struck or element.get(_TEXT + "style-name") in struck
    yield element.text or "", is_struck
    for child in element:
        if child.tag == _TEXT + "s":
            yield " " * min(_count(child, _TEXT + "c"), 1000), is_struck
        elif child.tag == _TEXT + "tab":
            yield "\t", is_struck
        elif child.tag == _TEXT + "line-break":
            yield "\n", is_struck
        else:
            yield from _pieces(child, struck, is_struck=is_struck)
        yield child.tail or "", is_struck


def _date(text: str) -> Cell:
    try:
        return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    except ValueError:
        return text


def _time(text: str, shown: str) -> Cell:
    found = _DURATION.fullmatch(text)
    if found is None or int(found[1]) > 23:
        return shown or text
    return time(int(found[1]), int(found[2]), int(found[3]))

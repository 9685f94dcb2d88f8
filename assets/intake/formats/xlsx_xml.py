"""What the fast reader leaves out of an xlsx sheet, taken from the sheet's own XML.

calamine blanks error cells, gives 0 or blank for formulas never calculated, turns every number into a float (which
changes half of all 16-digit numbers above 2^53: the NIK of the Papua provinces), asks for memory for the whole
rectangle up to the farthest cell, and says nothing of hidden or struck rows. The XML is cut at its rows; a row is
looked into only where it holds something of the kind, so that a plain sheet costs a few searches a row.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape

from assets.intake.formats import numbers
from assets.intake.formats.workbook import CellError, Uncalculated

_ROOT_PREFIX = re.compile(rb"<(\w+):worksheet\b")
_ROW_NUMBER = re.compile(rb"""[^>]*?\sr=["'](\d+)""")
_ROW_HIDDEN = re.compile(rb"""[^>]*?\shidden=["'](?:1|true)["']""")
_CELL = re.compile(rb"<c\b([^>]*?)(?:/>|>(.*?)</c>)", re.DOTALL)
_REFERENCE = re.compile(rb"""\sr=["']([A-Za-z]{1,3})(\d{1,7})["']""")
_TYPE = re.compile(rb"""\st=["'](\w+)["']""")
_STYLE = re.compile(rb"""\ss=["'](\d+)["']""")
_FORMULA = re.compile(rb"<f\b[^>]*?(?:/>|>(.*?)</f>)", re.DOTALL)
_VALUE = re.compile(rb"<v\b[^>]*>([^<]*)</v>")
_VALUE_TAGS = (b"<v", b"<is", b"<f")
_LONG = re.compile(rb"<v>(?:[^<]{16,}|[^<]+[eE][^<]*)</v>")

Position = tuple[int, int]


@dataclass(slots=True)
class Scan:
    """What one sheet's XML says. Rows from 1, columns from 0; the extents are those of rows that hold something."""

    first_row: int = 0
    last_row: int = 0
    last_column: int = 0
    hidden_rows: set[int] = field(default_factory=set)
    struck_rows: set[int] = field(default_factory=set)
    cells: dict[Position, CellError | Uncalculated] = field(default_factory=dict)

    @property
    def area(self) -> int:
        return (self.last_row - self.first_row + 1) * (self.last_column + 1)


def plain(xml: bytes) -> bytes:
    """The XML with its elements unprefixed (some writers put `x:` before each), cut to the sheet's data."""
    found = _ROOT_PREFIX.search(xml[:4096])
    if found:
        xml = re.sub(rb"<(/?)" + found.group(1) + rb":", rb"<\1", xml)
    begin = xml.find(b"<sheetData")
    return xml[begin : xml.rfind(b"</sheetData>")] if begin >= 0 else b""


def scan(data: bytes, struck_styles: frozenset[int], recalculated_on_load: bool) -> Scan:
    """Extents, hidden and struck rows, error cells and formulas never calculated.

    `data` is what `plain` gives. A formula counts as never calculated where no value is stored, and where the value is
    0 in a workbook that asks to be calculated when opened (writers without a calculator store 0 there).
    """
    result = Scan()
    for number, row in rows(data):
        if _ROW_HIDDEN.match(row):
            result.hidden_rows.add(number)
        if not any(tag in row for tag in _VALUE_TAGS):
            continue
        if not result.first_row:
            result.first_row = number
        result.last_row = max(result.last_row, number)
        result.last_column = max(result.last_column, _last_column(row))
        if b"<f" in row or b't="e"' in row or b"t='e'" in row:
            for column, attributes, body in cells(row):
                special = _special(attributes, body, recalculated_on_load)
                if special is not None:
                    result.cells[number, column] = special
        if struck_styles and _is_struck(row, struck_styles):
            result.struck_rows.add(number)
    return result


def valued_extent(data: bytes) -> tuple[Position, Position]:
    """First and last position of cells that hold something, formatted blanks left out; slow and exact."""
    found = [
        (number, column)
        for number, row in rows(data)
        if any(tag in row for tag in _VALUE_TAGS)
        for column, _, body in cells(row)
        if body and any(tag in body for tag in _VALUE_TAGS)
    ]
    numbers, columns = [n for n, _ in found] or [0], [c for _, c in found] or [0]
    return (min(numbers), min(columns)), (max(numbers), max(columns))


def exact_numbers(data: bytes) -> dict[Position, int]:
    """Whole numbers written with 16 characters or more or in scientific notation, with every digit of the file."""
    exact: dict[Position, int] = {}
    for number, row in rows(data):
        if not _LONG.search(row):
            continue
        for column, attributes, body in cells(row):
            kind = _TYPE.search(attributes)
            value = _VALUE.search(body)
            if value and (kind is None or kind.group(1) == b"n"):
                whole = numbers.number(value.group(1).decode("ascii", "replace"))
                if isinstance(whole, int):
                    exact[number, column] = whole
    return exact


def rows(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Every row's number and its XML after `<row`. A row without a number follows the one before."""
    number = 0
    begin = data.find(b"<row")
    while begin >= 0:
        end = data.find(b"<row", begin + 4)
        row = data[begin + 4 : end if end >= 0 else len(data)]
        found = _ROW_NUMBER.match(row)
        number = int(found.group(1)) if found else number + 1
        yield number, row
        begin = end


def cells(row: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Every cell of a row: column, attributes, content. A cell without a reference follows the one before."""
    column = -1
    for found in _CELL.finditer(row):
        attributes = found.group(1)
        reference = _REFERENCE.search(attributes)
        column = column_index(reference.group(1)) if reference else column + 1
        yield column, attributes, found.group(2) or b""


def column_index(letters: bytes) -> int:
    """Column from 0.

    >>> column_index(b"A"), column_index(b"XFD")
    (0, 16383)
    """
    index = 0
    for letter in letters.upper():
        index = index * 26 + letter - 64
    return index - 1


def _last_column(row: bytes) -> int:
    begin = row.rfind(b"<c ")
    reference = _REFERENCE.search(row, begin + 2) if begin >= 0 else None
    return column_index(reference.group(1)) if reference else row.count(b"<c")


def _special(attributes: bytes, body: bytes, recalculated_on_load: bool) -> CellError | Uncalculated | None:
    kind = _TYPE.search(attributes)
    type_ = kind.group(1) if kind else b"n"
    stored = _VALUE.search(body)
    value = stored.group(1).strip() if stored else b""
    if type_ == b"e":
        return CellError(unescape(value.decode("utf-8", "replace")) or "#VALUE!")
    formula = _FORMULA.search(body)
    if formula is None or type_ != b"n":
        return None
    if not value or (value == b"0" and recalculated_on_load):
        return Uncalculated("=" + unescape((formula.group(1) or b"").decode("utf-8", "replace")))
    return None


def _is_struck(row: bytes, struck_styles: frozenset[int]) -> bool:
    """Whether most of what the row holds is struck through (a running number is often left as it was)."""
    struck = held = 0
    for _, attributes, body in cells(row):
        if body:
            style = _STYLE.search(attributes)
            held += 1
            struck += bool(style) and int(style.group(1)) in struck_styles  # type: ignore[union-attr]
    return struck * 2 > held

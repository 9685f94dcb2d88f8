"""What the fast reader leaves out of an xlsx sheet, taken from the sheet's own XML.

calamine blanks error cells, gives 0 or blank for formulas never calculated, turns every number into a float (which
changes half of all 16-digit numbers above 2^53: the NIK of the Papua provinces), asks for memory for the whole
rectangle up to the farthest cell, and says nothing of hidden rows or struck cells. The XML is searched as bytes, and a
row is looked into only where it holds something of the kind, so that a plain sheet costs a few searches.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape

from lxml import etree

from assets.intake.formats import numbers
from assets.intake.formats.archive import local, safe_parser
from assets.intake.formats.grid import column_letter
from assets.intake.formats.messages import unreadable
from assets.intake.formats.strikes import without_struck
from assets.intake.formats.workbook import Cell, CellError, Uncalculated

_ROOT_PREFIX = re.compile(rb"<(\w+):worksheet\b")
_ROW_NUMBER = re.compile(rb"""[^>]*?\sr=["'](\d+)""")
_ROW_HIDDEN = re.compile(rb"""[^>]*?\shidden=["'](?:1|true)["']""")
_CELL = re.compile(rb"<c\b([^>]*?)(?:/>|>(.*?)</c>)", re.DOTALL)
_REFERENCE = re.compile(rb"""\sr=["']([A-Za-z]{1,3})(\d{1,7})["']""")
_TYPE = re.compile(rb"""\st=["'](\w+)["']""")
_STYLE = re.compile(rb"""\ss=["'](\d+)["']""")
_FORMULA = re.compile(rb"<f\b[^>]*?(?:/>|>(.*?)</f>)", re.DOTALL)
_COMMENT = re.compile(rb"""<(?:\w+:)?(?:comment|threadedComment)\s[^>]*?\bref=["']([A-Z]{1,3})(\d{1,7})["']""")
_VALUE = re.compile(rb"<v\b[^>]*>([^<]*)</v>")
_VALUE_TAGS = (b"<v", b"<is", b"<f")

Position = tuple[int, int]
Runs = list[tuple[str, bool | None]]
"""The pieces of a cell's text, and whether each is struck through; None: if the cell is."""


@dataclass(slots=True)
class Scan:
    """What one sheet's XML says. Rows from 1, columns from 0."""

    last_row: int = 0
    """An upper bound: rows that hold nothing count too."""
    hidden_rows: set[int] = field(default_factory=set)
    struck: set[Position] = field(default_factory=set)
    partly_struck: set[Position] = field(default_factory=set)
    commented: set[Position] = field(default_factory=set)
    cells: dict[Position, Cell] = field(default_factory=dict)


def plain(xml: bytes) -> bytes:
    """The XML with its elements unprefixed (some writers put `x:` before each), cut to the sheet's data."""
    found = _ROOT_PREFIX.search(xml[:4096])
    if found:
        xml = re.sub(rb"<(/?)" + found.group(1) + rb":", rb"<\1", xml)
    begin = xml.find(b"<sheetData")
    return xml[begin : xml.rfind(b"</sheetData>")] if begin >= 0 else b""


def scan(
    data: bytes, struck_styles: frozenset[int], recalculated_on_load: bool, rich_texts: Mapping[int, Runs]
) -> Scan:
    """Last row, hidden rows, struck cells, error cells, formulas never calculated and texts without what is struck.

    `data` is what `plain` gives, `rich_texts` what `texts_with_runs` does. A formula counts as never calculated where
    no value is stored, and where the value is 0 in a workbook that asks to be calculated when opened (writers without a
    calculator store 0 there). Errors: `corrupt`.
    """
    result = Scan()
    last = _ROW_NUMBER.match(data, data.rfind(b"<row") + 4) if b"<row" in data else None
    result.last_row = int(last.group(1)) if last else data.count(b"<row")
    for needle in (b"<f", b't="e"', b"t='e'"):
        for number, row in rows_holding(data, needle):
            for column, attributes, body in cells(row):
                special = _special(attributes, body, recalculated_on_load)
                if special is not None:
                    result.cells[number, column] = special
    result.hidden_rows.update(n for n, row in rows_holding(data, b"hidden=") if _ROW_HIDDEN.match(row))
    if struck_styles:
        result.struck.update((number, column) for number, row in rows(data) for column in _struck(row, struck_styles))
    if rich_texts or b"<r>" in data:
        _leave_out_struck(data, rich_texts, result)
    return result


def commented(part: bytes) -> set[Position]:
    """The cells on which a part of comments says something."""
    return {(int(row), column_index(column)) for column, row in _COMMENT.findall(part)}


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


def exact_numbers(data: bytes, positions: Iterable[Position]) -> dict[Position, Cell]:
    """The numbers at `positions`, with every digit that stands in the file."""
    exact: dict[Position, Cell] = {}
    at = 0
    for row, column in positions:
        found = data.find(f' r="{column_letter(column)}{row}"'.encode(), at)
        if found < 0:
            return _exact_numbers_slowly(data, set(positions))
        at = data.find(b"</c>", found)
        value = _VALUE.search(data, found, at)
        if value:
            exact[row, column] = numbers.number(value.group(1).decode("ascii", "replace"))
    return exact


def _exact_numbers_slowly(data: bytes, positions: set[Position]) -> dict[Position, Cell]:
    """As `exact_numbers`, where cells have no reference of their own or stand in another order."""
    return {
        (number, column): numbers.number(value.group(1).decode("ascii", "replace"))
        for number, row in rows(data)
        for column, _, body in cells(row)
        if (number, column) in positions and (value := _VALUE.search(body))
    }


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


def rows_holding(data: bytes, needle: bytes) -> Iterator[tuple[int, bytes]]:
    """The rows in whose XML `needle` stands, without a look at the others."""
    at = data.find(needle)
    while at >= 0:
        begin = data.rfind(b"<row", 0, at) + 4
        end = data.find(b"<row", at)
        row = data[begin : end if end >= 0 else len(data)]
        found = _ROW_NUMBER.match(row)
        if found is None:
            yield from ((number, row) for number, row in rows(data) if needle in row)
            return
        yield int(found.group(1)), row
        at = data.find(needle, end) if end >= 0 else -1


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


def texts_with_runs(shared: etree._Element) -> dict[int, Runs]:
    """The pieces of those of the texts that cells share that have several looks, by their number."""
    texts = enumerate(e for e in shared if local(e) == "si")
    return {at: runs for at, text in texts if (runs := _runs(text))}


def _runs(text: etree._Element) -> Runs:
    found: Runs = []
    for run in (e for e in text if local(e) == "r"):
        font = next((e for e in run if local(e) == "rPr"), None)
        said = "".join(e.text or "" for e in run if local(e) == "t")
        found.append((said, None if font is None else strikes(font)))
    return found


def strikes(font: etree._Element) -> bool:
    """Whether a font strikes through what is written in it."""
    return any(local(e) == "strike" and e.get("val", "1") in ("1", "true") for e in font)


def _leave_out_struck(data: bytes, rich_texts: Mapping[int, Runs], result: Scan) -> None:
    """Put what is left of each text of which a part is struck through into the place of all of it."""
    for number, row in rows(data):
        for column, attributes, body in cells(row):
            runs = _runs_of_cell(attributes, body, rich_texts)
            if runs is None:
                continue
            at = number, column
            left = without_struck([(text, at in result.struck if struck is None else struck) for text, struck in runs])
            result.struck.discard(at)
            if left:
                result.cells[at] = left
                result.partly_struck.add(at)
            elif left is not None:
                result.struck.add(at)


def _runs_of_cell(attributes: bytes, body: bytes, rich_texts: Mapping[int, Runs]) -> Runs | None:
    """The pieces of a cell's text; None where it has one look."""
    kind = _TYPE.search(attributes)
    if kind and kind.group(1) == b"s":
        stored = _VALUE.search(body)
        return rich_texts.get(int(stored.group(1))) if stored and stored.group(1).strip().isdigit() else None
    if kind and kind.group(1) == b"inlineStr" and b"<r>" in body:
        inline = body[body.find(b"<is") : body.rfind(b"</is>") + 5]
        try:
            return _runs(etree.fromstring(inline, safe_parser()))
        except etree.XMLSyntaxError as error:
            raise unreadable("corrupt", kind="xlsx") from error
    return None


def _struck(row: bytes, struck_styles: frozenset[int]) -> Iterator[int]:
    """The columns of the cells of a row that hold something that is struck through."""
    for column, attributes, body in cells(row):
        style = _STYLE.search(attributes) if body else None
        if style and int(style.group(1)) in struck_styles:
            yield column

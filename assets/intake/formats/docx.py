"""Word documents: their paragraphs and tables, in order, as the rows of one sheet.

Every paragraph is a row of one cell, as titles are, and every row of a table a row of its cells; cells that span others
are merged. Text that was deleted under review, and the older of two drawings of one thing, are not there. A number that
Word counts by itself is no text of the document, and stays blank.
"""

from collections.abc import Iterator

from lxml import etree

from assets.intake.formats.archive import Archive, local
from assets.intake.formats.limits import Limits
from assets.intake.formats.messages import unreadable
from assets.intake.formats.strikes import without_struck
from assets.intake.formats.workbook import Cell, Merge, Sheet, Workbook

SHEET = "Dokumen"
_BODY = "word/document.xml"
_GONE = frozenset({"del", "Fallback", "moveFrom", "instrText", "delText"})
_COLUMNS = 200
"""Columns of a table; Word allows 63."""


def read_docx(archive: Archive, limits: Limits) -> Workbook:
    """A Word document with at least one table.

    Errors: `Unreadable` (`corrupt`, `document` without any table, `extent`, `xml_entities`).
    """
    body = next((child for child in archive.tree(_BODY) if local(child) == "body"), None)
    if body is None:
        raise unreadable("corrupt", kind="dokumen Word")
    sheet = Sheet(SHEET, [])
    tables = 0
    for block in _blocks(body):
        if local(block) == "p":
            text = _text(block)
            sheet.rows.append([text] if text else [])
        else:
            tables += 1
            _add_table(block, sheet, limits)
    if not tables:
        raise unreadable("document", kind="dokumen Word tanpa tabel")
    return Workbook("docx", [sheet])


def _blocks(parent: etree._Element) -> Iterator[etree._Element]:
    """Paragraphs and tables of a body or cell, also those inside content controls and accepted insertions."""
    for child in parent:
        name = local(child)
        if name in ("p", "tbl"):
            yield child
        elif name not in _GONE:
            yield from _blocks(child)


def _add_table(table: etree._Element, sheet: Sheet, limits: Limits) -> None:
    open_merges: dict[int, tuple[int, int]] = {}
    struck: set[tuple[int, int]] = set()
    partly: set[tuple[int, int]] = set()
    for line in _rows(table):
        cells: list[Cell] = [""] * _before(line)
        row = sheet.first_row + len(sheet.rows)
        for cell in _inside(line, "tc"):
            column, span = len(cells), _number(cell, "gridSpan", 1)
            if column + span > _COLUMNS or len(sheet.rows) >= limits.rows:
                raise unreadable("extent", sheet=1, cell=f"baris {row}")
            below = _value(cell, "vMerge")
            goes_on = below in ("", "continue")
            left = None if goes_on else without_struck(_runs(cell))
            if left == "":
                struck.add((row, column))
            elif left:
                partly.add((row, column))
            cells += ["" if goes_on else _cell_text(cell, unstruck=bool(left)), *[""] * (span - 1)]
            if goes_on and column in open_merges:
                first, width = open_merges[column]
                _stretch(sheet.merged, (first, column, row, column + width - 1))
            else:
                open_merges.pop(column, None)
                if below == "restart":
                    open_merges[column] = (row, span)
                if span > 1:
                    _stretch(sheet.merged, (row, column, row, column + span - 1))
        sheet.rows.append(cells)
    sheet.struck |= struck
    sheet.partly_struck |= partly


def _stretch(merges: list[Merge], merge: Merge) -> None:
    """Add a merge, or let it take the place of the one it began as."""
    merges[:] = [m for m in merges if m[:2] != merge[:2]]
    merges.append(merge)


def _rows(table: etree._Element) -> Iterator[etree._Element]:
    """The rows of a table that were not deleted."""
    for line in _inside(table, "tr"):
        about = next((child for child in line if local(child) == "trPr"), None)
        if about is None or all(local(child) != "del" for child in about):
            yield line


def _inside(parent: etree._Element, name: str) -> Iterator[etree._Element]:
    """Children of that name, also those inside content controls; not those of tables inside."""
    for child in parent:
        if local(child) == name:
            yield child
        elif local(child) in ("sdt", "sdtContent", "ins", "moveTo", "customXml"):
            yield from _inside(child, name)


def _before(line: etree._Element) -> int:
    """Columns that a row leaves out on its left."""
    return min(_number(line, "gridBefore", 0), _COLUMNS)


def _value(element: etree._Element, name: str) -> str | None:
    """The value of a property of a row or cell: '' where it has none, None where there is no such property."""
    for about in element:
        if local(about) in ("tcPr", "trPr"):
            for child in about:
                if local(child) == name:
                    return next((str(v) for key, v in child.attrib.items() if str(key).endswith("}val")), "")
    return None


def _number(element: etree._Element, name: str, otherwise: int) -> int:
    said = _value(element, name) or ""
    return int(said) if said.isascii() and said.isdigit() and 0 < len(said) < 5 else otherwise


def _cell_text(cell: etree._Element, *, unstruck: bool) -> str:
    """The paragraphs of a cell, also those of tables in it; without what is struck through, if only the rest is
    wanted."""
    lines = [_text(p, unstruck=unstruck) for p in cell.iter() if local(p) == "p" and not _is_gone(p)]
    return "\n".join(line for line in lines if line)


def _runs(cell: etree._Element) -> list[tuple[str, bool]]:
    """The pieces of a cell's text, and whether each is struck through."""
    return [(_text(run), _strikes(run)) for run in cell.iter() if local(run) == "r" and not _is_gone(run)]


def _strikes(run: etree._Element) -> bool:
    marks = [mark for about in run if local(about) == "rPr" for mark in about if local(mark) in ("strike", "dstrike")]
    said = [value for mark in marks for key, value in mark.attrib.items() if str(key).endswith("}val")]
    return bool(marks) and not {"0", "false", "off"}.intersection(said)


def _is_gone(element: etree._Element) -> bool:
    return any(local(parent) in _GONE for parent in element.iterancestors())


def _text(paragraph: etree._Element, *, unstruck: bool = False) -> str:
    """The text of a paragraph as it is read."""
    return "".join(_pieces(paragraph, unstruck)).strip()


def _pieces(element: etree._Element, unstruck: bool) -> Iterator[str]:
    for child in element:
        name = local(child)
        if unstruck and name == "r" and _strikes(child):
            continue
        if name == "t":
            yield child.text or ""
        elif name in ("tab", "br", "cr"):
            yield " " if name == "tab" else "\n"
        elif name == "noBreakHyphen":
            yield "-"
        elif name not in _GONE and name not in ("p", "tbl", "pPr", "rPr"):
            yield from _pieces(child, unstruck)

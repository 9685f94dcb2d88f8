"""HTML tables, which web applications save as `.xls`.

A table is a sheet, and so is numbered from 1; the lines of text before it are rows above it, as spreadsheet programs
show them, and the lines after the last table are rows below that one: titles and signatures are lines of their own.
"""

import re
from collections.abc import Iterator

from lxml import etree
from lxml import html as lxml_html

from assets.intake.formats.grid import Builder
from assets.intake.formats.limits import Limits
from assets.intake.formats.messages import unreadable
from assets.intake.formats.numbers import number
from assets.intake.formats.text import decode
from assets.intake.formats.workbook import Cell, Sheet, Workbook

_CHARSET = re.compile(rb"""charset\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE)
_OPENED, _CLOSED = re.compile(r"<table\b", re.IGNORECASE), re.compile(r"</table\s*>", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_DECLARED = re.compile(r"<!ENTITY\b|<!DOCTYPE\b[^>]*\[", re.IGNORECASE)
"""What declares entities. A DOCTYPE that only names its DTD is what every web page begins with."""
_SPACES = re.compile(r"[ \t\r\n]+")
_UNSHOWN = {"script", "style", "head", "title", "xml", "noscript", "template"}
_STRIKES = {"s", "strike", "del"}
_BLOCKS = {"p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "center", "li", "tr", "caption", "body", "hr", "pre"}
_WIDEST, _TALLEST = 1000, 65534  # bounds of colspan and rowspan in the HTML standard


def read_html(data: bytes, limits: Limits) -> Workbook:
    """One sheet for each table that holds no other. Cells are text as shown, or the exact number of `x:num`.

    Errors: `Unreadable` (`corrupt` where a table does not end, `extent`, `not_a_table` without any table,
    `xml_entities`).
    """
    charset = _CHARSET.search(data[:4096])
    text, encoding, notes = decode(data, charset.group(1).decode("ascii") if charset else None)
    shown = _COMMENT.sub("", text)
    if _DECLARED.search(shown):
        raise unreadable("xml_entities")
    if len(_OPENED.findall(shown)) > len(_CLOSED.findall(shown)):
        raise unreadable("corrupt", kind="tabel HTML")
    parser = lxml_html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, encoding="utf-8")
    try:
        root = lxml_html.document_fromstring(shown.lstrip("\ufeff").encode(), parser)
    except etree.LxmlError as error:
        raise unreadable("corrupt", kind="tabel HTML") from error
    if any(entry.level_name == "FATAL" for entry in parser.error_log):  # nested so deep that the rest was dropped
        raise unreadable("corrupt", kind="tabel HTML")
    sheets = _sheets(root, limits)
    if not sheets:
        raise unreadable("not_a_table", kind="halaman web tanpa tabel")
    return Workbook("html", sheets, notes, encoding)


def _sheets(root: etree._Element, limits: Limits) -> list[Sheet]:
    lines: list[str] = [""]
    builders: list[Builder] = []
    row = 1
    for part in _parts(root):
        if isinstance(part, str):
            _add_text(lines, part)
            continue
        builders.append(Builder(f"Tabel {len(builders) + 1}", len(builders) + 1, limits))
        row = _put_lines(builders[-1], lines, 1)
        row = _put_table(builders[-1], part, row, limits)
        lines = [""]
    if builders:
        _put_lines(builders[-1], lines, row)
    return [builder.sheet(first_row=1) for builder in builders]


def _parts(element: etree._Element) -> Iterator[str | etree._Element]:
    """Innermost tables, and the text between them; a line feed stands for the border of a block."""
    tag = str(element.tag)
    if tag in _UNSHOWN:
        return
    if tag == "br":
        yield "\n"
        return
    if tag == "table" and element.find(".//table") is None:
        yield element
        return
    if tag in _BLOCKS:
        yield "\n"
    if element.text:
        yield _SPACES.sub(" ", element.text)
    for child in element:
        yield from _parts(child)
        if child.tail:
            yield _SPACES.sub(" ", child.tail)
    if tag in _BLOCKS:
        yield "\n"


def _add_text(lines: list[str], part: str) -> None:
    if part == "\n":
        lines.append("")
    else:
        lines[-1] += part


def _put_lines(builder: Builder, lines: list[str], row: int) -> int:
    for line in lines:
        if line.strip():
            builder.put(row, 0, line.strip(" "))
            row += 1
    return row


def _put_table(builder: Builder, table: etree._Element, row: int, limits: Limits) -> int:
    """Lay out the rows of a table from `row` on, spans taken into account; the row after it."""
    covered: dict[int, int] = {}  # column → last row that a cell above reaches
    budget = limits.cells
    for caption in table.iter("caption"):
        builder.put(row, 0, _shown(caption))
        row += 1
    for line in table.iter("tr"):
        if _is_hidden(line):
            builder.hidden_rows.add(row)
        column = 0
        for cell in line:
            if cell.tag not in ("td", "th"):
                continue
            while covered.get(column, 0) >= row:
                column += 1
            across, down = _span(cell, "colspan", _WIDEST), _span(cell, "rowspan", _TALLEST)
            builder.put(row, column, _value(cell), _is_struck(cell))
            if across > 1 or down > 1:
                builder.merged.append((row, column, row + down - 1, column + across - 1))
                covered.update((place, row + down - 1) for place in range(column, column + across))
            column += across
            budget -= across
            if budget < 0:
                raise unreadable("too_large")
        row += 1
    return row


def _span(cell: etree._Element, attribute: str, most: int) -> int:
    text = (cell.get(attribute) or "").strip()
    return min(max(int(text[:9]), 1), most) if text.isdecimal() else 1


def _is_struck(cell: etree._Element) -> bool:
    """Whether all of the text of a cell is struck through."""
    struck = [part for part in cell.iter() if part.tag in _STRIKES or "line-through" in (part.get("style") or "")]
    return any(_shown(part) == _shown(cell) for part in struck)


def _is_hidden(element: etree._Element) -> bool:
    return "display:none" in (element.get("style") or "").replace(" ", "").lower()


def _value(cell: etree._Element) -> Cell:
    exact = cell.get("x:num")
    return number(exact) if exact else _shown(cell)


def _shown(element: etree._Element) -> str:
    """The text as a browser shows it: white space is one blank, blocks and `<br>` are lines."""
    if not len(element):  # as most cells
        return _SPACES.sub(" ", element.text or "").strip(" ")
    lines = [""]
    for part in _parts(element):
        _add_text(lines, part if isinstance(part, str) else "")
    return "\n".join(line.strip(" ") for line in lines).strip("\n")

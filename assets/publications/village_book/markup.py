"""XML of workbooks: its names, how it is read safely, and how texts stand in it."""

from __future__ import annotations

import re
from copy import copy
from functools import cache, lru_cache

from lxml import etree
from xlsxwriter.utility import xl_col_to_name

from assets.intake.formats.archive import safe_parser

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGED = "http://schemas.openxmlformats.org/package/2006"
DECLARATION = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
Said = str | float
"""A text, a number or a truth value; "" for nothing."""
_LONGEST = 32_767
"""Characters that a cell can hold."""
_UNHELD = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_MARKUP = re.compile(r"[&<>\"\x00-\x1f\ud800-\udfff\ufffe\uffff]|_x")
_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
"""What stands for a letter; that of the mark that all begin with comes first."""
_NAMED = re.compile(rf'(<\w+) xmlns="{re.escape(MAIN)}"')
_EMPTY = re.compile(r"<((\w+)[^<>]*)></\2>")
_TAG = re.compile(r"^<(\w+)")
_PARSER = safe_parser()


def main(name: str) -> str:
    """The full name of an element of a sheet, of styles or of a workbook."""
    return f"{{{MAIN}}}{name}"


def parsed(content: bytes) -> etree._Element:
    """The root of a part. Raises `ValueError` for what declares entities, and what `lxml` raises for what is no XML."""
    root = etree.fromstring(content, _PARSER)
    if root.getroottree().docinfo.internalDTD is not None:
        raise ValueError("a part of a workbook declares a type of document")
    return root


def written(root: etree._Element) -> bytes:
    return DECLARATION + etree.tostring(root)


def within(element: etree._Element) -> str:
    """The XML of what is in an element, to stand in a part whose elements have no prefixes."""
    lines = [etree.tostring(each, method="c14n", exclusive=True).decode() for each in element]
    return _EMPTY.sub(r"<\1/>", _NAMED.sub(r"\1", "".join(lines)))


def named(xml: str) -> str:
    """An element without prefixes that is one of a sheet, of styles or of a workbook wherever it stands."""
    return _TAG.sub(rf'<\1 xmlns="{MAIN}"', xml, count=1)


def new(xml: str) -> etree._Element:
    """An element from XML without prefixes."""
    return etree.fromstring(named(xml), _PARSER)


@lru_cache(maxsize=1024)
def _parsed_once(xml: str) -> etree._Element:
    return new(xml)


def same(xml: str) -> etree._Element:
    """An element of its own from XML that many workbooks hold, such as a font: as `new`, but read once."""
    return copy(_parsed_once(xml))


def drop_extras(part: etree._Element) -> None:
    """Take out what programs added that is no part of the standard."""
    for extra in list(part.iter(main("extLst"))):
        extra.getparent().remove(extra)  # type: ignore[union-attr]


def held(text: str) -> str:
    """A text as a part can hold it: what XML cannot say stands as `_x001B_`, as spreadsheet programs write it."""
    return _UNHELD.sub(lambda found: f"_x{ord(found[0]):04X}_", text[:_LONGEST])


def as_xml(text: str) -> str:
    """A text that XML can say, for content or an attribute."""
    for letter, written_so in _ESCAPED.items():
        text = text.replace(letter, written_so)
    return text


def escaped(text: str) -> str:
    """A text for content or an attribute.

    >>> escaped('a < "b" & \\x1b')
    'a &lt; &quot;b&quot; &amp; _x001B_'
    """
    if not _MARKUP.search(text) and len(text) <= _LONGEST:
        return text
    return as_xml(held(text))


@lru_cache(maxsize=2048)
def text_content(text: str) -> str:
    """What follows the look of a cell with a text: many cells say the same."""
    return f' t="inlineStr"><is><t xml:space="preserve">{escaped(text)}</t></is></c>' if text else "/>"


def content_of(said: Said) -> str:
    """What follows the look of a cell in which something stands."""
    if isinstance(said, str):
        return text_content(said)
    kind = ' t="b"' if isinstance(said, bool) else ""
    return f"{kind}><v>{+said!r}</v></c>"


@cache
def letters(column: int) -> str:
    """The letters of a column, counted from 1."""
    return str(xl_col_to_name(column - 1))


@cache
def column_of(name: str) -> int:
    """The number of a column, from 1; raises `ValueError` for what names none.

    >>> column_of("A"), column_of("XFD")
    (1, 16384)
    """
    number = 0
    for letter in name:
        if not "A" <= letter <= "Z":
            raise ValueError("a cell has no such place")
        number = number * 26 + ord(letter) - 64
    if not 1 <= number <= 16_384:
        raise ValueError("a cell has no such place")
    return number


@lru_cache(maxsize=100_000)
def place_of(at: str) -> tuple[int, int]:
    """Row and column of a cell (`B5`), from 1.

    >>> place_of("$AA$10")
    (10, 27)
    """
    name = at.replace("$", "")
    digits = name.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    row = int(digits)
    if not 1 <= row <= 1_048_576:
        raise ValueError("a cell has no such place")
    return row, column_of(name[: len(name) - len(digits)])

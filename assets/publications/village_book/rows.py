"""The rows of a sheet, each cell as the text that stands for it: an element of XML takes several times as long.

Danger: what comes from outside goes back outside under our name. Formulas would run on the next computer, and a
spreadsheet program changes numbers of 16 digits. Remedy: formulas become the values last calculated, long numbers
become text, and a text that looks like a formula is marked as a text. All else stays as the village sent it. Sheets as
programs write them are taken apart by patterns that fit nothing else (`as_programs_write`); all others are parsed
(`of_elements`), and a test compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from lxml import etree

from assets.publications.village_book.inert import LONG_NUMBER, text_of
from assets.publications.village_book.looks import Looks
from assets.publications.village_book.markup import (
    as_xml,
    column_of,
    letters,
    main,
    new,
    place_of,
    text_content,
    within,
)
from assets.safe_workbook import ALIVE

_ROW, _CELL, _VALUE, _INLINE = map(main, ("row", "c", "v", "is"))
_FRACTIONS = frozenset(".eE")
_ALIVE = (*ALIVE, "&#")
"""How a text that looks like a formula begins in XML: only tabs and ends of lines are written by their numbers."""
_LINE = '<t xml:space="preserve">'
_UNUSUAL = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]|&(?!(?:amp|lt|gt|quot|apos);)")
_TAG = re.compile(r'<row(?: r="([0-9]*)")?((?: [A-Za-z]\w*(?::\w+)?="[^"<>&\t\n]*")*)(/?)>')
_ATTRIBUTE = re.compile(r' ([\w:]+)="([^"]*)"')
_CELLS = re.compile(
    r'(<c r="([A-Z]{1,3})([0-9]{1,7})"(?: s="([0-9]{1,9})")?(?: t="(s|n|b|e|str|inlineStr)")?(?:/>|>'
    r'(?:<f(?: t="(?:shared|array)")?(?: ref="[A-Z0-9:]*")?(?: si="[0-9]*")?(?: ca="1")?(?:/>|>[^<>]*</f>))?'
    r'(?:<v>([^<>]*)</v>|<v/>|<is>(<t(?: xml:space="preserve")?>([^<>]*)</t>)</is>)?</c>))'
)
_CONTENT = re.compile(r'(?: t="(\w+)")?>(?:<v>([^<&]*)</v>|<is><t(?: xml:space="preserve")?>([^<&]*)</t></is>)</c>')
NOTHING, NUMBER = "/>", "><v>"
"""The content of an empty cell, and how that of a cell with a number begins."""


Cell = tuple[int | None, str]
"""A cell without its place: its look, None where it names none, and its XML behind the look, to its end."""


class Row(NamedTuple):
    """A row: its attributes as XML, and its cells by column (from 1)."""

    attributes: str
    cells: dict[int, Cell]

    def written(self, number: int) -> str:
        """The XML of the row; its cells stand in the order of their columns."""
        if not self.cells:
            return f"<row{self.attributes}/>"
        cells = [
            f'<c r="{letters(column)}{number}"{_named(look)}{content}'
            for column, (look, content) in sorted(self.cells.items())
        ]
        return f"<row{self.attributes}>{''.join(cells)}</row>"


@cache
def _named(look: int | None) -> str:
    return "" if look is None else f' s="{look}"'


Rows = dict[int, Row]
"""Rows by number (from 1)."""
Inert = Callable[[int | None, str, str, str, str], Cell]
"""Makes a cell of its look, its kind, its value, its inline text, and the elements of that; the latter as XML."""


def inert_of(looks: Looks, shared: Sequence[str]) -> Inert:
    """What leaves of a cell what it shows. `shared`: the workbook's table of texts. It raises `ValueError` or
    `IndexError` for what is no cell of this workbook."""
    known = len(looks)
    alive = {number for number, text in enumerate(shared) if text.startswith(ALIVE)}

    def inert(look: int | None, kind: str, value: str, said: str, inline: str) -> Cell:
        if look is not None and not 0 <= look < known:
            raise ValueError("a cell has a look that the workbook does not have")
        if kind == "s":
            if not value:
                return look, NOTHING
            number = int(value)
            if not 0 <= number < len(shared):
                raise IndexError("a cell has a text that the workbook does not have")
            return looks.guarded(look or 0) if number in alive else look, f' t="s"><v>{value}</v></c>'
        if kind == "n":
            if value and abs(float(value)) >= LONG_NUMBER and (digits := _whole(value)):
                return looks.as_text(_guarded(looks, look, digits) or 0), text_content(digits)
            return look, f"><v>{value}</v></c>" if value else NOTHING
        if kind in ("str", "inlineStr"):
            text, lines = (said, inline) if kind == "inlineStr" else (value, f"{_LINE}{value}</t>")
            content = f' t="inlineStr"><is>{lines}</is></c>' if text else NOTHING
            return _guarded(looks, look, text), content
        if kind not in ("b", "e", "d"):
            raise ValueError("a cell is of no kind")
        return look, f' t="{kind}"><v>{value}</v></c>' if value else NOTHING

    return inert


def _guarded(looks: Looks, look: int | None, text: str) -> int | None:
    """A look for a text, marked if that looks like a formula (`safe_workbook.py`)."""
    return looks.guarded(look or 0) if text.startswith(_ALIVE) else look


def _whole(number: str) -> str | None:
    """All digits of a whole number; None for any other."""
    if _FRACTIONS.isdisjoint(number):
        return str(int(number))
    value = float(number)
    return str(int(value)) if value.is_integer() else None


def as_programs_write(text: str, prefixes: Collection[str | None], inert: Inert) -> Rows | None:
    """The rows in the XML between the tags of `sheetData`, made inert; None if it is not as programs write it.

    `prefixes`: those that the sheet declares.
    """
    if _UNUSUAL.search(text):
        return None
    rows: Rows = {}
    *pieces, last = text.split("</row>")
    for piece, is_closed in [*((each, False) for each in pieces), (last, True)]:
        at, closed = 0, True
        while closed and (tag := _TAG.match(piece, at)):
            at, closed = tag.end(), bool(tag[3])
            said = _said_of_row(tag[2])
            if said is None or (tag[1] is not None and said.number):
                return None
            number = tag[1] or said.number
            cells = {} if closed else _cells(piece[at:], number, inert)
            if cells is None or not number.isdecimal() or int(number) in rows or not said.prefixes.issubset(prefixes):
                return None
            rows[int(number)] = Row(f' r="{int(number)}"{said.others}', cells)
        if closed != is_closed or (closed and at != len(piece)):
            return None
    return rows


class _Said(NamedTuple):
    """Attributes of a row: its number, "" where it is not among them, the XML of the others, and their prefixes."""

    number: str
    others: str
    prefixes: frozenset[str]


@lru_cache(maxsize=4096)
def _said_of_row(text: str) -> _Said | None:
    """What attributes of a row say; None if one is there twice. Many rows say the same, but for their number."""
    said = dict(_ATTRIBUTE.findall(text))
    if len(said) != text.count('="'):
        return None
    prefixes = frozenset(name.partition(":")[0] for name in said if ":" in name)
    return _Said(said.get("r", ""), _others(said), prefixes)


def _cells(text: str, row: str, inert: Inert) -> dict[int, Cell] | None:
    """The cells of a row; None if they are not as programs write them."""
    found = _CELLS.findall(text)
    if sum([len(each[0]) for each in found]) != len(text):
        return None
    cells: dict[int, Cell] = {}
    last = 0
    for _, name, number, look, kind, value, inline, said in found:
        column = column_of(name)
        if number != row or column <= last:
            return None
        last = column
        cells[column] = inert(int(look) if look else None, kind or "n", value, said, inline)
    return cells


def of_elements(data: etree._Element, prefixes: Mapping[str | None, str], inert: Inert) -> Rows:
    """The rows of a parsed `sheetData`, as `as_programs_write`. Raises `ValueError` for what is no row or cell, or is
    there twice."""
    rows: Rows = {}
    number = 0
    named = {uri: prefix for prefix, uri in prefixes.items() if prefix}
    for row in data:
        if row.tag != _ROW:
            raise ValueError("a sheet holds what is no row")
        number = int(row.get("r", number + 1))
        if number in rows:
            raise ValueError("a sheet has a row twice")
        attributes = {}
        for name, value in row.attrib.items():
            uri, _, own = str(name).rpartition("}")
            if not uri or uri[1:] in named:
                attributes[f"{named[uri[1:]]}:{own}" if uri else own] = as_xml(str(value))
        cells: dict[int, Cell] = {}
        column = 0
        for cell in row:
            if cell.tag != _CELL:
                raise ValueError("a row holds what is no cell")
            at = cell.get("r")
            column = column + 1 if at is None else place_of(at)[1]
            if column in cells:
                raise ValueError("a row has a cell twice")
            cells[column] = _of_element(cell, inert)
        rows[number] = Row(f' r="{number}"{_others(attributes)}', cells)
    return rows


def _of_element(cell: etree._Element, inert: Inert) -> Cell:
    value = next(cell.iterchildren(_VALUE), None)
    inline = next(cell.iterchildren(_INLINE), None)
    return inert(
        int(look) if (look := cell.get("s")) else None,
        cell.get("t", "n"),
        as_xml("" if value is None else value.text or ""),
        as_xml("" if inline is None else text_of(inline)),
        "" if inline is None else within(inline),
    )


def _others(attributes: Mapping[str, str]) -> str:
    """The attributes of a row behind its number as XML, without the columns that it spans: there may be more of them by
    now."""
    return "".join([f' {name}="{value}"' for name, value in attributes.items() if name not in ("r", "spans")])


def value_of(content: str, shared: Sequence[str]) -> str | float | None:
    """What stands in a cell by its content: text, a number, or None for nothing; of anything else its text in the
    file."""
    if content == NOTHING:
        return None
    found = _CONTENT.fullmatch(content)
    if found is not None:
        kind, value, said = found[1] or "n", found[2], found[3]
    else:
        cell = new(f"<c{content}")
        kind, value, said = cell.get("t", "n"), cell.findtext(_VALUE), text_of(cell[0])
    if kind == "inlineStr":
        return said
    if kind == "s":
        return shared[int(value or "")]
    if kind == "n":
        return int(value) if _FRACTIONS.isdisjoint(value) else float(value)
    return value

"""Of a sheet's XML, what may go back: its cells with what they show, and how the sheet is laid out.

Danger: what comes from outside goes back outside under our name. Formulas, links, conditions, macros and connections
would run on the next computer, and a spreadsheet program changes numbers of 16 digits. Remedy: of a sheet only the
parts in `_KEPT` stay; formulas become the values last calculated, long numbers become text, and a text that looks like
a formula is marked as a text. All else stays as the village sent it.
"""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from assets.publications.village_book.looks import Looks
from assets.publications.village_book.markup import RELATED, drop_extras, main, place_of
from assets.safe_workbook import ALIVE

LONG_NUMBER = 10**11
"""Whole numbers from here on are identifiers, which a spreadsheet must not count with."""
ORDER = [
    main(name)
    for name in (
        "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetProtection", "autoFilter",
        "mergeCells", "dataValidations", "hyperlinks", "printOptions", "pageMargins", "pageSetup", "headerFooter",
        "rowBreaks", "colBreaks", "legacyDrawing", "tableParts",
    )
]  # fmt: skip
"""The parts of a sheet that we know, in the order in which they must stand."""
_LEFT_OUT = ("dimension", "sheetProtection", "dataValidations", "hyperlinks", "legacyDrawing", "tableParts")
_KEPT = set(ORDER) - set(map(main, _LEFT_OUT))
_MOST_MERGED = 100_000
"""Cells of all merged areas of a sheet, beyond what a list needs."""
_VALUE, _FORMULA, _INLINE, _TEXT, _PHONETIC = map(main, ("v", "f", "is", "t", "rPh"))
_METADATA = {"cm", "vm", "ph"}
_FRACTIONS = frozenset(".eE")
Covered = dict[int, list[tuple[int, int, str]]]
"""By row, the merged areas that lie in it: first and last column, and their first cell."""


def keep_what_is_known(sheet: etree._Element) -> None:
    """Take out of a sheet all parts but those in `_KEPT`, and of these what belongs to other parts of the file."""
    for part in list(sheet):
        if part.tag not in _KEPT:
            sheet.remove(part)
        elif part.tag != main("sheetData"):
            for each in part.iter():
                for name in [name for name in each.attrib if str(name).startswith(f"{{{RELATED}}}")]:
                    del each.attrib[name]
    drop_extras(sheet)
    for views in sheet.findall(main("sheetViews")):
        views[1:] = []
        for view in views:
            view.set("workbookViewId", "0")
            view[:] = [each for each in view if each.tag in (main("pane"), main("selection"))]
    for properties in sheet.findall(main("sheetPr")):
        properties.attrib.clear()


def make_inert(cell: etree._Element, looks: Looks, shared: Sequence[str]) -> None:
    """Leave of a cell what it shows. Raises `ValueError` or `IndexError` for what is no cell of this workbook."""
    said = dict(cell.items())
    kind, value = said.get("t", "n"), None
    if not 0 <= int(said.get("s", "0")) < len(looks):
        raise ValueError("a cell has a look that the workbook does not have")
    if not _METADATA.isdisjoint(said):
        for name in _METADATA & said.keys():
            del cell.attrib[name]
    for part in list(cell):
        tag = part.tag
        if tag == _VALUE:
            value = part.text
        elif tag != _INLINE:
            cell.remove(part)
    if kind == "n":
        if value and abs(float(value)) >= LONG_NUMBER and (digits := _whole(value)):
            write_text(cell, digits, looks)
            cell.set("s", str(looks.as_text(int(cell.get("s", "0")))))
    elif kind == "str":
        write_text(cell, value or "", looks)
    elif kind in ("s", "inlineStr"):
        text = shared[int(value)] if kind == "s" and value and len(cell) == 1 else value_of(cell, shared)
        if isinstance(text, str) and text.startswith(ALIVE):
            guard(cell, looks)
    elif kind not in ("b", "e", "d"):
        raise ValueError("a cell is of no kind")


def value_of(cell: etree._Element, shared: Sequence[str]) -> str | float | None:
    """Text, a number, or None for nothing; of anything else its text in the file."""
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        inline = next(cell.iterchildren(_INLINE), None)
        return None if inline is None else text_of(inline)
    held = next(cell.iterchildren(_VALUE), None)
    value = None if held is None else held.text
    if not value:
        return None
    if kind == "s":
        return shared[int(value)]
    if kind == "n":
        return int(value) if _FRACTIONS.isdisjoint(value) else float(value)
    return value


def text_of(holder: etree._Element) -> str:
    """The text of an item of the table of texts, of an inline text or of a comment, whatever its letters look like."""
    if len(holder) == 1 and holder[0].tag == _TEXT:
        return holder[0].text or ""
    pieces = [each for each in holder.iter(_TEXT) if each.getparent().tag != _PHONETIC]  # type: ignore[union-attr]
    return "".join(each.text or "" for each in pieces)


def empty(cell: etree._Element) -> None:
    """Leave of a cell its place and its look."""
    cell[:] = []
    if "t" in cell.attrib:
        del cell.attrib["t"]


def write_text(cell: etree._Element, text: str, looks: Looks) -> None:
    """Write text, as a part holds it, that stays text."""
    empty(cell)
    if text:
        cell.set("t", "inlineStr")
        line = etree.SubElement(etree.SubElement(cell, _INLINE), _TEXT)
        line.text = text
        line.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    if text.startswith(ALIVE):
        guard(cell, looks)


def guard(cell: etree._Element, looks: Looks) -> None:
    """Mark a text that looks like a formula as a text (`safe_workbook.py`)."""
    cell.set("s", str(looks.guarded(int(cell.get("s", "0")))))


def merged_areas(sheet: etree._Element) -> Covered:
    """The merged areas. Raises `ValueError` if they are larger than any list needs."""
    covered: Covered = {}
    size = 0
    for area in sheet.iter(main("mergeCell")):
        corner, _, end = area.get("ref", "").partition(":")
        (top, first), (bottom, last) = place_of(corner), place_of(end or corner)
        size += (bottom - top + 1) * (last - first + 1)
        if size > _MOST_MERGED:
            raise ValueError("the merged areas are too large")
        for row in range(top, bottom + 1):
            covered.setdefault(row, []).append((first, last, corner))
    return covered


def _whole(number: str) -> str | None:
    """All digits of a whole number; None for any other."""
    if _FRACTIONS.isdisjoint(number):
        return str(int(number))
    value = float(number)
    return str(int(value)) if value.is_integer() else None

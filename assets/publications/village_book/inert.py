"""Of a sheet's XML, what may go back of how the sheet is laid out (of its cells: `rows.py`).

Danger: what comes from outside goes back outside under our name. Links, conditions, macros and connections would run on
the next computer. Remedy: of a sheet only the parts in `_KEPT` stay, as the village sent them.
"""

from __future__ import annotations

from lxml import etree

from assets.publications.village_book.markup import RELATED, drop_extras, main, place_of

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
_TEXT, _PHONETIC = map(main, ("t", "rPh"))
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


def text_of(holder: etree._Element) -> str:
    """The text of an item of the table of texts, of an inline text or of a comment, whatever its letters look like."""
    if len(holder) == 1 and holder[0].tag == _TEXT:
        return holder[0].text or ""
    pieces = [each for each in holder.iter(_TEXT) if each.getparent().tag != _PHONETIC]  # type: ignore[union-attr]
    return "".join(each.text or "" for each in pieces)


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

"""One sheet of a village as its XML, to write into cell by cell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from typing import NamedTuple

from lxml import etree

from assets.publications.village_book.inert import ORDER, keep_what_is_known, merged_areas
from assets.publications.village_book.looks import Looks
from assets.publications.village_book.markup import (
    RELATED,
    Said,
    content_of,
    escaped,
    main,
    named,
    parsed,
    place_of,
    same,
    written,
)
from assets.publications.village_book.rows import (
    NOTHING,
    NUMBER,
    Cell,
    Inert,
    Row,
    Rows,
    as_programs_write,
    inert_of,
    of_elements,
)
from assets.publications.village_book.rows import value_of as value_in

_PLAIN = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData/></worksheet>'
_DATA, _BEGIN, _END = b"<sheetData", b"<sheetData>", b"</sheetData>"
_PLACE = re.compile(rb"<(?:[\w.-]+:)?(sheetData|dataValidations)(?: [^>]*)?/>")
"""Where the cells and the drop-downs of a sheet belong."""
_NO_CELL: Cell = (None, NOTHING)
_ON_A4 = {"paperSize": "9", "orientation": "landscape", "fitToWidth": "1", "fitToHeight": "0"}
_MARGINS = {"left": "0.4", "right": "0.4", "top": "0.5", "bottom": "0.6", "header": "0.2", "footer": "0.25"}


class Note(NamedTuple):
    """A comment on a cell, and the size of its box in pixels."""

    author: str
    text: str
    width: int
    height: int


class Sheet:
    """A sheet; cells are named as in a spreadsheet (`B5`)."""

    def __init__(
        self,
        title: str,
        looks: Looks,
        content: bytes = _PLAIN,
        shared: Sequence[str] = (),
    ) -> None:
        """`content`: its part. `shared`: the workbook's table of texts. Raises `ValueError`, or what `lxml` raises, for
        what is no sheet that a spreadsheet program would open."""
        self.title, self.state, self.looks = title, "visible", looks
        self.notes: dict[str, Note] = {}
        self.tables: list[etree._Element] = []
        self.print_titles, self.print_area = "", ""
        self.choices: list[tuple[str, str, str]] = []
        self._shared = shared
        self._root, self._rows = _apart(content, inert_of(looks, shared))
        self._covered = merged_areas(self._root)

    # What it holds

    def value(self, at: str) -> str | float | None:
        """What stands in a cell (`value_of`)."""
        return value_in(self._at(at)[1], self._shared)

    def counts(self, at: str) -> bool:
        """Whether a number stands in a cell."""
        return self._at(at)[1].startswith(NUMBER)

    def look(self, at: str) -> int:
        return self._at(at)[0] or 0

    def anchor(self, at: str) -> str:
        """The cell itself, or the first cell of the merged area that it lies in."""
        row, column = place_of(at)
        for first, last, corner in self._covered.get(row, ()):
            if first <= column <= last:
                return corner
        return at

    def last_column(self, rows: Iterable[int]) -> int:
        """The last column (from 1) in which anything stands in these rows, or a merged area lies; 0 for none."""
        wanted = set(rows)
        found = max((last for row in wanted for _, last, _ in self._covered.get(row, ())), default=0)
        for cells in (self._rows[row].cells for row in wanted & self._rows.keys()):
            for column in sorted(cells, reverse=True):
                if column <= found:
                    break
                if value_in(cells[column][1], self._shared) not in (None, ""):
                    found = column
        return found

    # What is written into it

    def fill(self, rows: Iterable[tuple[int, Iterable[tuple[int, Said, int]]]]) -> None:
        """Write whole rows: of each cell its column, what stands in it, and its look."""
        for row, cells in rows:
            filled = {column: (self.looks.of_cell(look, said), content_of(said)) for column, said, look in cells}
            self._row(row).update(filled)

    def write(self, at: str, text: str) -> None:
        """Write text that stays text, whatever it begins with and whoever edits the cell later."""
        row, column = place_of(at)
        cells = self._row(row)
        cells[column] = self.looks.of_cell(cells.get(column, _NO_CELL)[0], text), content_of(text)

    def dress(self, at: str, look: int) -> None:
        row, column = place_of(at)
        cells = self._row(row)
        cells[column] = look, cells.get(column, _NO_CELL)[1]

    def widen(self, widths: Mapping[int, float]) -> None:
        """Give columns widths in characters, by column from 1, and show them."""
        columns = self._part("cols")
        others = list(columns)
        for column in widths:
            others = [left for each in others for left in _without(each, column)]
        wide = [f'<col min="{at}" max="{at}" width="{width:g}" customWidth="1"/>' for at, width in widths.items()]
        own = same(f"<cols>{''.join(wide)}</cols>")
        columns[:] = sorted([*others, *own], key=lambda each: int(each.get("min", "1")))

    def set_up_printing(self, titles: int, left: str, right: str) -> None:
        """A4 on its side, as wide as the page, the row `titles` and a footer on every page, no print area."""
        properties = self._part("sheetPr")
        for old in properties.findall(main("pageSetUpPr")):
            properties.remove(old)
        properties.append(same('<pageSetUpPr fitToPage="1"/>'))
        for name, settings in (("pageSetup", _ON_A4), ("pageMargins", _MARGINS)):
            part = self._part(name)
            for setting, value in settings.items():
                part.set(setting, value)
        self._set_footer(left, right)
        self.print_titles, self.print_area = f"{titles}:{titles}", ""

    def written(self, parts: Mapping[str, Sequence[str]]) -> bytes:
        """The part. `parts`: ids of the relations to `legacyDrawing` (one) and `tableParts`."""
        if self.choices:
            self._part("dataValidations")
        for name, ids in parts.items():
            if name == "legacyDrawing":
                self._place(etree.Element(main(name), {f"{{{RELATED}}}id": ids[0]}, nsmap={"r": RELATED}))
            else:
                tables = etree.Element(main(name), {"count": str(len(ids))}, nsmap={"r": RELATED})
                for one in ids:
                    etree.SubElement(tables, main("tablePart"), {f"{{{RELATED}}}id": one})
                self._place(tables)
        rows = "".join([self._rows[row].written(row) for row in sorted(self._rows)])
        filled = {b"sheetData": f"<sheetData>{rows}</sheetData>", b"dataValidations": _validations(self.choices)}
        own = {name: named(xml) if self._root.prefix else xml for name, xml in filled.items()}
        return _PLACE.sub(lambda found: own[found[1]].encode(), written(self._root))

    def show(self, *, selected: bool) -> None:
        """Be the sheet that is seen when the workbook is opened, or not."""
        views = self._root.find(main("sheetViews"))
        for view in () if views is None else views:
            view.set("tabSelected", str(int(selected)))

    @property
    def filtered(self) -> str:
        """The area of its filter; "" for none."""
        found = self._root.find(main("autoFilter"))
        return "" if found is None else found.get("ref", "")

    # Inside

    def _at(self, at: str) -> Cell:
        row, column = place_of(at)
        found = self._rows.get(row)
        return _NO_CELL if found is None else found.cells.get(column, _NO_CELL)

    def _row(self, number: int) -> dict[int, Cell]:
        """The cells of a row, which is made where there is none."""
        if number not in self._rows:
            self._rows[number] = Row(f' r="{number}"', {})
        return self._rows[number].cells

    def _part(self, name: str) -> etree._Element:
        """A part of the sheet, made where there is none."""
        found = self._root.find(main(name))
        return self._place(etree.Element(main(name))) if found is None else found

    def _place(self, part: etree._Element) -> etree._Element:
        rank = ORDER.index(part.tag)
        self._root.insert(sum(ORDER.index(each.tag) < rank for each in self._root), part)
        return part

    def _set_footer(self, left: str, right: str) -> None:
        """The footer's left and right; its middle, and what stands above, are the village's own."""
        around = self._part("headerFooter")
        footer = around.find(main("oddFooter"))
        middle = ""
        if footer is None:
            footer = etree.Element(main("oddFooter"))
            around.insert(sum(each.tag == main("oddHeader") for each in around), footer)
        elif footer.text:
            middle = _middle(footer.text)
        footer.text = f"&L{left}{middle}&R{right}"


def _apart(content: bytes, inert: Inert) -> tuple[etree._Element, Rows]:
    """A sheet without its cells, and these. A part in which the cells are as programs write them, and all that is
    marked like them are they, is not parsed as a whole."""
    rows = None
    begin, end = content.find(_BEGIN), content.rfind(_END)
    if 0 <= begin < end and content.count(_DATA) == 1 and b"<!" not in content and content.rfind(b"<?") <= 0:
        root = _frame(content[: begin + len(_DATA)] + b"/>" + content[end + len(_END) :])
        if root.prefix is None and root.getroottree().docinfo.encoding in ("UTF-8", "utf-8", None):
            rows = as_programs_write(content[begin + len(_BEGIN) : end].decode(), root.nsmap, inert)
    if rows is None:
        root = _frame(content)
        data = _data_of(root)
        rows = of_elements(data, root.nsmap, inert)
        data.clear()
    return root, rows


def _frame(content: bytes) -> etree._Element:
    root = parsed(content)
    if root.tag != main("worksheet"):
        raise ValueError("a sheet is no sheet")
    keep_what_is_known(root)
    _data_of(root)
    return root


def _data_of(root: etree._Element) -> etree._Element:
    data = root.find(main("sheetData"))
    if data is None:
        raise ValueError("a sheet has no cells")
    return data


def _without(columns: etree._Element, column: int) -> list[etree._Element]:
    """What says how columns look, less one of them: itself where it does not speak of that one."""
    first, last = int(columns.get("min", "1")), int(columns.get("max", "1"))
    if not first <= column <= last:
        return [columns]
    left = []
    for low, high in ((first, column - 1), (column + 1, last)):
        if low <= high:
            left.append(copy(columns))
            left[-1].set("min", str(low))
            left[-1].set("max", str(high))
    return left


def _middle(footer: str) -> str:
    """The part of a footer that is printed in the middle, with its mark; "" for none."""
    whole = footer.replace("&&", "\0")
    at = {mark: whole.find(mark) for mark in ("&L", "&C", "&R")}
    if at["&C"] < 0:
        return ""
    end = min((each for each in at.values() if each > at["&C"]), default=len(whole))
    return whole[at["&C"] : end].replace("\0", "&&")


def _validations(choices: Sequence[tuple[str, str, str]]) -> str:
    """Drop-downs: of each its area, where its values stand, and what is said of others."""
    rules = "".join(
        f'<dataValidation type="list" errorStyle="warning" allowBlank="1" showErrorMessage="1" error="{escaped(said)}" '
        f'sqref="{area}"><formula1>{escaped(source)}</formula1></dataValidation>'
        for area, source, said in choices
    )
    return f'<dataValidations count="{len(choices)}">{rules}</dataValidations>'

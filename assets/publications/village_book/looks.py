"""How cells look: the styles of a village's workbook, to which looks of ours are added behind its own."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any

from lxml import etree

from assets.publications.village_book.markup import drop_extras, main, parsed, same, written

TEXT_FORMAT = 49
"""The number format of a cell that is text whatever is typed into it (`@`)."""
_KEPT = {
    main(name)
    for name in ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs", "tableStyles",
                 "colors")
}  # fmt: skip
_FIRST_OWN_FORMAT = 164
_PLAIN = (
    b'<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    b'<fonts><font><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>'
    b'<fills><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    b"<borders><border><left/><right/><top/><bottom/><diagonal/></border></borders>"
    b'<cellStyleXfs><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    b'<cellXfs><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>'
    b'<cellStyles><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


class Looks:
    """The styles part of a workbook; a look is a number, as cells name it."""

    def __init__(self, content: bytes = _PLAIN) -> None:
        self._root = parsed(content)
        if self._root.tag != main("styleSheet"):
            raise ValueError("the styles are no styles")
        for part in list(self._root):
            if part.tag not in _KEPT:
                self._root.remove(part)
        self._tables = {name: self._table(name) for name in ("fonts", "fills", "borders", "cellXfs")}
        drop_extras(self._root)
        self._added: dict[tuple[str, str], int] = {}
        self._derived: dict[tuple[Any, ...], int] = {}

    def _table(self, name: str) -> etree._Element:
        table = self._root.find(main(name))
        if table is None or not len(table):
            raise ValueError("the styles lack a table")
        return table

    def __len__(self) -> int:
        return len(self._tables["cellXfs"])

    def add(self, *, font: str = "", fill: str = "", border: str = "", alignment: str = "") -> int:
        """A look of our own: each part as the XML of the styles, "" for the workbook's plain one.

        `fill`: a colour, six hex digits.
        """
        key = ("look", "\n".join((font, fill, border, alignment)))
        if key not in self._added:
            ids = [self._part("fonts", font), self._fill(fill), self._part("borders", border)]
            xml = '<xf numFmtId="0" fontId="{}" fillId="{}" borderId="{}" xfId="0" applyFont="1" applyFill="1"'.format(
                *ids
            )
            self._added[key] = self._append("cellXfs", f'{xml} applyBorder="1" applyAlignment="1">{alignment}</xf>')
        return self._added[key]

    def filled(self, look: int, colour: str) -> int:
        """The same look on a ground of a colour."""
        return self._varied(look, fillId=str(self._fill(colour)), applyFill="1")

    def guarded(self, look: int) -> int:
        """The same look for a text that stays text when somebody edits it (`safe_workbook.py`)."""
        return self._varied(look, quotePrefix="1")

    def as_text(self, look: int) -> int:
        """The same look for text, whatever is typed."""
        return self._varied(look, numFmtId=str(TEXT_FORMAT), applyNumberFormat="1")

    def formatted(self, look: int, code: str) -> int:
        """The same look with a number format of our own."""
        table = self._root.find(main("numFmts"))
        if table is None:
            table = same("<numFmts/>")
            self._root.insert(0, table)
        known = {each.get("formatCode"): each.get("numFmtId") for each in table}
        if code not in known:
            number = max([_FIRST_OWN_FORMAT - 1, *(int(each or 0) for each in known.values())]) + 1
            table.append(same(f'<numFmt numFmtId="{number}" formatCode="{code}"/>'))
            known[code] = str(number)
        return self._varied(look, numFmtId=str(known[code]), applyNumberFormat="1")

    def written(self) -> bytes:
        for table in self._root:
            if table.tag != main("colors"):
                table.set("count", str(len(table)))
        return written(self._root)

    def _fill(self, colour: str) -> int:
        pattern = f'<fill><patternFill patternType="solid"><fgColor rgb="FF{colour}"/></patternFill></fill>'
        return self._part("fills", pattern if colour else "")

    def _part(self, table: str, xml: str) -> int:
        """Where a part stands in its table; it is added once. The first of each table is the plain one."""
        if not xml:
            return 0
        key = (table, xml)
        if key not in self._added:
            self._added[key] = self._append(table, xml)
        return self._added[key]

    def _append(self, table: str, xml: str) -> int:
        self._tables[table].append(same(xml))
        return len(self._tables[table]) - 1

    def _varied(self, look: int, **changes: str) -> int:
        key = (look, *changes.items())
        if key not in self._derived:
            self._derived[key] = self._with(look, changes)
        return self._derived[key]

    def _with(self, look: int, changes: Mapping[str, str]) -> int:
        """A look with some attributes: itself where it has them, else a new one."""
        table = self._tables["cellXfs"]
        if all(table[look].get(name) == value for name, value in changes.items()):
            return look
        varied = copy(table[look])
        for name, value in changes.items():
            varied.set(name, value)
        table.append(varied)
        return len(table) - 1

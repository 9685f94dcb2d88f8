"""How cells look: the styles of a village's workbook, to which looks of ours are added behind its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from lxml import etree

from assets.publications.village_book.markup import DECLARATION, Said, as_xml, drop_extras, main, named, parsed, within
from assets.safe_workbook import ALIVE

TEXT_FORMAT = 49
"""The number format of a cell that is text whatever is typed into it (`@`)."""
_KEPT = {
    main(name)
    for name in ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs", "tableStyles",
                 "colors")
}  # fmt: skip
_FIRST_OWN_FORMAT = 164
_GROWING = ("fonts", "fills", "borders", "cellXfs", "numFmts")
_USUAL = 200_000
"""Bytes of styles that other workbooks may have, too."""
_PLAIN = (
    b'<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    b'<fonts><font><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>'
    b'<fills><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    b"<borders><border><left/><right/><top/><bottom/><diagonal/></border></borders>"
    b'<cellStyleXfs><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    b'<cellXfs><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>'
    b'<cellStyles><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


_AS_TEXT = (("numFmtId", TEXT_FORMAT), ("applyNumberFormat", 1))


class _Look(NamedTuple):
    """An element of `cellXfs`: its attributes, and the XML of what is in it."""

    attributes: Mapping[str, str]
    within: str

    def written(self) -> str:
        said = "".join([f' {name}="{as_xml(value)}"' for name, value in self.attributes.items()])
        return f"<xf{said}>{self.within}</xf>" if self.within else f"<xf{said}/>"


class _Styles(NamedTuple):
    """A styles part as it came, less what may not go back.

    `xml`: with a comment where further elements of a table belong, and the table's name for their number. `counts`: how
    many elements there are, by table; there may be no `numFmts`. `formats`: the numbers of these, by code.
    `has_prefix`: whether elements without a prefix are of no kind there.
    """

    xml: str
    counts: Mapping[str, int]
    looks: Sequence[_Look]
    formats: Mapping[str, int]
    has_prefix: bool


def _apart(content: bytes) -> _Styles:
    root = parsed(content)
    if root.tag != main("styleSheet"):
        raise ValueError("the styles are no styles")
    for part in list(root):
        if part.tag not in _KEPT:
            root.remove(part)
    drop_extras(root)
    counts, looks, formats = {}, [], {}
    for name in _GROWING:
        table = root.find(main(name))
        if table is not None:
            counts[name] = len(table)
        elif name == "numFmts":
            root.insert(0, etree.Comment(name))
            continue
        if table is None or not (len(table) or name == "numFmts"):
            raise ValueError("the styles lack a table")
        if name == "cellXfs":
            looks = [_look_of(each) for each in table]
        if name == "numFmts":
            formats = {each.get("formatCode", ""): int(each.get("numFmtId") or 0) for each in table}
        table.append(etree.Comment(name))
    for table in root.iterchildren("{*}*"):
        if table.tag != main("colors"):
            name = str(table.tag).rpartition("}")[2]
            table.set("count", name if name in _GROWING else str(len(table)))
    xml = etree.tostring(root).decode()
    if any(xml.count(f' count="{name}"') != 1 for name in counts):
        raise ValueError("the styles count what is no table")
    return _Styles(xml, counts, looks, formats, root.prefix is not None)


def _look_of(element: etree._Element) -> _Look:
    """An element of `cellXfs`, less the attributes of other names."""
    said = {str(name): str(value) for name, value in element.items()}
    return _Look({name: value for name, value in said.items() if not name.startswith("{")}, within(element))


_apart_once = lru_cache(maxsize=64)(_apart)


class Looks:
    """The styles part of a workbook; a look is a number, as cells name it."""

    def __init__(self, content: bytes = _PLAIN) -> None:
        self._before = (_apart_once if len(content) < _USUAL else _apart)(content)
        self._own: dict[str, list[str]] = {name: [] for name in _GROWING}
        self._looks = [*self._before.looks]
        self._formats = dict(self._before.formats)
        self._added: dict[tuple[str, str], int] = {}
        self._derived: dict[tuple[int, tuple[tuple[str, int], ...]], int] = {}

    def __len__(self) -> int:
        return len(self._looks)

    def add(self, *, font: str = "", fill: str = "", border: str = "", alignment: str = "") -> int:
        """A look of our own: each part as the XML of the styles, "" for the workbook's plain one.

        `fill`: a colour, six hex digits.
        """
        key = ("look", "\n".join((font, fill, border, alignment)))
        if key not in self._added:
            ids = [self._part("fonts", font), self._fill(fill), self._part("borders", border)]
            said = dict(
                zip(("numFmtId", "fontId", "fillId", "borderId", "xfId"), ("0", *map(str, ids), "0"), strict=True)
            )
            said |= dict.fromkeys(("applyFont", "applyFill", "applyBorder", "applyAlignment"), "1")
            self._added[key] = self._look(_Look(said, self._named(alignment)))
        return self._added[key]

    def filled(self, look: int, colour: str) -> int:
        """The same look on a ground of a colour."""
        return self._varied(look, ("fillId", self._fill(colour)), ("applyFill", 1))

    def guarded(self, look: int) -> int:
        """The same look for a text that stays text when somebody edits it (`safe_workbook.py`)."""
        return self._varied(look, ("quotePrefix", 1))

    def of_cell(self, look: int | None, said: Said) -> int | None:
        """The look of a cell in which something stands: guarded if that is a text that looks like a formula."""
        return self.guarded(look or 0) if isinstance(said, str) and said.startswith(ALIVE) else look

    def as_text(self, look: int) -> int:
        """The same look for text, whatever is typed."""
        return self._varied(look, *_AS_TEXT)

    def formatted(self, look: int, code: str) -> int:
        """The same look with a number format of our own."""
        if code not in self._formats:
            number = self._formats[code] = max([_FIRST_OWN_FORMAT - 1, *self._formats.values()]) + 1
            self._append("numFmts", f'<numFmt numFmtId="{number}" formatCode="{as_xml(code)}"/>')
        return self._varied(look, ("numFmtId", self._formats[code]), ("applyNumberFormat", 1))

    def written(self) -> bytes:
        xml, before = self._before.xml, self._before.counts
        for name, own in self._own.items():
            added = "".join(own)
            if own and name not in before:
                added = self._named(f'<{name} count="{len(own)}">{added}</{name}>')
            count = before.get(name, 0) + len(own)
            xml = xml.replace(f' count="{name}"', f' count="{count}"', 1).replace(f"<!--{name}-->", added, 1)
        return DECLARATION + xml.encode()

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
        self._own[table].append(self._named(xml))
        return self._before.counts.get(table, 0) + len(self._own[table]) - 1

    def _look(self, look: _Look) -> int:
        self._looks.append(look)
        return self._append("cellXfs", look.written())

    def _named(self, xml: str) -> str:
        """An element as it stands in this part."""
        return named(xml) if self._before.has_prefix and xml else xml

    def _varied(self, look: int, *changes: tuple[str, int]) -> int:
        """A look with some attributes: itself where it has them, else a new one."""
        key = (look, changes)
        if key not in self._derived:
            known, other = self._looks[look], {name: str(value) for name, value in changes}
            has_them = other.items() <= known.attributes.items()
            self._derived[key] = look if has_them else self._look(_Look({**known.attributes, **other}, known.within))
        return self._derived[key]

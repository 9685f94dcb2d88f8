"""A workbook of a village: taken apart into what may go back, and put together again."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from lxml import etree

from assets.publications.book.streamed import Stream, append
from assets.publications.village_book.front import Front
from assets.publications.village_book.inert import text_of
from assets.publications.village_book.looks import Looks
from assets.publications.village_book.markup import (
    DECLARATION,
    MAIN,
    PACKAGED,
    RELATED,
    drop_extras,
    escaped,
    main,
    parsed,
    written,
)
from assets.publications.village_book.notes import boxes, comments, notes_of
from assets.publications.village_book.sheet import Sheet

_MOST_BYTES = 40_000_000
"""Of the XML of a workbook: some 100,000 rows of a list; a village's has 50 kB."""
_NO_TEXTS = DECLARATION + f'<sst xmlns="{MAIN}"/>'.encode()
_SMALL = 16_000
"""Bytes of a part that other workbooks may have, too."""
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_OF_A_TABLE = {"id", "name", "displayName", "ref", "headerRowCount", "totalsRowCount", "totalsRowShown", "insertRow"}
_AREA = re.compile(r"[^!\[\]]+!([A-Z]{0,3}[0-9]+:[A-Z]{0,3}[0-9]+)")
_OF_A_COLUMN = {"id", "name", "totalsRowLabel"}


class Book:
    """Sheets with their styles and texts, to write into and to save."""

    def __init__(self, looks: Looks | None = None) -> None:
        self.front: Front | None = None
        self.sheets: list[Sheet] = []
        self.looks = Looks() if looks is None else looks
        self._texts = _NO_TEXTS
        self._theme: bytes | None = None
        self._counts_from_1904 = False

    def __contains__(self, title: str) -> bool:
        return any(sheet.title == title for sheet in self.sheets)

    def __getitem__(self, title: str) -> Sheet:
        for sheet in self.sheets:
            if sheet.title == title:
                return sheet
        raise KeyError("the workbook has no such sheet")

    def add(self, title: str) -> Sheet:
        """A new sheet behind the others."""
        sheet = Sheet(self.free_title(title), self.looks)
        self.sheets.append(sheet)
        return sheet

    def free_title(self, title: str) -> str:
        """A name for a new sheet: one that is taken gets a number."""
        taken = {sheet.title.casefold() for sheet in self.sheets}
        name, number = title, 0
        while name.casefold() in taken:
            number += 1
            name = f"{title[: 31 - len(str(number))]}{number}"
        return name

    def remove(self, sheet: Sheet) -> None:
        self.sheets.remove(sheet)

    def saved(self, properties: Mapping[str, str]) -> bytes:
        """The file, which opens at its first sheet. `properties`: those of the document, by name."""
        parts = _Parts()
        for number, sheet in enumerate(self._all(), 1):
            if isinstance(sheet, Front):
                parts.add(f"xl/worksheets/sheet{number}.xml", sheet.written(), f"{_TYPES}worksheet+xml")
            else:
                sheet.show(selected=number == 1)
                parts.add_sheet(number, sheet)
        own = [("styles", "styles.xml", f"{_TYPES}styles+xml", self.looks.written())]
        own.append(("sharedStrings", "sharedStrings.xml", f"{_TYPES}sharedStrings+xml", self._texts))
        if self._theme is not None:
            kind = "application/vnd.openxmlformats-officedocument.theme+xml"
            own.append(("theme", "theme/theme1.xml", kind, self._theme))
        related = [f"worksheets/sheet{number}.xml" for number in range(1, len(self._all()) + 1)]
        relations = [("worksheet", target) for target in related]
        for relation, target, kind, content in own:
            parts.add(f"xl/{target}", content, kind)
            relations.append((relation, target))
        parts.add("xl/workbook.xml", self._workbook(), f"{_TYPES}sheet.main+xml")
        parts.relate("xl/workbook.xml", relations)
        kind = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
        parts.add("docProps/custom.xml", _properties(properties), kind)
        parts.relate("", [("officeDocument", "xl/workbook.xml"), ("custom-properties", "docProps/custom.xml")])
        return parts.zipped()

    def _all(self) -> list[Front | Sheet]:
        return [self.front, *self.sheets] if self.front else [*self.sheets]

    def _workbook(self) -> bytes:
        sheets = "".join(
            f'<sheet name="{escaped(sheet.title)}" sheetId="{number}"{_state(sheet)} r:id="rId{number}"/>'
            for number, sheet in enumerate(self._all(), 1)
        )
        names = "".join(_names_of(number, sheet) for number, sheet in enumerate(self._all()))
        return (
            DECLARATION
            + (
                f'<workbook xmlns="{MAIN}" xmlns:r="{RELATED}"><workbookPr date1904="{int(self._counts_from_1904)}"/>'
                f'<bookViews><workbookView activeTab="0"/></bookViews><sheets>{sheets}</sheets>'
                f"{f'<definedNames>{names}</definedNames>' if names else ''}</workbook>"
            ).encode()
        )


def opened(content: bytes) -> Book:
    """The book in the bytes of an xlsx or xlsm file.

    Its sheets of cells, in their order and with their names; sheets of charts, macros, drawings, names, connections
    and links to other files are left out. Raises `ValueError`, `KeyError` or what `zipfile` and `lxml` raise for
    what is too large, or no workbook that a spreadsheet program would open as it is.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return _opened(_Source(archive))


def _opened(source: _Source) -> Book:
    ((_, whole),) = source.related("", "officeDocument").items()
    root = parsed(source.read(whole))
    if root.tag != main("workbook"):
        raise ValueError("a workbook is no workbook")
    looks = [Looks(source.read(part)) for part in source.related(whole, "styles").values()]
    book = Book(looks[-1] if looks else None)
    properties = root.find(main("workbookPr"))
    book._counts_from_1904 = properties is not None and properties.get("date1904", "0") in ("1", "true")
    shared: list[str] = []
    for part in source.related(whole, "sharedStrings").values():
        texts = parsed(source.read(part))
        book._texts, shared = written(texts), [text_of(item) for item in texts]
    for part in source.related(whole, "theme").values():
        book._theme = _rewritten(source.read(part))
    targets = source.related(whole, "worksheet")
    for at, declared in enumerate(root.iter(main("sheet"))):
        named = declared.get(f"{{{RELATED}}}id", "")
        if named not in targets:
            continue  # a sheet of charts or of a dialogue
        part = targets[named]
        notes = [notes_of(parsed(source.read(each))) for each in source.related(part, "comments").values()]
        tables = [_inert_table(parsed(source.read(each))) for each in source.related(part, "table").values()]
        sheet = Sheet(declared.get("name", ""), book.looks, source.read(part), shared)
        sheet.state = declared.get("state", "visible")
        sheet.notes, sheet.tables = notes[0] if notes else {}, tables
        sheet.print_area, sheet.print_titles = _printed(root, at, "Print_Area"), _printed(root, at, "Print_Titles")
        book.sheets.append(sheet)
    return book


@lru_cache(maxsize=64)
def _rewritten(content: bytes) -> bytes:
    """A part as we write it; many workbooks have the same."""
    return written(parsed(content))


def _relations(content: bytes) -> list[tuple[str, str, str]]:
    """The kind, the id and the target of each relation to what is inside the file."""
    return [
        (each.get("Type", ""), each.get("Id", ""), each.get("Target", ""))
        for each in parsed(content)
        if each.get("TargetMode") != "External"
    ]


_relations_once = lru_cache(maxsize=64)(_relations)
"""The same, of what many workbooks have."""


class _Source:
    """The parts of a file, read once each, and only so many bytes of them."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive, self._left = archive, _MOST_BYTES
        self._relations: dict[str, list[tuple[str, str, str]]] = {}

    def read(self, part: str) -> bytes:
        self._left -= self._archive.getinfo(part).file_size
        if self._left < 0:
            raise ValueError("the sheets are too large, most likely formatted rows without content")
        return self._archive.read(part)

    def related(self, part: str, kind: str) -> dict[str, str]:
        """The parts of a kind inside the file that a part (of "": the file itself) names, by the id of the relation."""
        if part not in self._relations:
            self._relations[part] = [*self._related(part)]
        return {named: target for type_, named, target in self._relations[part] if type_ == f"{RELATED}/{kind}"}

    def _related(self, part: str) -> Iterator[tuple[str, str, str]]:
        """The kind of each relation of a part inside the file, its id, and the part that it names."""
        folder, name = posixpath.split(part)
        note = posixpath.join(folder, "_rels", f"{name}.rels")
        if note in self._archive.NameToInfo:
            content = self.read(note)
            for kind, named, said in (_relations_once if len(content) < _SMALL else _relations)(content):
                target = posixpath.normpath(posixpath.join("/", folder, said))
                yield kind, named, target.lstrip("/")


class _Parts:
    """The parts of a file as it is put together."""

    def __init__(self) -> None:
        self._content: dict[str, bytes] = {}
        self._kinds: dict[str, str] = {}
        self._tables = 0

    def add(self, name: str, content: bytes, kind: str = "") -> None:
        self._content[name] = content
        if kind:
            self._kinds[name] = kind

    def add_sheet(self, number: int, sheet: Sheet) -> None:
        name = f"xl/worksheets/sheet{number}.xml"
        relations: list[tuple[str, str]] = []
        ids: dict[str, list[str]] = {}
        if sheet.notes:
            self.add(f"xl/comments{number}.xml", comments(sheet.notes), f"{_TYPES}comments+xml")
            self.add(f"xl/drawings/boxes{number}.vml", boxes(sheet.notes))
            relations += [("comments", f"../comments{number}.xml"), ("vmlDrawing", f"../drawings/boxes{number}.vml")]
            ids["legacyDrawing"] = ["rId2"]
        for table in sheet.tables:
            self._tables += 1
            table.set("id", str(self._tables))
            self.add(f"xl/tables/table{self._tables}.xml", written(table), f"{_TYPES}table+xml")
            relations.append(("table", f"../tables/table{self._tables}.xml"))
            ids.setdefault("tableParts", []).append(f"rId{len(relations)}")
        self.add(name, sheet.written(ids), f"{_TYPES}worksheet+xml")
        if relations:
            self.relate(name, relations)

    def relate(self, part: str, relations: Iterable[tuple[str, str]]) -> None:
        folder, name = posixpath.split(part)
        lines = "".join(
            f'<Relationship Id="rId{number}" Type="{RELATED}/{kind}" Target="{target}"/>'
            for number, (kind, target) in enumerate(relations, 1)
        )
        xml = f'<Relationships xmlns="{PACKAGED}/relationships">{lines}</Relationships>'
        self.add(posixpath.join(folder, "_rels", f"{name}.rels"), DECLARATION + xml.encode())

    def zipped(self) -> bytes:
        kinds = "".join(f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in self._kinds.items())
        xml = (
            f'<Types xmlns="{PACKAGED}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            '<Default Extension="vml" ContentType="application/vnd.openxmlformats-officedocument.vmlDrawing"/>'
            f"{kinds}</Types>"
        )
        filled = io.BytesIO()
        with zipfile.ZipFile(filled, "w") as archive:
            for name, content in ({"[Content_Types].xml": DECLARATION + xml.encode()} | self._content).items():
                append(archive, name, [_compressed(content) if len(content) < _SMALL else _alone(content)])
        return filled.getvalue()


def _alone(content: bytes) -> Stream:
    """A part as it stands in a file."""
    return Stream(content).ended(last=True)


_compressed = lru_cache(maxsize=256)(_alone)
"""The same, of what many workbooks have: relations, kinds of parts, the theme."""


def _names_of(number: int, sheet: Front | Sheet) -> str:
    """The names by which a workbook knows what of a sheet is printed, and which rows its filter has."""
    areas = {"_FilterDatabase": sheet.filtered, "Print_Area": sheet.print_area, "Print_Titles": sheet.print_titles}
    quoted, named = sheet.title.replace("'", "''"), ""
    for name, area in areas.items():
        if area:
            hidden = ' hidden="1"' if name == "_FilterDatabase" else ""
            fixed = ":".join(re.sub("([A-Z]*)([0-9]+)", _fixed, corner) for corner in area.split(":"))
            text = escaped(f"'{quoted}'!{fixed}")
            named += f'<definedName name="_xlnm.{name}" localSheetId="{number}"{hidden}>{text}</definedName>'
    return named


def _state(sheet: Front | Sheet) -> str:
    return f' state="{escaped(sheet.state)}"' if isinstance(sheet, Sheet) and sheet.state != "visible" else ""


def _fixed(found: re.Match[str]) -> str:
    """`B5` as `$B$5`, and `5` as `$5`."""
    return "".join(f"${part}" for part in found.groups() if part)


def _printed(root: etree._Element, at: int, name: str) -> str:
    """What a workbook says is printed of its sheet `at` (from 0), or on each page: one area, or rows; "" for else."""
    for each in root.iter(main("definedName")):
        if each.get("name") == f"_xlnm.{name}" and each.get("localSheetId") == str(at):
            found = _AREA.fullmatch((each.text or "").replace("$", ""))
            return found[1] if found else ""
    return ""


def _inert_table(root: etree._Element) -> etree._Element:
    """A table of a sheet with its look and its filter, without formulas and sources of its own."""
    _only(root, _OF_A_TABLE, {"autoFilter", "tableColumns", "tableStyleInfo"})
    for column in root.iter(main("tableColumn")):
        _only(column, _OF_A_COLUMN, set())
    drop_extras(root)
    return root


def _only(element: etree._Element, attributes: set[str], parts: set[str]) -> None:
    for name in [name for name in element.attrib if name not in attributes]:
        del element.attrib[name]
    element[:] = [each for each in element if each.tag in {main(part) for part in parts}]


def _properties(properties: Mapping[str, str]) -> bytes:
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006"
    said = "".join(
        f'<property fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="{number}" name="{name}">'
        f"<vt:lpwstr>{escaped(value)}</vt:lpwstr></property>"
        for number, (name, value) in enumerate(properties.items(), 2)
    )
    xml = f'<Properties xmlns="{kinds}/custom-properties" xmlns:vt="{kinds}/docPropsVTypes">{said}</Properties>'
    return DECLARATION + xml.encode()

"""A zip container (xlsx, ods) opened only after its directory was found harmless, and its parts read whole."""

import posixpath
from collections.abc import Iterable
from functools import cache
from io import BytesIO
from re import compile as compiled
from zipfile import BadZipFile, ZipFile

from lxml import etree

from assets.intake.formats.declarations import refuse_entities
from assets.intake.formats.limits import Limits
from assets.intake.formats.messages import unreadable
from assets.intake.formats.parcel import BROKEN, check_entries, damaged_members, why_not_apart

_XML = (".xml", ".rels", ".vml")
_NEVER_PARSED = "meta-inf/manifest.xml"
"""OpenOffice.org 2 writes a DOCTYPE there. It is searched as bytes, and no library parses it."""
_OTHERS = {
    "ppt/presentation.xml": "presentasi",
    "content.xml": "dokumen OpenDocument yang bukan lembar kerja",
}


_NAMED, _LONGEST_NAME = 5, 80
"""Damaged files that a reason names, and how many letters of each, from the end."""
_TARGET = compiled(rb"""\sTarget=["']([^"']+)["']""")
_PACKED = "arsip zip di dalam arsip lain atau tanpa akhiran .zip; keluarkan berkas di dalamnya lalu kirim"


class Archive:
    """The parts of a zip container by lower-case path. Every read is checked against the part's CRC."""

    def __init__(self, data: bytes, limits: Limits) -> None:
        self.kind = "terkompresi (.xlsx, .ods, .zip)"
        try:
            self._zip = ZipFile(BytesIO(data))
            entries = self._zip.infolist()
        except (BadZipFile, EOFError, OSError, ValueError, NotImplementedError) as error:
            raise unreadable("corrupt", kind=self.kind) from error
        self._names = check_entries(entries, len(data), limits, self.kind)
        self._read: set[str] = set()
        self.kind = self._kind_by_parts()

    def _kind_by_parts(self) -> str:
        """`xlsx`, `xlsb`, `ods` or `docx`. Errors: `document` for other documents, else `not_a_table`."""
        mimetype = self.read("mimetype") if "mimetype" in self else b""
        if "xl/workbook.xml" in self:
            return "xlsx"
        if "xl/workbook.bin" in self:
            return "xlsb"
        if b"opendocument.spreadsheet" in mimetype or ("content.xml" in self and not mimetype):
            return "ods"
        if "word/document.xml" in self:
            return "docx"
        for part, kind in _OTHERS.items():
            if part in self:
                raise unreadable("document", kind=kind)
        why = why_not_apart(self._zip.infolist())
        if why is None and (damaged := damaged_members(self._zip)):
            raise unreadable("damaged_members", names=_listed(damaged))
        raise unreadable("not_a_table", kind=why or _PACKED)

    def __contains__(self, path: str) -> bool:
        return path.lower() in self._names

    def read(self, path: str) -> bytes:
        """One XML part in UTF-8. Errors: `corrupt` where it is missing or its checksum differs, `xml_entities`."""
        name = self._names.get(path.lower())
        if name is None:
            raise unreadable("corrupt", kind=self.kind)
        try:
            part = self._zip.read(name)
        except (OSError, *BROKEN) as error:
            raise unreadable("corrupt", kind=self.kind) from error
        self._read.add(path.lower())
        if path.lower() != _NEVER_PARSED:
            refuse_entities(part, self.kind)
        if part[:2] in (b"\xff\xfe", b"\xfe\xff"):
            part = part.decode("utf-16", "replace").encode()
        return part

    def sheet_parts(self, workbook: str, ids: Iterable[str | None]) -> list[str]:
        """The path of each sheet's part, by the ids under which the workbook's part names its relations.

        Errors: `corrupt` for an id that leads nowhere, `repeated_part`.
        """
        relations = self.tree(f"xl/_rels/{workbook}.rels")
        targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
        parts = []
        for each in ids:
            target = targets.get(each, "")
            if not target:
                raise unreadable("corrupt", kind=self.kind)
            parts.append(posixpath.normpath(posixpath.join("/xl", target)).lstrip("/"))
        if len({part.lower() for part in parts}) < len(parts):
            raise unreadable("repeated_part")
        return parts

    def comment_parts(self, sheet: str) -> list[bytes]:
        """The parts with the comments on the cells of one sheet, by the path of its part; a container without any is
        not searched."""
        folder, name = posixpath.split(sheet)
        relations = f"{folder}/_rels/{name}.rels"
        if relations not in self or not any("comment" in path for path in self._names):
            return []
        targets = (found.decode("utf-8", "replace") for found in _TARGET.findall(self.read(relations)))
        paths = (posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/") for target in targets)
        return [self.read(path) for path in paths if "comment" in path.lower() and path in self]

    def refuse_entities_elsewhere(self) -> None:
        """The same for the XML parts that were not read: whoever opens the workbook later may parse them."""
        for path in self._names.keys() - self._read - {_NEVER_PARSED}:
            if path.endswith(_XML):
                self.read(path)

    def tree(self, path: str) -> etree._Element:
        """One small XML part as a tree."""
        try:
            return etree.fromstring(self.read(path), safe_parser())
        except etree.XMLSyntaxError as error:
            raise unreadable("corrupt", kind=self.kind) from error


def _listed(names: list[str]) -> str:
    """The first names of files, without what cannot be seen, and how many more there are."""
    shown = ["".join(c if c.isprintable() else "?" for c in name)[-_LONGEST_NAME:] for name in names[:_NAMED]]
    more = f", dan {len(names) - _NAMED} berkas lain" if len(names) > _NAMED else ""
    return ", ".join(shown) + more


@cache
def safe_parser() -> etree.XMLParser:
    """A parser that expands no entities, loads no DTD and asks no network; one is used again and again."""
    return etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, remove_comments=True, remove_pis=True
    )


def local(element: etree._Element) -> str:
    """The tag without its namespace."""
    return str(element.tag).rpartition("}")[2]

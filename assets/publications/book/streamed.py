"""A workbook whose rows are compressed as they come, however many there are.

Danger: the library writes each sheet to a file, copies it into another and compresses that in small pieces; a list of
a million people takes minutes and gigabytes of disk. Remedy: rows are compressed as they come, by a library that is
ten times as fast, and kept so in memory; when all else is known, each sheet is put together of its beginning, its rows
and its end, which are parts of one stream (RFC 1951: any number of blocks follow each other).
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from isal import isal_zlib
from xlsxwriter.packager import Packager
from xlsxwriter.sharedstrings import SharedStrings

from assets.safe_workbook import SafeSheet, SafeWorkbook

_LEVEL = 2
"""Of 0 to 3: the next one takes four times as long, for a file that is a tenth smaller."""
_ROWS = b"<!-- rows -->"
"""Where the rows of a sheet belong; a text in a sheet cannot hold it."""
_LETTERS_AT_A_TIME = 1 << 16
_WRITTEN_OTHERWISE = re.compile(r"^\s|\s$|[\"&<>\x00-\x1f\ufffe\uffff]|_x[0-9a-fA-F]{4}_")
"""What the library looks for in a string of a workbook's table."""


class Stream:
    """A part of a compressed stream (`pieces`), with length and checksum of what it holds."""

    def __init__(self, content: bytes = b"") -> None:
        self.length, self.checksum = 0, 0
        self.pieces: list[bytes] = []
        self._compressor = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, -isal_zlib.MAX_WBITS)
        self._waiting: list[str] = []
        self._letters = 0
        self.add(content)

    def write(self, text: str) -> None:
        """Append a text; many small ones are compressed together."""
        self._waiting.append(text)
        self._letters += len(text)
        if self._letters > _LETTERS_AT_A_TIME:
            self.add(b"")

    def add(self, content: Any) -> None:
        """Append bytes, in anything that lends them."""
        for part in ("".join(self._waiting).encode(), memoryview(content)):
            if len(part):  # to compress nothing takes as long as to compress a small part
                self.length += len(part)
                self.checksum = isal_zlib.crc32(part, self.checksum)
                self.pieces.append(self._compressor.compress(part))
        self._waiting, self._letters = [], 0

    def ended(self, *, last: bool = False) -> Stream:
        """The same at its end: of the whole stream, or of a part after which another follows."""
        self.add(b"")
        self.pieces.append(self._compressor.flush(isal_zlib.Z_FINISH if last else isal_zlib.Z_SYNC_FLUSH))
        return self


class _StreamedSheet(SafeSheet):
    """A sheet that writes its rows as they come (`constant_memory`), into a stream."""

    def begin(self) -> None:
        self.constant_memory = True
        self.fh = self.row_data_fh = Stream()

    def _write_optimized_sheet_data(self) -> None:
        self.fh.write(f"<sheetData>{_ROWS.decode()}</sheetData>")


class StreamedWorkbook(SafeWorkbook):
    """`SafeWorkbook` in constant memory. Its rows may be appended as bytes, too (`row_data_fh.add`)."""

    worksheet_class = _StreamedSheet

    def __init__(self, path: str, options: dict[str, Any] | None = None) -> None:
        self._path, self._packager = path, _Parts()
        super().__init__(BytesIO(), (options or {}) | {"in_memory": True})

    def add_worksheet(self, name: str | None = None, worksheet_class: Any = None) -> Any:
        sheet = super().add_worksheet(name, worksheet_class)
        sheet.begin()
        return sheet

    def _get_packager(self) -> _Parts:
        return self._packager

    def close(self) -> None:
        super().close()
        rows = {f"xl/worksheets/sheet{sheet.index + 1}.xml": sheet.row_data_fh for sheet in self.worksheets()}
        with zipfile.ZipFile(self._path, "w") as whole:
            for name, content in self._packager.made:
                beginning, within, end = content.partition(_ROWS)
                middle = [rows[name].ended()] if within else []
                append(whole, name, [Stream(beginning).ended(), *middle, Stream(end).ended(last=True)])


class _Parts(Packager):  # type: ignore[misc]
    """All parts of a workbook but the rows, as the library makes them: name and content, not compressed."""

    def __init__(self) -> None:
        super().__init__()
        self.made: list[tuple[str, bytes]] = []

    def _create_package(self) -> list[Any]:
        """Keep the parts; the library has none left to write."""
        for file, name, is_binary in super()._create_package():
            self.made.append((name, file.getvalue() if is_binary else file.getvalue().encode()))
        return []

    def _write_shared_strings_file(self) -> None:
        table = self.workbook.str_table
        if table.count:
            strings = _Strings()
            strings.string_table = table
            strings._set_xml_writer(self._filename("xl/sharedStrings.xml"))
            strings._assemble_xml_file()


class _Strings(SharedStrings):  # type: ignore[misc]
    """The table of strings. The library looks through each of them seven times."""

    def _write_sst_strings(self) -> None:
        for string in self.string_table.string_array:
            if _WRITTEN_OTHERWISE.search(string):
                self._write_si(string)
            else:
                self.fh.write(f"<si><t>{string}</t></si>")


def append(whole: zipfile.ZipFile, name: str, parts: Sequence[Stream]) -> None:
    """Add a file that is compressed already; `zipfile` writes the list of all files at the end. Whatever the day is,
    the same content is the same bytes."""
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.compress_type, info.CRC = zipfile.ZIP_DEFLATED, 0
    file: Any = whole.fp
    for part in parts:
        info.CRC = isal_zlib.crc32_combine(info.CRC, part.checksum, part.length)
    info.file_size = sum(part.length for part in parts)
    info.compress_size = sum(len(piece) for part in parts for piece in part.pieces)
    info.header_offset = file.tell()
    file.write(info.FileHeader())
    for part in parts:
        file.writelines(part.pieces)
    whole.start_dir = file.tell()
    whole.filelist.append(info)
    whole.NameToInfo[name] = info

"""What the fast reader leaves out of an xls workbook, taken from its BIFF records.

Record layouts: [MS-XLS], Excel Binary File Format, sections 2.4.24 (BoolErr), 2.4.28 (BoundSheet8), 2.4.127 (Formula),
2.4.122 (Font), 2.4.179 (Note), 2.4.221 (Row), 2.4.353 (XF). BIFF5 lays these the same way as far as they are read here.
"""

import struct
from dataclasses import dataclass, field
from io import BytesIO
from struct import unpack_from

import olefile  # type: ignore[import-untyped]

from assets.intake.formats.messages import unreadable
from assets.intake.formats.workbook import CellError, Uncalculated

_BOF, _EOF, _FILEPASS, _BOUNDSHEET, _FONT, _XF, _RECALCID = 0x809, 0x0A, 0x2F, 0x85, 0x31, 0xE0, 0x1C1
_FORMULA, _BOOLERR, _ROW, _NOTE = 0x06, 0x205, 0x208, 0x1C
_CELLS = {0x06, 0x201, 0x203, 0x204, 0x205, 0x27E, 0xD6, 0xFD}
_ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}


@dataclass(slots=True)
class Scan:
    """What one sheet's records say. Rows from 1, columns from 0."""

    hidden_rows: set[int] = field(default_factory=set)
    struck: set[tuple[int, int]] = field(default_factory=set)
    commented: set[tuple[int, int]] = field(default_factory=set)
    cells: dict[tuple[int, int], CellError | Uncalculated] = field(default_factory=dict)


@dataclass(slots=True)
class _Globals:
    offsets: list[int] = field(default_factory=list)
    struck_fonts: list[bool] = field(default_factory=list)
    formats: list[int] = field(default_factory=list)
    calculated: bool = False

    def struck_formats(self) -> frozenset[int]:
        # No font has the index 4: [MS-XLS] 2.5.129 (FontIndex).
        fonts = [*self.struck_fonts[:4], False, *self.struck_fonts[4:]]
        return frozenset(i for i, font in enumerate(self.formats) if font < len(fonts) and fonts[font])


def scan(data: bytes) -> list[Scan]:
    """Every sheet's hidden rows, struck cells, comments, error cells and formulas never calculated, in the order of the
    workbook.

    Errors: `Unreadable` (`corrupt` also where a sheet's records do not reach their end, `encrypted`, `document`,
    `not_a_table`).
    """
    stream = _workbook_stream(data)
    try:
        book = _globals(stream)
        struck = book.struck_formats()
        return [_sheet(stream, offset, struck, book.calculated) for offset in book.offsets]
    except (struct.error, IndexError) as error:
        raise unreadable("corrupt", kind="xls") from error


def _workbook_stream(data: bytes) -> bytes:
    try:
        with olefile.OleFileIO(BytesIO(data)) as container:
            names = {"/".join(path).lower() for path in container.listdir()}
            name = next((name for name in ("workbook", "book") if name in names), None)
            content: bytes = container.openstream(name).read() if name else b""
    except Exception as error:  # olefile lets many kinds through, down to RecursionError, all of them damage
        raise unreadable("corrupt", kind="xls") from error
    if "encryptedpackage" in names:
        raise unreadable("encrypted")
    if name is None:
        kind = "dokumen Word lama" if "worddocument" in names else "berkas Office yang bukan buku kerja"
        raise unreadable("document" if "worddocument" in names else "not_a_table", kind=kind)
    return content


def _globals(stream: bytes) -> _Globals:
    book = _Globals()
    at, length = 0, 0
    while True:
        record, length = unpack_from("<HH", stream, at)
        body = at + 4
        if record == _FILEPASS:
            raise unreadable("encrypted")
        if record == _BOUNDSHEET:
            book.offsets.append(unpack_from("<I", stream, body)[0])
        elif record == _FONT:
            book.struck_fonts.append(bool(stream[body + 2] & 0x08))
        elif record == _XF:
            book.formats.append(unpack_from("<H", stream, body)[0])
        elif record == _RECALCID:
            book.calculated = True
        elif record == _EOF:
            return book
        at = body + length


def _sheet(stream: bytes, at: int, struck: frozenset[int], calculated: bool) -> Scan:
    result = Scan()
    depth = 0
    while True:
        record, length = unpack_from("<HH", stream, at)
        body = at + 4
        at = body + length
        if record == _BOF:
            depth += 1
        elif record == _EOF:
            depth -= 1
            if depth <= 0:
                break
        elif depth != 1:
            continue
        elif record == _FORMULA:
            row, column, _, low, high = unpack_from("<HHHIxxH", stream, body)
            if high == 0xFFFF:
                kind = low & 0xFF
                if kind == 2:
                    result.cells[row + 1, column] = _error(low >> 16 & 0xFF)
                elif kind == 3 and not calculated:
                    result.cells[row + 1, column] = Uncalculated("=")
        elif record == _BOOLERR:
            row, column, _, code, is_error = unpack_from("<HHHBB", stream, body)
            if is_error:
                result.cells[row + 1, column] = _error(code)
        elif record == _ROW and unpack_from("<H", stream, body + 12)[0] & 0x20:
            result.hidden_rows.add(unpack_from("<H", stream, body)[0] + 1)
        elif record == _NOTE:
            row, column = unpack_from("<HH", stream, body)
            result.commented.add((row + 1, column))
        if struck and record in _CELLS:
            row, column, style = unpack_from("<HHH", stream, body)
            if style in struck:
                result.struck.add((row + 1, column))
    return result


def _error(code: int) -> CellError:
    return CellError(_ERRORS.get(code, "#VALUE!"))

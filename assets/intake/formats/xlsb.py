"""xlsb (binary workbooks): what calamine leaves out of a sheet, from its records.

Calamine blanks cells that show an error and knows neither hidden rows nor merges of this format. Records are a type, a
size and so many bytes ([MS-XLSB] 2.1.4). Numbers are doubles there: no more digits exist than they hold. Rows that are
struck through are not told apart.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from assets.intake.formats.archive import Archive
from assets.intake.formats.messages import unreadable
from assets.intake.formats.workbook import CellError, Merge

_ROW, _ERROR, _FORMULA_ERROR, _END_OF_SHEET, _SHEET, _MERGE = 0, 3, 11, 130, 156, 176
_FIRST_CELL, _LAST_CELL = 1, 11
_HIDDEN = 0x10
_ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!",
           0x2A: "#N/A", 0x2B: "#GETTING_DATA"}  # fmt: skip


@dataclass(slots=True)
class Scan:
    """What one sheet's records say. Rows from 1, columns from 0. `extent`: top, left, bottom, right of all cells."""

    hidden_rows: set[int] = field(default_factory=set)
    cells: dict[tuple[int, int], CellError] = field(default_factory=dict)
    merged: list[Merge] = field(default_factory=list)
    extent: tuple[int, int, int, int] | None = None


def sheet_parts(archive: Archive) -> list[str]:
    """The path of every sheet's part, in the order of the workbook. Errors: `corrupt`, `repeated_part`."""
    sheets = (data for kind, data in _records(archive.read("xl/workbook.bin")) if kind == _SHEET)
    ids = (data[12 : 12 + 2 * _whole(data, 8)].decode("utf-16-le", "replace") for data in sheets)
    return archive.sheet_parts("workbook.bin", ids)


def scan(part: bytes) -> Scan:
    """Read one sheet's records. Errors: `corrupt` where they do not reach their end."""
    found, row, kind = Scan(), 0, -1
    top = left = 1 << 30
    bottom = right = -1
    for kind, data in _records(part):
        if kind == _ROW:
            row = _whole(data, 0) + 1
            if len(data) > 11 and data[11] & _HIDDEN:
                found.hidden_rows.add(row)
        elif _FIRST_CELL <= kind <= _LAST_CELL:
            column = _whole(data, 0)
            if kind > _FIRST_CELL:
                top, left, bottom, right = min(top, row), min(left, column), max(bottom, row), max(right, column)
            if kind in (_ERROR, _FORMULA_ERROR) and len(data) > 8:
                found.cells[row, column] = CellError(_ERRORS.get(data[8], "#N/A"))
        elif kind == _MERGE:
            first, last, begin, end = (_whole(data, at) for at in (0, 4, 8, 12))
            found.merged.append((first + 1, begin, last + 1, end))
    if kind != _END_OF_SHEET:
        raise unreadable("corrupt", kind="xlsb")
    found.extent = (top, left, bottom, right) if bottom >= 0 else None
    return found


def _records(part: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(part):
        kind, at = _variable(part, at, 2)
        size, at = _variable(part, at, 4)
        if at + size > len(part):
            raise unreadable("corrupt", kind="xlsb")
        yield kind, part[at : at + size]
        at += size


def _variable(part: bytes, at: int, most: int) -> tuple[int, int]:
    """A number of up to `most` bytes of seven bits each, the lowest first, and where it ends."""
    value = 0
    for shift in range(most):
        if at >= len(part):
            raise unreadable("corrupt", kind="xlsb")
        value |= (part[at] & 0x7F) << 7 * shift
        at += 1
        if not part[at - 1] & 0x80:
            break
    return value, at


def _whole(data: bytes, at: int) -> int:
    if at + 4 > len(data):
        raise unreadable("corrupt", kind="xlsb")
    return int(struct.unpack_from("<I", data, at)[0])

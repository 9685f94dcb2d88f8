"""Columns to which rows are only ever added, in memory and in files: rows that are there are never copied or rewritten.

In memory, an array is longer than its rows (spare capacity). The first caller that adds rows uses this capacity. A
second caller that adds to the same columns gets a copy, so that no caller ever sees the rows of another.

On disk, one file holds one column and nothing else. How many rows count is stored elsewhere (`match_state.py`), so a
file whose writing was interrupted is as good as before. So are checksums of the rows, by which damage is found.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt

from warehouse.files import WRITERS

Array = npt.NDArray[Any]
ColumnType = tuple[str, list[int]]
"""NumPy type and shape of one row of a column, such as `("<i4", [3])`: three 32-bit integers a row."""
Layout = dict[str, ColumnType]
"""The type of each column, by name."""
Checks = dict[str, int]
"""The CRC-32 of the rows of each column, by name. Made to find damage, which is why it need not be a slow one."""
CACHE_LINE = 64
"""Bytes of a cache line. Every column in memory begins on one."""
MIN_SPARE_ROWS = 1024
SPARE_SHARE = 16
"""Spare capacity is one row in so many, and at least `MIN_SPARE_ROWS`."""


def capacity_for(rows: int) -> int:
    """Return for how many rows to allocate where there are `rows` now."""
    return rows + rows // SPARE_SHARE + MIN_SPARE_ROWS


@dataclass
class _Buffers:
    """Arrays with spare capacity, shared by all columns that extend each other.

    `used_rows`: the rows that some caller has already taken.
    """

    arrays: dict[str, Array]
    used_rows: int


class AppendOnlyColumns:
    """Columns of equal length. `columns[name]` is an array of shape (rows, *shape of one row)."""

    def __init__(self, buffers: _Buffers, rows: int) -> None:
        self._buffers, self._rows = buffers, rows

    @classmethod
    def allocate(cls, rows: int, layout: Layout) -> AppendOnlyColumns:
        """Allocate columns whose values are not set yet."""
        arrays = {name: aligned(capacity_for(rows), np.dtype(kind), shape) for name, (kind, shape) in layout.items()}
        return cls(_Buffers(arrays, rows), rows)

    @classmethod
    def open_files(cls, folder: Path, rows: int, layout: Layout, checks: Checks) -> AppendOnlyColumns:
        """Map files that `write` made, copy-on-write: the files never change.

        `checks`: what `write` returned. Raises ValueError where a file is shorter than `rows` rows or holds other
        bytes, OSError where there is none.
        """
        arrays, capacity = {}, capacity_for(rows)
        for name, (kind, shape) in layout.items():
            path, width = folder / name, np.dtype(kind).itemsize * int(np.prod(shape, dtype=np.int64))
            if path.stat().st_size < rows * width:
                raise ValueError(f"{path.name} is cut short")
            if path.stat().st_size < capacity * width:
                os.truncate(path, capacity * width)
            arrays[name] = np.asarray(np.memmap(path, np.dtype(kind), mode="c", shape=(capacity, *shape)))
        made = cls(_Buffers(arrays, rows), rows)
        with ThreadPoolExecutor(WRITERS) as pool:
            found = dict(zip(layout, pool.map(lambda name: crc32(_bytes_of(made[name])), layout), strict=True))
        if found != checks:
            raise ValueError(f"{folder.name} holds other bytes than were written")
        return made

    def __len__(self) -> int:
        return self._rows

    def __getitem__(self, name: str) -> Array:
        return self._buffers.arrays[name][: self._rows]

    @property
    def layout(self) -> Layout:
        """The type of each column, as `allocate` and `open_files` take it."""
        return {name: (array.dtype.str, list(array.shape[1:])) for name, array in self._buffers.arrays.items()}

    def extended(self, added_rows: int) -> AppendOnlyColumns:
        """Return the columns with `added_rows` rows more, whose values are not set yet. `self` stays as it is."""
        rows, buffers = self._rows + added_rows, self._buffers
        if buffers.used_rows != self._rows or rows > len(next(iter(buffers.arrays.values()))):
            copy = AppendOnlyColumns.allocate(rows, self.layout)
            for name in self.layout:
                copy[name][: self._rows] = self[name]
            return copy
        buffers.used_rows = rows
        return AppendOnlyColumns(buffers, rows)

    def write(self, folder: Path, first_row: int = 0, checks: Checks | None = None) -> Checks:
        """Write the rows from `first_row` on into files, one a column; the rows before must be there already.

        Returns the CRC-32 of all rows of each column. `checks`: what was returned for the rows before.
        No file is ever made shorter: a process that has mapped it would be killed when it reads the missing part.
        """

        def write_column(name: str) -> int:
            column = self[name]
            with os.fdopen(os.open(folder / name, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
                file.seek(first_row * (column.nbytes // max(len(column), 1)))
                new = _bytes_of(column[first_row:])
                file.write(new)
                file.flush()
                os.fsync(file.fileno())
            return crc32(new, (checks or {}).get(name, 0))

        with ThreadPoolExecutor(WRITERS) as pool:
            return dict(zip(self.layout, pool.map(write_column, self.layout), strict=True))


def _bytes_of(column: Array) -> memoryview:
    """The bytes of a column, not copied."""
    return np.ascontiguousarray(column).reshape(-1).view(np.uint8).data


def aligned(rows: int, kind: np.dtype[Any], shape: list[int]) -> Array:
    """Return an array of shape (rows, *shape), whose values are not set, that begins on a cache line."""
    values = rows * int(np.prod(shape, dtype=np.int64))
    space = np.empty(values * kind.itemsize + CACHE_LINE, np.uint8)
    start = -space.ctypes.data % CACHE_LINE
    return space[start : start + values * kind.itemsize].view(kind).reshape(rows, *shape)

"""Columns to which rows are only ever added, in memory and in files: what is there is neither copied nor written again.

An array has room behind its last row; the first who adds rows takes it, and whoever adds to the same columns after that
gets a copy. A file holds the rows of one column and nothing else; how many of them count stands elsewhere, so that one
whose writing was cut short is as good as before.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Kind = tuple[str, list[int]]
"""Type and shape of one row of a column."""
Layout = dict[str, Kind]
"""The kind of each column."""
LINE = 64
"""Bytes of a cache line, with one of which every column begins."""


def room_for(rows: int) -> int:
    """Return for how many rows there is to be room where there are `rows` now."""
    return rows + rows // 16 + 1024


@dataclass
class _Room:
    """Arrays longer than they are used, and how many rows of them are taken by anybody."""

    arrays: dict[str, Array]
    taken: int


class Growing:
    """Columns of one length, row by row: `columns[name]` has the rows that count."""

    def __init__(self, room: _Room, rows: int) -> None:
        self._room, self._rows = room, rows

    @classmethod
    def empty(cls, rows: int, layout: Layout) -> Growing:
        """Make columns, to be filled in."""
        arrays = {name: aligned(room_for(rows), np.dtype(kind), tail) for name, (kind, tail) in layout.items()}
        return cls(_Room(arrays, rows), rows)

    @classmethod
    def opened(cls, folder: Path, rows: int, layout: Layout) -> Growing:
        """Map files written by `write`: what is never looked at is never read, and nothing in memory changes a file.

        Raises ValueError where a file is shorter than it must be, OSError where there is none.
        """
        arrays, size = {}, room_for(rows)
        for name, (kind, tail) in layout.items():
            path, width = folder / name, np.dtype(kind).itemsize * int(np.prod(tail, dtype=np.int64))
            if path.stat().st_size < rows * width:
                raise ValueError(f"{path.name} is cut short")
            if path.stat().st_size < size * width:
                os.truncate(path, size * width)
            arrays[name] = np.asarray(np.memmap(path, np.dtype(kind), mode="c", shape=(size, *tail)))
        return cls(_Room(arrays, rows), rows)

    def __len__(self) -> int:
        return self._rows

    def __getitem__(self, name: str) -> Array:
        return self._room.arrays[name][: self._rows]

    @property
    def layout(self) -> Layout:
        """Type and shape of one row, by column."""
        return {name: (array.dtype.str, list(array.shape[1:])) for name, array in self._room.arrays.items()}

    def grown(self, added: int) -> Growing:
        """Return the columns with so many rows more, which are to be filled in; those before stay as they are."""
        rows, room = self._rows + added, self._room
        if room.taken != self._rows or rows > len(next(iter(room.arrays.values()))):
            whole = Growing.empty(rows, self.layout)
            for name in self.layout:
                whole[name][: self._rows] = self[name]
            return whole
        room.taken = rows
        return Growing(room, rows)

    def write(self, folder: Path, since: int = 0) -> None:
        """Write the rows from `since` on into files, one a column, behind those that are there.

        No file is ever made shorter: who has mapped it would be killed on the next look.
        """
        for name in self.layout:
            column = self[name]
            with os.fdopen(os.open(folder / name, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
                file.seek(since * (column.nbytes // max(len(column), 1)))
                file.write(np.ascontiguousarray(column[since:]).data)
                file.flush()
                os.fsync(file.fileno())


def aligned(rows: int, kind: np.dtype[Any], tail: list[int]) -> Array:
    """Return an array to be filled in, of rows of a kind and shape, that begins with a cache line."""
    values = rows * int(np.prod(tail, dtype=np.int64))
    space = np.empty(values * kind.itemsize + LINE, np.uint8)
    start = -space.ctypes.data % LINE
    return space[start : start + values * kind.itemsize].view(kind).reshape(rows, *tail)

"""Results of reading that are kept until rows are made of them, so that a file that only its titles place is read once.

Problem: such a file is read to register it, and would be read again for its rows. Mechanism: the process that
registered it keeps the result, compressed, until the rows of its kabupaten and period are made, as long as there is
room; who finds none reads the file. A result follows from the file's bytes, its declaration and its path, and these are
its key: the archive names a copy by its bytes.
"""

from __future__ import annotations

import pickle

import pyarrow as pa

from assets.intake.redaction import read_archived
from assets.intake.sheets.file_reading import FileResult

Call = tuple[str, str, str]
"""The arguments of `read_archived`."""


def read_packed(path: str, declaration: str, original: str) -> bytes:
    """What `read_archived` returns, pickled. Raises `Unreadable`."""
    return pickle.dumps(read_archived(path, declaration, original), pickle.HIGHEST_PROTOCOL)


class Kept:
    """What `read_packed` returned, by its arguments: in at most `most` bytes; what does not fit is not kept."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._room = most
        self._results: dict[Call, tuple[pa.Buffer, int]] = {}

    def keep(self, call: Call, packed: bytes) -> None:
        self.take(call)
        small = pa.compress(packed, codec="lz4")
        if small.size <= self._room:
            self._room -= small.size
            self._results[call] = small, len(packed)

    def take(self, call: Call) -> FileResult | None:
        """The result for these arguments, which is let go; None if there is none."""
        if (found := self._results.pop(call, None)) is None:
            return None
        small, size = found
        self._room += small.size
        result: FileResult = pickle.loads(pa.decompress(small, decompressed_size=size, codec="lz4"))
        return result

    def let_go(self) -> None:
        """Keep nothing any more."""
        self._results.clear()
        self._room = self._most


KEPT = Kept(128 << 20)
"""Of this process: some fourteen thousand lists of villages."""

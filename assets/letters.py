"""How wide texts are, so that rows are as high as their texts need, and not much higher.

Danger: a spreadsheet program makes no room for texts that wrap where a file gives its rows a height, and without one
some programs cut them. Remedy: the widths of the letters; for many texts at once, since a list may have a million rows.
Arial, since each office has it or, with LibreOffice, letters of the same widths: with another font in the place of
Calibri, columns are a fifth wider, and no list fits its paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

FONT_POINTS = 9
LINE_POINTS = 12.0
"""Height of one line at `FONT_POINTS`."""
_PIXELS_A_POINT = 96 / 72
_CELL_PADDING_PIXELS = 6
_LOST_AT_ENDS = 1.1
"""How much more room a text takes that wraps: words that do not fit go to the next line."""
_OTHER = 560
ARIAL = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,;:()/-'",
        [556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500,
         722, 500, 500, 500, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722,
         667, 611, 722, 667, 944, 667, 667, 611, *[556] * 10, 278, 278, 278, 278, 278, 333, 333, 278, 333, 191],
        strict=True,
    )
)  # fmt: skip
"""Widths of Arial's letters, and those of Liberation Sans, in thousandths of their size."""
_WIDTHS = [ARIAL.get(chr(code), 0 if 0x80 <= code < 0xC0 else _OTHER) for code in range(256)]
_BYTES = np.array(_WIDTHS, dtype=np.uint32)
"""By byte of UTF-8; of several bytes the first has all the width. Sums may overflow: no difference does."""


def lines_needed(
    texts: Sequence[str | None] | pd.Series | pa.Array | pa.ChunkedArray, pixels: float, points: float = FONT_POINTS
) -> npt.NDArray[np.int64]:
    """How many lines each text, without breaks of its own, needs in a column so wide; at least one.

    >>> lines_needed(["", None, "Fakir miskin", "Bekas warga binaan lembaga pemasyarakatan"], 150).tolist()
    [1, 1, 1, 2]
    """
    given = texts if isinstance(texts, pa.Array | pa.ChunkedArray) else pa.array(pd.Series(texts, dtype="str"))
    written = given.cast(pa.large_string())
    if isinstance(written, pa.ChunkedArray):
        written = written.combine_chunks()
    _, offsets, content = written.buffers()
    ends = np.frombuffer(offsets, dtype=np.int64)[written.offset : written.offset + len(written) + 1]
    letters = _BYTES[np.frombuffer(content or b"", dtype=np.uint8)]
    sums = np.concatenate([np.zeros(1, dtype=np.uint32), np.cumsum(letters, dtype=np.uint32)])[ends]
    widths = sums[1:] - sums[:-1]
    lines: npt.NDArray[np.float64] = _in_lines(widths, pixels, points)
    return np.maximum(np.ceil(lines), 1).astype(np.int64)


def lines_of(text: str, pixels: float, points: float = FONT_POINTS) -> int:
    """How many lines one text needs, with the breaks of its own.

    >>> lines_of("Lanjut usia terlantar\\nFakir miskin", 150)
    2
    """
    widths = [sum(ARIAL.get(letter, _OTHER) for letter in line) for line in text.split("\n")]
    return sum(max(ceil(_in_lines(width, pixels, points)), 1) for width in widths)


def _in_lines(width: Any, pixels: float, points: float) -> Any:
    """Widths in thousandths of the size as lines of a column."""
    lines = width * (points * _PIXELS_A_POINT / 1000 / (pixels - _CELL_PADDING_PIXELS))
    return lines * (1 + (lines > 1) * (_LOST_AT_ENDS - 1))

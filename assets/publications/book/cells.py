"""Many rows into a sheet at once: the cells of a block as XML, a column at a time.

Danger: a list of a million people takes minutes, because the library makes an object of each cell. Remedy: in constant
memory a sheet keeps its finished rows as XML in a file; a block is appended there in the form in which the library
would write it (a test compares the two). Texts that many rows share are kept once, in the workbook's table of strings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import repeat
from typing import Any, NamedTuple

import pandas as pd
from xlsxwriter.utility import xl_col_to_name

from assets.safe_workbook import ALIVE

ROWS_AT_A_TIME = 20_000
_SHARED_AT_MOST = 5_000
"""A column with at most so many different texts keeps them in the table of strings."""
_ALIVE_FIRST = frozenset(ALIVE)
assert all(len(start) == 1 for start in ALIVE)
_LONGEST = 32_767
"""Characters that a cell can hold."""
_DAY_ZERO = date(1899, 12, 30)
_UNSAFE = re.compile(r"[&<>\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "_": "_x005F_"}


class Cells(NamedTuple):
    """One column of a block: texts, numbers or dates, missing ones as None.

    `look`: a format of the workbook, or one for each row. `keep_blank`: an empty cell shows its format.
    """

    values: Sequence[Any]
    look: Any
    keep_blank: bool = False


def write_rows(page: Any, first: int, columns: Sequence[Cells], heights: Sequence[float] | None = None) -> int:
    """Append rows to a sheet of a workbook in constant memory, from row `first` (from 0) and column A on.

    `heights`: in points, one for each row. Every text is written as text, never as a formula or a link. Gives the row
    after the last.
    """
    count = len(columns[0].values)
    if not count:
        return first
    page._check_dimensions(first, 0)
    page._check_dimensions(first + count - 1, len(columns) - 1)
    page._write_single_row(first)
    encoders = [_Encoder(page, at, column) for at, column in enumerate(columns)]
    for start in range(0, count, ROWS_AT_A_TIME):
        stop = min(start + ROWS_AT_A_TIME, count)
        numbers = range(first + start + 1, first + stop + 1)
        tops = _row_tags(numbers, heights[start:stop] if heights is not None else None)
        cells = [encoder.cells(numbers, start, stop) for encoder in encoders]
        page.row_data_fh.write("".join(["".join(row) + "</row>" for row in zip(tops, *cells, strict=True)]))
    page.previous_row = first + count
    return first + count


def _row_tags(numbers: range, heights: Sequence[float] | None) -> list[str]:
    if heights is None:
        return [f'<row r="{number}">' for number in numbers]
    pairs = zip(numbers, heights, strict=True)
    return [f'<row r="{number}" ht="{height:g}" customHeight="1">' for number, height in pairs]


class _Encoder:
    """The XML of one column of a block."""

    def __init__(self, page: Any, at: int, column: Cells) -> None:
        self._letters, self._keep_blank = xl_col_to_name(at), column.keep_blank
        looks = column.look if isinstance(column.look, Sequence) else None
        self._look = None if looks else column.look._get_xf_index()
        self._looks = [look._get_xf_index() for look in looks] if looks else []
        known = next((value for value in column.values if value is not None), None)
        self._kind, self._values = "text", column.values
        if isinstance(known, date):
            self._kind = "number"
            self._values = [None if day is None else (day - _DAY_ZERO).days for day in column.values]
        elif not isinstance(known, str):
            self._kind = "number"
        else:
            self._guard(page, column)
            self._share(page)

    def _guard(self, page: Any, column: Cells) -> None:
        """Mark the texts that look like formulas as texts (`safe_workbook.py`)."""
        if _ALIVE_FIRST.isdisjoint({text[:1] for text in column.values if text is not None}):
            return
        alive = [at for at, text in enumerate(column.values) if text is not None and text.startswith(ALIVE)]
        given = column.look if isinstance(column.look, Sequence) else [column.look] * len(column.values)
        self._look, self._looks = None, [look._get_xf_index() for look in given]
        for at in alive:
            self._looks[at] = page.book.guarded(given[at])._get_xf_index()

    def _share(self, page: Any) -> None:
        """Keep the texts in the table of strings where they are few, and none looks like the library's own markup."""
        codes, texts = pd.factorize(pd.Series(self._values, dtype="object"))
        if len(texts) > _SHARED_AT_MOST or any(text.startswith("<r>") for text in texts):
            return
        indices = [page.str_table._get_shared_string_index(text[:_LONGEST]) for text in texts]
        page.str_table.count += int((codes >= 0).sum()) - len(indices)
        self._kind, self._values = "shared", [indices[code] if code >= 0 else None for code in codes.tolist()]

    def cells(self, numbers: range, start: int, stop: int) -> list[str]:
        letters, kind = self._letters, self._kind
        values = self._values[start:stop]
        looks: Iterator[int] = repeat(self._look) if self._look is not None else iter(self._looks[start:stop])
        opening, closing = {
            "number": ("><v>", "</v></c>"),
            "shared": (' t="s"><v>', "</v></c>"),
            "text": (' t="inlineStr"><is><t xml:space="preserve">', "</t></is></c>"),
        }[kind]
        return [
            f'<c r="{letters}{n}" s="{look}"{opening}{value}{closing}'
            if value is not None
            else (f'<c r="{letters}{n}" s="{look}"/>' if self._keep_blank else "")
            for n, value, look in zip(numbers, _safe(values) if kind == "text" else values, looks, strict=False)
        ]


def _safe(texts: Sequence[str | None]) -> Sequence[str | None]:
    """Texts as they stand in XML; what XML cannot hold as `_x001B_`, as spreadsheet programs write it."""
    held = [text for text in texts if text is not None]
    if not _UNSAFE.search("".join(held)) and max(map(len, held), default=0) <= _LONGEST:
        return texts
    return [None if text is None else _UNSAFE.sub(_escape, text[:_LONGEST]) for text in texts]


def _escape(found: re.Match[str]) -> str:
    return _ENTITIES.get(found[0]) or f"_x{ord(found[0]):04X}_"

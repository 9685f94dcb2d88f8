"""Many rows into a sheet at once: the cells of a block as XML, a column at a time, no Python object for any of them.

Danger: a list of a million people takes minutes, because the library makes an object of each cell. Remedy: columns are
Arrow arrays, and a block's rows come out of them as one piece of text, in the form in which the library would write it
(a test compares the two). Texts that many rows share are kept once, in the workbook's table of strings. A few rows, of
which most calls are, are put together as texts of Python, to the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, cached_property
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from xlsxwriter.utility import xl_col_to_name

from assets.safe_workbook import ALIVE

ROWS_AT_A_TIME = 20_000
FEW = 100
"""So many rows are written sooner as texts of Python than as arrays, each operation on which takes as long as that on
some dozens of texts."""
_SHARED_AT_MOST = 1_000
"""A block of a column with at most so many different texts keeps them in the table of strings."""
_LOOKED_AT = 2 * _SHARED_AT_MOST
"""Of a column with more of them among its first texts the rest is not looked through."""
_MARKUP = "<r>"
"""How the library's own markup begins, which it would write as it is."""
_LONGEST = 32_767
"""Characters that a cell can hold."""
_DAY_ZERO_BEFORE_1970 = 25_569
_SUSPECT = r"[&<>\x00-\x08\x0b-\x1f]|_x[0-9A-Fa-f]{4}|\x{FFFE}|\x{FFFF}"
"""Whether there may be anything in a column that `_UNSAFE` finds."""
_UNSAFE = re.compile(r"[&<>\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "_": "_x005F_"}
_ALIVE_FIRST = np.isin(np.arange(256), [start.encode()[0] for start in ALIVE])
_SPACE = np.isin(np.arange(256), list(b" \t\n"))
"""By byte: whether a text that looks like a formula can begin with it, and whether it would be trimmed off an end."""


class ByRow(NamedTuple):
    """A format for each row: some formats of the workbook, and which of them (from 0) each row has."""

    looks: Sequence[Any]
    which: npt.NDArray[np.integer]


class Cells(NamedTuple):
    """One column of a block: texts, numbers or days, in whatever Arrow makes an array of; what is missing stays empty.

    `look`: a format of the workbook, or `ByRow`. `keep_blank`: an empty cell shows its format.
    """

    values: Any
    look: Any
    keep_blank: bool = False


def write_rows(
    page: Any, first: int, columns: Sequence[Cells], heights: Sequence[float] | npt.NDArray[np.floating] | None = None
) -> int:
    """Append rows to a sheet of a `StreamedWorkbook`, from row `first` (from 0) and column A on.

    `heights`: in points, one for each row. Every text is written as text, never as a formula or a link. Gives the row
    after the last.
    """
    encoders = [_Column(page, at, column) for at, column in enumerate(columns)]
    count = len(columns[0].values)
    if not count:
        return first
    page._check_dimensions(first, 0)
    page._check_dimensions(first + count - 1, len(columns) - 1)
    page._write_single_row(first)
    if count <= FEW and (few := _few_rows(encoders, first, count, heights)) is not None:
        page.row_data_fh.add(few.encode())
        page.previous_row = first + count
        return first + count
    for start in range(0, count, ROWS_AT_A_TIME):
        stop = min(start + ROWS_AT_A_TIME, count)
        numbers = _written(pa.array(np.arange(first + start + 1, first + stop + 1)))
        tops = _row_tags(numbers, None if heights is None else heights[start:stop])
        cells = chain.from_iterable(encoder.cells(numbers, start, stop) for encoder in encoders)
        rows = joined(*tops, *cells, "</row>", null_handling="replace")
        page.row_data_fh.add(_content(rows))
    page.previous_row = first + count
    return first + count


def _few_rows(
    encoders: Sequence[_Column], first: int, count: int, heights: Sequence[float] | npt.NDArray[np.floating] | None
) -> str | None:
    """The same rows, made as texts of Python; None where one holds the library's own markup."""
    if any(
        text and text.startswith(_MARKUP) for encoder in encoders if encoder.few.texts for text in encoder.few.values
    ):
        return None
    numbers = range(first + 1, first + count + 1)
    if heights is None:
        rows = [f'<row r="{number}">' for number in numbers]
    else:
        rows = [
            f'<row r="{number}" ht="{height:g}" customHeight="1">'
            for number, height in zip(numbers, heights, strict=True)
        ]
    for encoder in encoders:
        rows = [row + cell for row, cell in zip(rows, encoder.few_cells(first), strict=True)]
    return "</row>".join([*rows, ""])


def joined(*pieces: Any, null_handling: str = "emit_null") -> pa.Array:
    """For each row the pieces behind each other; where one is missing, nothing (`emit_null`), or all but that one."""
    pieces = tuple(pa.scalar(piece, pa.large_string()) if isinstance(piece, str) else piece for piece in (*pieces, ""))
    return pc.binary_join_element_wise(*pieces, null_handling=null_handling)


def _written(numbers: pa.Array) -> pa.Array:
    return numbers.cast(pa.large_string())


def _content(texts: pa.Array) -> npt.NDArray[np.uint8]:
    """All texts of an array, one behind the other, as bytes."""
    ends, content = _parts(texts)
    return content[ends[0] : ends[-1]]


def _parts(texts: pa.Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """Where each text begins and ends, and the bytes in which."""
    _, offsets, content = texts.buffers()
    ends = np.frombuffer(offsets, dtype=np.int64)[texts.offset : texts.offset + len(texts) + 1]
    return ends, np.frombuffer(content or b"", dtype=np.uint8)


def _row_tags(numbers: pa.Array, heights: Sequence[float] | npt.NDArray[np.floating] | None) -> tuple[Any, ...]:
    """How each row begins, in pieces."""
    if heights is None:
        return '<row r="', numbers, '">'
    different, which = np.unique(np.asarray(heights, dtype="float64"), return_inverse=True)
    written = pa.array([f'" ht="{height:g}" customHeight="1">' for height in different], pa.large_string())
    return '<row r="', numbers, written.take(pa.array(which))


def _as_array(values: Any) -> pa.Array:
    """Values as one array of texts, of numbers, or of texts that are kept once; days as spreadsheets count them."""
    array = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values, from_pandas=True)
    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    kind = array.type.value_type if pa.types.is_dictionary(array.type) else array.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        is_shared = pa.types.is_dictionary(array.type)
        return array.cast(pa.dictionary(pa.int32(), pa.large_string()) if is_shared else pa.large_string())
    if pa.types.is_temporal(kind):
        return pc.add(array.cast(pa.date32(), safe=False).cast(pa.int32()), _DAY_ZERO_BEFORE_1970)
    return array.cast(kind)


class _Few(NamedTuple):
    """The values of a few rows, all in texts of Python; `texts`: whether they are no numbers."""

    values: list[str | None]
    texts: bool


def _few(values: Any) -> _Few:
    kinds = {type(value) for value in values} - {type(None)} if isinstance(values, list) else {object}
    if kinds <= {str} and kinds:
        return _Few(values, texts=True)
    if kinds <= {int}:
        return _Few([None if value is None else str(value) for value in values], texts=False)
    array = _as_array(values)
    texts = _are_texts(array)
    return _Few((array if texts else _written(array)).to_pylist(), texts)


def _are_texts(values: pa.Array) -> bool:
    return bool(pa.types.is_large_string(values.type) or pa.types.is_dictionary(values.type))


class _Column:
    """The XML of one column."""

    def __init__(self, page: Any, at: int, column: Cells) -> None:
        self._values = column.values
        self._page, self._letters, self._keep_blank = page, _letters_of(at), column.keep_blank
        self._look = column.look if isinstance(column.look, ByRow) else None
        self._looks = column.look.looks if isinstance(column.look, ByRow) else [column.look]

    @cached_property
    def values(self) -> pa.Array:
        return _as_array(self._values)

    @cached_property
    def few(self) -> _Few:
        return _few(self._values)

    def few_cells(self, first: int) -> list[str]:
        """The cells of a few rows, `first` (from 0) on; an empty text where there is none."""
        values, are_texts = self.few
        if not self._keep_blank and not any(value is not None for value in values):
            return [""] * len(values)
        which = self._look.which if self._look else np.zeros(len(values), dtype=np.int64)
        alive = [at for at, text in enumerate(values) if text and text.startswith(ALIVE)] if are_texts else []
        looks, which = self._with_guarded(which, np.array(alive, dtype=np.intp))
        styles = [f'" s="{look._get_xf_index()}"' for look in looks]
        cells = []
        for number, value, at in zip(range(first + 1, first + len(values) + 1), values, which.tolist(), strict=True):
            begun = f'<c r="{self._letters}{number}{styles[at]}'
            if value is None:
                cells.append(f"{begun}/>" if self._keep_blank else "")
            elif are_texts:
                cells.append(
                    f'{begun} t="s"><v>{self._page.str_table._get_shared_string_index(value[:_LONGEST])}</v></c>'
                )
            else:
                cells.append(f"{begun}><v>{value}</v></c>")
        return cells

    def cells(self, numbers: pa.Array, start: int, stop: int) -> tuple[Any, ...]:
        """The cells of some rows, in pieces; null where there is none."""
        values = self.values.slice(start, stop - start)
        if values.null_count == len(values) and not self._keep_blank:
            return ()
        which = self._look.which[start:stop] if self._look else np.zeros(len(values), dtype=np.int64)
        if _are_texts(values):
            styles, content = self._styles(which, _alive(values)), self._texts(values)
        else:
            styles, content = self._styles(which, _NONE), ("><v>", _written(values), "</v></c>")
        if self._keep_blank and values.null_count:
            content = (joined(*content).fill_null("/>"),)
        pieces = (f'<c r="{self._letters}', numbers, styles, *content)
        return pieces if self._keep_blank or not values.null_count else (joined(*pieces),)

    def _styles(self, which: npt.NDArray[np.integer], alive: npt.NDArray[np.intp]) -> Any:
        """The attribute of each cell that says its format: a text for all, or one for each."""
        looks, which = self._with_guarded(which, alive)
        said = [f'" s="{look._get_xf_index()}"' for look in looks]
        return said[0] if len(said) == 1 else pa.array(said, pa.large_string()).take(pa.array(which))

    def _with_guarded(
        self, which: npt.NDArray[np.integer], alive: npt.NDArray[np.intp]
    ) -> tuple[list[Any], npt.NDArray[np.integer]]:
        """Formats, and which of them each row has. `alive`: which rows look like formulas, and are marked as texts
        (`safe_workbook.py`)."""
        looks = list(self._looks)
        if len(alive):
            which = which.copy()
            which[alive] += len(looks)
            guarded = set((which[alive] - len(looks)).tolist())
            looks += [self._page.book.guarded(look) if at in guarded else look for at, look in enumerate(looks)]
        return looks, which

    def _texts(self, values: pa.Array) -> tuple[Any, ...]:
        """What the cells say behind their formats, in pieces."""
        coded = _coded(values)
        if len(coded.dictionary) <= _SHARED_AT_MOST:
            texts = [text[:_LONGEST] for text in coded.dictionary.to_pylist()]
            if not any(text.startswith(_MARKUP) for text in texts):
                table = self._page.str_table
                indices = [table._get_shared_string_index(text) for text in texts]
                table.count += len(values) - values.null_count - len(texts)
                said = [f' t="s"><v>{index}</v></c>' for index in indices]
                if len(said) == 1 and not values.null_count:
                    return (said[0],)
                return (pa.array(said, pa.large_string()).take(coded.indices),)
        values = values.cast(pa.large_string())
        ends, content = _parts(values)
        held = ends[1:] > ends[:-1]
        at_ends = np.concatenate([content[ends[:-1][held]], content[ends[1:][held] - 1]])
        kept = ' xml:space="preserve"' if _SPACE[at_ends].any() else ""
        return f' t="inlineStr"><is><t{kept}>', _safe(values), "</t></is></c>"


_NONE = np.array([], dtype=np.intp)
_letters_of = cache(xl_col_to_name)


def with_own_texts(coded: pa.DictionaryArray) -> pa.DictionaryArray:
    """The same with no more texts in its dictionary than it says."""
    used = coded.indices.dictionary_encode()
    return pa.DictionaryArray.from_arrays(used.indices, coded.dictionary.take(used.dictionary))


def _coded(values: pa.Array) -> pa.DictionaryArray:
    """Texts of a block that are kept once, or the first of them where these differ too often."""
    if pa.types.is_dictionary(values.type):
        return with_own_texts(values)
    coded = values[:_LOOKED_AT].dictionary_encode()
    if len(coded.dictionary) <= _SHARED_AT_MOST and len(values) > _LOOKED_AT:
        coded = values.dictionary_encode()
    return coded


def _alive(texts: pa.Array) -> npt.NDArray[np.intp]:
    """Which texts look like formulas."""
    if pa.types.is_dictionary(texts.type):
        alive = _alive(texts.dictionary)
        return np.flatnonzero(np.isin(texts.indices.fill_null(-1), alive)) if len(alive) else _NONE
    ends, content = _parts(texts)
    held = np.flatnonzero(ends[1:] > ends[:-1])
    maybe = held[_ALIVE_FIRST[content[ends[held]]]]
    said = texts.take(pa.array(maybe)).to_pylist()
    return maybe[[text is not None and text.startswith(ALIVE) for text in said]] if len(maybe) else _NONE


def _safe(texts: pa.Array) -> pa.Array:
    """Texts as they stand in XML; what XML cannot hold as `_x001B_`, as spreadsheet programs write it."""
    content = _content(texts)
    together = pa.LargeStringArray.from_buffers(1, pa.py_buffer(np.array([0, len(content)])), pa.py_buffer(content))
    longest = pc.max(pc.binary_length(texts)).as_py() or 0
    if longest <= _LONGEST and not pc.match_substring_regex(together, _SUSPECT)[0].as_py():
        return texts
    said = [None if text is None else _UNSAFE.sub(_escape, text[:_LONGEST]) for text in texts.to_pylist()]
    return pa.array(said, pa.large_string())


def _escape(found: re.Match[str]) -> str:
    return _ENTITIES.get(found[0]) or f"_x{ord(found[0]):04X}_"

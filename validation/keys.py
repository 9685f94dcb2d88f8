"""Keys of tables: whether two rows share one, by a 64-bit hash a row and exactly where two hashes are alike; and which
rows of one table are those of another."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence, Sized
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)
_SEPARATOR = "\x1f"
"""Stands between texts that are looked at as one."""
_LONG, _SAMPLE, _FEW = 20_000, 1_000, 500
"""Shorter columns are looked at whole: a sample would cost as much."""
_MANY = 1_000
"""Among fewer texts others are looked up by themselves: hashes would cost as much. And fewer are looked for among many,
instead of many being hashed for them."""
_STEPS = 4_000
"""Texts that are nearly the same differ in fewer places: to hash them all costs more than to pass over so many."""
_FEW_OF = 50
"""Of so many known texts one may be looked for, and they are few still."""

Words = npt.NDArray[np.uint64]
Texts: TypeAlias = pd.Series | pd.Index | pa.ChunkedArray | Iterable[str]


def repeated_rows(columns: Sequence[pa.ChunkedArray]) -> npt.NDArray[np.int64]:
    """The rows whose values in all `columns` stand in another row too, in order; null is a value like any other."""
    hashes = _hashes(columns)
    if len(pd.unique(hashes)) == len(hashes):
        return np.empty(0, dtype=np.int64)
    alike = np.flatnonzero(pd.Series(hashes).duplicated(keep=False))
    rows = pa.array(alike)
    exact = pd.Series(list(zip(*(_plain(column.take(rows)) for column in columns), strict=True)))
    found: npt.NDArray[np.int64] = alike[exact.duplicated(keep=False).to_numpy()]
    return found


def is_one_of(texts: Texts, known: Texts) -> npt.NDArray[np.bool_]:
    """Whether each of `texts` is one of the `known` ones, by position; null is one where there is a null among these.

    As `Series.isin`, which makes an object of Python out of each known text and takes twenty times as long.

    >>> is_one_of(pd.Series(["b", "c"], dtype="str"), ["a", "b"]).tolist()
    [True, False]
    """
    return stand_in(texts_of(texts), texts_of(known))


def stand_in(texts: pa.Array, known: pa.Array) -> npt.NDArray[np.bool_]:
    """Whether each of `texts` is one of the `known` ones, both of one type; null is one where there is a null among
    these."""
    return Among(known).holds(texts)


class Among:
    """Texts among which others are looked for, hashed once for all who ask."""

    def __init__(self, known: pa.Array | pa.ChunkedArray) -> None:
        self._known = known.combine_chunks() if isinstance(known, pa.ChunkedArray) else known

    @cached_property
    def _hashed(self) -> _Hashed | None:
        return _hashed(self._known)

    def holds(self, texts: pa.Array) -> npt.NDArray[np.bool_]:
        """Whether each of some texts stands among them, as `stand_in`."""
        known = self._known
        if texts.equals(known):
            return np.ones(len(texts), dtype=bool)
        in_order = _places_in_order(texts, known)
        if in_order is not None:
            return in_order >= 0
        if len(texts) < max(_MANY, len(known) // _FEW_OF) and len(known) >= _MANY:
            known = known.filter(pc.is_in(known, value_set=texts))
            at = _places_by_hash(texts, _hashed(known))
        else:
            at = _places_by_hash(texts, self._hashed)
        if at is not None:
            return at >= 0
        found: npt.NDArray[np.bool_] = pc.is_in(texts, value_set=known).to_numpy(zero_copy_only=False)
        return found


def in_order_of(
    frame: pd.DataFrame, columns: Sequence[str], among: npt.NDArray[np.bool_] | None = None
) -> pd.DataFrame:
    """The rows of a frame, or those `among` them, in the order of some columns; what is missing comes last.

    As selecting and `sort_values`, which copy all columns one time each, and sort texts as objects of Python. A frame
    that is in order is not copied at all.

    >>> in_order_of(pd.DataFrame({"a": ["c", None, "b", "a"]}), ["a"], np.arange(4) < 3)["a"].tolist()
    ['b', 'c', nan]
    """
    keys = frame[[*columns]]
    rows = order_of(keys) if among is None else np.flatnonzero(among)[order_of(keys[among])]
    if len(rows) == len(frame) and is_rising(rows):
        return frame.reset_index(drop=True)
    with ThreadPoolExecutor(os.cpu_count() if is_long(rows) else 1) as pool:  # Arrow lets others go on as it copies
        taken = [*pool.map(lambda name: frame[name].array.take(rows), frame.columns)]
    return pd.DataFrame(dict(zip(frame.columns, taken, strict=True)), copy=False)


def order_of(keys: pd.DataFrame) -> npt.NDArray[np.int64]:
    """The positions of rows in the order of all columns; what is missing comes last."""
    by = [(name, "ascending") for name in keys.columns]
    order: npt.NDArray[np.int64] = pc.sort_indices(pa.Table.from_pandas(keys, preserve_index=False), by).to_numpy()
    return order.astype(np.int64)


def is_rising(rows: npt.NDArray[np.int64]) -> bool:
    """Whether positions rise from each to the next."""
    return bool((rows[1:] > rows[:-1]).all())


def looked_up(texts: pd.Series, known: pd.Series, values: pd.Series) -> pd.Series:
    """For each of `texts` what stands in `values` (texts, too) where it stands in `known`; missing where it does not.

    As `Series.map`, which makes an object of Python out of each text and takes ten times as long. Of texts that stand
    in `known` more than once the first counts.

    >>> found = looked_up(pd.Series(["b", "c"]), pd.Series(["a", "b"]), pd.Series(["one", "two"]))
    >>> found.tolist()
    ['two', nan]
    """
    at = positions(texts, known)
    found = texts_of(values).take(pa.array(at, mask=at < 0))
    return pd.Series(found.to_pandas().array, texts.index, dtype="str")


def positions(
    texts: pd.Series | pd.Index | pa.ChunkedArray, known: pd.Series | pd.Index | pa.ChunkedArray
) -> npt.NDArray[np.int64]:
    """Where each text stands in `known` first; -1 where it does not, or is missing.

    As `Index.get_indexer`, which makes an object of Python out of each text.

    >>> positions(pd.Series(["b", "c", None], dtype="str"), pd.Series(["a", "b"], dtype="str")).tolist()
    [1, -1, -1]
    """
    asked, among = texts_of(texts), texts_of(known)
    if not len(asked) or (asked.equals(among) and _rise(among)):
        return np.arange(len(asked))
    at = _places_in_order(asked, among)
    if at is None:
        at = _places_by_hash(asked, _hashed(among))
    if at is not None:
        return at
    found = pc.index_in(asked, value_set=among, skip_nulls=True)
    return np.asarray(found.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64)


def in_one_alone(left: pd.Series, right: pd.Series) -> int:
    """How many different texts stand in one of two columns and not in the other.

    >>> in_one_alone(pd.Series(["a", "b", "b"], dtype="str"), pd.Series(["a", "c"], dtype="str"))
    2
    """
    ours, theirs = texts_of(left), texts_of(right)
    alone = (one.filter(pa.array(~stand_in(one, other))) for one, other in ((ours, theirs), (theirs, ours)))
    return sum(len(each.unique()) for each in alone)


def repeats(texts: pd.Series) -> int:
    """How many of the texts, missing ones among them, stood before; ids that are in order are seen through at once.

    >>> repeats(pd.Series(["a", "b", "a", "a"], dtype="str"))
    2
    """
    return 0 if _rise(texts_of(texts)) else int(texts.duplicated().sum())


def _rise(texts: pa.Array) -> bool:
    """Whether each text is more than the one before it, and none is missing."""
    return not texts.null_count and pc.all(pc.less(texts[:-1], texts[1:])).as_py() is not False


def _places_in_order(texts: pa.Array, known: pa.Array) -> npt.NDArray[np.int64] | None:
    """Where each text stands among the known ones, -1 where it does not, of many that rise and are nearly the same:
    what stands in one alone is passed over one by one. None where that cannot be said, or takes more than `_STEPS`."""
    if min(len(texts), len(known)) < _MANY or not all(_rise(each[:_MANY]) and _rise(each) for each in (texts, known)):
        return None
    asked, among = _letters(texts), _letters(known)
    if asked is None or among is None or asked.shape[1] != among.shape[1]:
        return None
    places, at, stood = np.full(len(asked), -1, np.int64), 0, 0
    for _ in range(_STEPS):
        same = _alike_at_first(asked[at:], among[stood:])
        places[at : at + same] = np.arange(stood, stood + same)
        at, stood = at + same, stood + same
        if at == len(asked) or stood == len(among):
            return places
        comes_alone = asked[at].tobytes() < among[stood].tobytes()
        at, stood = at + comes_alone, stood + (not comes_alone)
    return None


def _alike_at_first(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> int:
    """How many rows are the same in both before the first that is not."""
    rows, begins, step = min(len(one), len(other)), 0, _MANY
    while begins < rows:
        ends = min(begins + step, rows)
        differ = one[begins:ends] != other[begins:ends]
        if differ.any():
            return begins + int(differ.any(axis=1).argmax())
        begins, step = ends, 4 * step
    return rows


class _Hashed(NamedTuple):
    """Texts of one `width` in bytes, as `words`; their different `hashes`, and the `first` text of each,
    where some are alike."""

    width: int
    words: Words
    hashes: pd.Index
    first: npt.NDArray[np.int64] | None


def _hashed(known: pa.Array) -> _Hashed | None:
    """Texts ready to be looked for. None among a few, and of texts of several widths or with missing ones."""
    letters = _letters(known) if len(known) >= _MANY else None
    if letters is None:
        return None
    words = _in_words(letters)
    index, first = pd.Index(_mixed(len(words), words.T)), None
    if not index.is_unique:
        first = np.flatnonzero(~index.duplicated())
        index = index[first]
    return _Hashed(letters.shape[1], words, index, first)


def _places_by_hash(texts: pa.Array, known: _Hashed | None) -> npt.NDArray[np.int64] | None:
    """Where each text stands among the known ones first, -1 where it does not: three times as fast as Arrow, which
    compares each with those that may be it. None where that cannot be said: of texts that are not as these, and where
    two texts have one hash."""
    asked = _letters(texts) if known is not None else None
    if known is None or asked is None or asked.shape[1] != known.width:
        return None
    words = _in_words(asked)
    at = known.hashes.get_indexer(pd.Index(_mixed(len(words), words.T))).astype(np.int64)
    found = np.flatnonzero(at >= 0)
    if known.first is not None:
        at[found] = known.first[at[found]]
    return at if (known.words[at[found]] == words[found]).all() else None


def texts_of(values: Texts) -> pa.Array:
    """Texts as one array of Arrow, whatever holds them."""
    given = values if isinstance(values, (pd.Series, pd.Index, pa.ChunkedArray)) else list(values)
    found = given if isinstance(given, pa.ChunkedArray) else pa.array(given, from_pandas=True)
    whole = found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
    return whole.cast(pa.large_string())


def has_few_texts(values: pa.ChunkedArray) -> bool:
    """Whether a long text column seems to hold few distinct texts, so that each is better looked at once."""
    if len(values) < _LONG or not pa.types.is_string(values.type):
        return False
    return len(values.slice(0, _SAMPLE).unique()) < _FEW


def in_one_text(values: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """What each list of texts holds, one after the other."""
    return pc.binary_join(values, _SEPARATOR)


def is_long(values: Sized) -> bool:
    """Whether a column is so long that to look for its distinct values may cost more than it spares."""
    return len(values) >= _LONG


def _hashes(columns: Sequence[pa.ChunkedArray]) -> Words:
    return _mixed(len(columns[0]), (words for column in columns for words in _words(column)))


def _mixed(rows: int, columns: Iterable[Words]) -> Words:
    """One word a row, made of those of all columns."""
    hashes = np.zeros(rows, dtype=np.uint64)
    for words in columns:
        hashes ^= words
        hashes *= _MULTIPLIER
        hashes ^= hashes >> _SHIFT
    return hashes


def _words(column: pa.ChunkedArray) -> Iterator[Words]:
    """The values of a column as 64-bit words, one or more a row: equal where, and only where, the values are."""
    if pa.types.is_list(column.type):
        column = in_one_text(column)
    if column.null_count:
        yield np.asarray(column.is_null().to_numpy()).astype(np.uint64)
    if (pa.types.is_int64(column.type) or pa.types.is_timestamp(column.type)) and not column.null_count:
        yield np.asarray(column.cast(pa.int64()).to_numpy()).view(np.uint64)
        return
    letters = _letters(column.chunk(0)) if column.num_chunks == 1 and not has_few_texts(column) else None
    if letters is not None:
        yield from _in_words(letters).T
        return
    codes = column.combine_chunks().dictionary_encode().indices.fill_null(0)
    yield np.asarray(codes.to_numpy(zero_copy_only=False)).astype(np.uint64)


def _letters(text: pa.Array) -> npt.NDArray[np.uint8] | None:
    """The bytes of texts that are all of one length, a row each; None where their lengths differ, or one is missing."""
    is_long = pa.types.is_large_string(text.type)
    if not (is_long or pa.types.is_string(text.type)) or not len(text) or text.null_count:
        return None
    _, ends, data = text.buffers()
    offsets = np.frombuffer(ends, np.int64 if is_long else np.int32)[text.offset : text.offset + len(text) + 1]
    width = int(offsets[1] - offsets[0])
    if not width or (np.diff(offsets) != width).any():
        return None
    return np.frombuffer(data, dtype=np.uint8)[offsets[0] : offsets[-1]].reshape(len(text), width)


def _in_words(letters: npt.NDArray[np.uint8]) -> Words:
    """Rows of bytes in words of eight."""
    short = -letters.shape[1] % 8
    return np.ascontiguousarray(np.pad(letters, ((0, 0), (0, short))) if short else letters).view(np.uint64)


def _plain(column: pa.ChunkedArray) -> list[Any]:
    values = column.to_pylist()
    return [tuple(value) if isinstance(value, list) else value for value in values]

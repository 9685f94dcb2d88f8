"""Columns of text as integers: every later step works on codes, and on each distinct text once."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from assets.households.linkage.arrays.compiled import compiled, kernel

Ints = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]
Hashes = npt.NDArray[np.uint64]
ROOM = 1024
"""Entries with which a compiled loop begins that does not know how many it will find (`doubled`)."""


def text_column(frame: pd.DataFrame, name: str) -> pa.Array | None:
    """Return a column as Arrow text (numbers and dates in their usual spelling), or None if the frame has none."""
    if name not in frame.columns:
        return None
    array = pa.array(frame[name], from_pandas=True)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if pa.types.is_null(array.type):
        return None
    return array if pa.types.is_large_string(array.type) else array.cast(pa.large_string())


def codes_and_values(array: pa.Array | None, rows: int) -> tuple[Ints, pa.Array]:
    """Return for each row the number of its text among the distinct ones (-1: none), and the distinct texts."""
    if array is None:
        return np.full(rows, -1, np.int32), pa.array([], pa.large_string())
    encoded = array.dictionary_encode()
    return encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32), encoded.dictionary


def remap(codes: Ints, table: npt.NDArray[Any], missing: int) -> Ints:
    """Replace each code by its entry in `table`; -1 becomes `missing`."""
    padded = np.append(table, missing).astype(np.int32)
    return padded[codes]


def clean(values: pa.Array, keep: str) -> pa.Array:
    """Upper case without accents; what `keep` (a character class) does not list becomes one space."""
    out = pc.utf8_normalize(values, form="NFKD")
    out = pc.utf8_upper(pc.replace_substring_regex(out, r"\p{M}|['’`´]", ""))
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(out, f"[^{keep}]+", " "))


def text_buffers(values: pa.Array) -> tuple[npt.NDArray[np.int64], Bytes]:
    """Return the offsets and the bytes of a large_string array without nulls."""
    _, offsets, data = values.buffers()
    starts = np.frombuffer(offsets, np.int64)[values.offset : values.offset + len(values) + 1]
    return starts, (np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(1, np.uint8))


def text_hashes(values: pa.Array) -> Hashes:
    """Return a 64-bit hash of each text: the same text, the same hash, on every machine and in every order."""
    return hash_texts(*text_buffers(values), np.uint64(len(values)))


def row_hashes(codes: Ints, values: pa.Array) -> Hashes:
    """Return the hash of each row's text, 0 where there is none (code -1); as `codes_and_values` gives them."""
    hashes: Hashes = np.append(text_hashes(values), np.uint64(0))[codes]
    return hashes


def column_hashes(frame: pd.DataFrame, name: str) -> Hashes:
    """Return the hash of each row's text in a column, 0 where there is none."""
    return row_hashes(*codes_and_values(text_column(frame, name), len(frame)))


def mixed(a: Hashes, b: Hashes) -> Hashes:
    """Return one hash of two, never 0."""
    return a * np.uint64(3) + b * np.uint64(0x9E3779B97F4A7C15) | np.uint64(1)


@kernel
def mix(h: np.uint64) -> np.uint64:
    """Scatter the bits of a 64-bit number (the finaliser of splitmix64)."""
    h = np.uint64(h)
    h ^= h >> np.uint64(30)
    h *= np.uint64(0xBF58476D1CE4E5B9)
    h ^= h >> np.uint64(27)
    h *= np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(31))


@compiled
def hash_texts(offsets: npt.NDArray[np.int64], data: Bytes, count: np.uint64) -> Hashes:
    """Hash each text of an Arrow array by FNV-1a and a final scatter."""
    out = np.empty(np.int64(count), np.uint64)
    for k in range(len(out)):
        h = np.uint64(0xCBF29CE484222325)
        for at in range(offsets[k], offsets[k + 1]):
            h = (h ^ np.uint64(data[at])) * np.uint64(0x100000001B3)
        out[k] = mix(h)
    return out


@compiled
def fixed_width(offsets: npt.NDArray[np.int64], data: Bytes, width: int) -> Bytes:
    """Return the first `width` bytes of each text, padded with zeros."""
    out = np.zeros((len(offsets) - 1, width), np.uint8)
    for k in range(len(out)):
        for at in range(min(width, offsets[k + 1] - offsets[k])):
            out[k, at] = data[offsets[k] + at]
    return out


@compiled
def packed_digits(letters: Bytes) -> Hashes:
    """Pack 16 characters into 64 bits, the first on top: 0 for none, 1 to 10 for digits, more for anything else."""
    out = np.zeros(len(letters), np.uint64)
    for k in range(len(letters)):
        packed = np.uint64(0)
        for at in range(16):
            c = letters[k, at]
            code = 0 if c == 0 else (c - 47 if 48 <= c <= 57 else 11 + c % 5)
            packed = packed << np.uint64(4) | np.uint64(code)
        out[k] = packed
    return out


@compiled
def doubled(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return an array twice as long that begins with the values: what a loop goes on filling."""
    out = np.empty(2 * len(values), values.dtype)
    out[: len(values)] = values
    return out

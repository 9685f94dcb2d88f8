"""What matching reads of a record as numbers, so that a change shows without a look at what it was before."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from assets.households.linkage.arrays.compiled import THREADS, compiled, kernel
from assets.households.linkage.arrays.text import Bytes, Hashes, column_hashes, mix, text_buffers, text_column
from assets.households.linkage.prepare.records import places_of

COLUMNS = (
    "record_id", "submission_id", "sheet", "kode_desa", "periode", "sumber", "nik", "nik_status", "no_kk", "kk_status",
    "nama", "jenis_kelamin", "tempat_lahir", "tanggal_lahir", "presisi_lahir", "umur", "hubungan", "kepala_keluarga",
    "alamat", "dusun", "rt", "rw", "nama_ibu", "nama_ayah",
)  # fmt: skip
"""Columns of records that matching reads."""
NUMBERS = ("nik", "no_kk", "alamat")
"""Columns of records that say nothing, or less, where too many have the same."""
BEHIND = 24
"""Bytes behind a text that are read with it."""
Rows = npt.NDArray[np.int64]


def content_of(records: pd.DataFrame) -> Hashes:
    """Hash all that matching reads of each record, so that a change shows."""
    names = [c for c in COLUMNS if c in records.columns and c != "record_id"]
    out = np.zeros(len(records), np.uint64)
    with ThreadPoolExecutor(THREADS) as pool:
        columns = list(pool.map(lambda name: text_column(records, name), names))

        def add(first: int, last: int) -> None:
            for number, texts in enumerate(columns):
                if texts is not None:
                    _add_column(out[first:last], texts[first:last], np.uint64(number))

        cuts = np.linspace(0, len(records), THREADS + 1).astype(int).tolist()
        list(pool.map(add, cuts[:-1], cuts[1:]))
    return out


def _add_column(out: Hashes, texts: pa.Array, salt: np.uint64) -> None:
    """Add to each number a hash of a text, or of that there is none."""
    bits, (starts, data) = texts.buffers()[0], text_buffers(texts)
    said = np.zeros(0, np.uint8) if bits is None else np.frombuffer(bits, np.uint8)
    words = data[: len(data) // 8 * 8].view(np.uint64)
    last = int(np.searchsorted(starts[1:], 8 * len(words) - BEHIND, side="right"))
    _add_hashes(out[:last], starts[: last + 1], words, said, texts.offset, salt)
    rest = np.zeros((starts[-1] - starts[last] + BEHIND) // 8 + 1, np.uint64)
    rest.view(np.uint8)[: starts[-1] - starts[last]] = data[starts[last] : starts[-1]]
    _add_hashes(out[last:], starts[last:] - starts[last], rest, said, texts.offset + last, salt)


def numbers_of(records: pd.DataFrame) -> list[Hashes]:
    """Return the hash of each record's `NUMBERS` as they are written (the address with its village), 0 where there is
    none."""
    return [column_hashes(records, "nik"), column_hashes(records, "no_kk"), places_of(records)]


@kernel
def _eight(words: Hashes, at: int, count: int) -> Any:
    """Return up to eight bytes from a place on as one number: `count` of them, none where that is less than 1."""
    shift = np.uint64((at & 7) * 8)
    both = words[at >> 3] >> shift | words[(at >> 3) + 1] << (np.uint64(63) - shift) << np.uint64(1)
    kept = np.uint64(8 * min(max(count, 0), 8))
    return both & ((np.uint64(1) << (kept >> np.uint64(1)) << (kept - (kept >> np.uint64(1)))) - np.uint64(1))


@kernel
def _hashed(h: Any, eight: Any) -> Any:
    h = (h ^ eight) * np.uint64(0x9E3779B97F4A7C15)
    h ^= h >> np.uint64(32)
    return h


@compiled
def _add_hashes(out: Hashes, starts: Rows, words: Hashes, said: Bytes, bit: int, salt: np.uint64) -> None:
    """Add to each number a hash of a text, taken eight bytes at a time; no text is another than an empty one.

    `words`: the bytes of the texts and at least `BEHIND` more.
    """
    seed = mix(salt + np.uint64(1))
    for k in range(len(out)):
        told = np.int64(1)
        if len(said) > 0:
            told = np.int64(said[(bit + k) >> 3] >> ((bit + k) & 7) & 1)
        at, length = starts[k], (starts[k + 1] - starts[k]) * told
        h = seed + np.uint64(told * (length + 1))
        h = _hashed(h, _eight(words, at, length))
        h = _hashed(h, _eight(words, at + 8, length - 8))  # most texts end here: no branch that is hard to foresee
        for further in range(16, length, 8):
            h = _hashed(h, _eight(words, at + further, length - further))
        out[k] += mix(h)

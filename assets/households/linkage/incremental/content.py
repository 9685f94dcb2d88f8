"""One hash of all that is read of a record: a change of a record is found without keeping its old values."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from assets.households.linkage.arrays.compiled import THREADS, compiled, kernel
from assets.households.linkage.arrays.text import Bytes, Hashes, column_hashes, mix, text_buffers, text_column
from assets.households.linkage.prepare.records import address_hashes

COLUMNS = (
    "record_id", "submission_id", "sheet", "kode_desa", "periode", "sumber", "nik", "nik_status", "no_kk", "kk_status",
    "nama", "jenis_kelamin", "tempat_lahir", "tanggal_lahir", "presisi_lahir", "umur", "hubungan", "kepala_keluarga",
    "alamat", "dusun", "rt", "rw", "nama_ibu", "nama_ayah",
)  # fmt: skip
"""Columns of records that matching reads."""
CONTENT = (*COLUMNS, "status_hidup", "kode_pmks")
"""The same, and what else decides how people are described and what is asked about them."""
SHARED_COLUMNS = ("nik", "no_kk", "alamat")
"""Columns whose value is ignored, or says less, where too many records share it."""
WORD = 8
"""Bytes of a 64-bit number: texts are hashed so many bytes at a time."""
PADDING = 3 * WORD
"""Bytes that may be read behind the end of a text."""
HASH_FACTOR = np.uint64(0x9E3779B97F4A7C15)
"""Odd number (2^64 divided by the golden ratio) by which each step of the hash multiplies."""
Rows = npt.NDArray[np.int64]
"""Row numbers, or counts of rows."""


def content_hashes(records: pd.DataFrame) -> Hashes:
    """Return a 64-bit hash of all that is read of each record (`CONTENT` without the id)."""
    names = [c for c in CONTENT if c in records.columns and c != "record_id"]
    out = np.zeros(len(records), np.uint64)
    with ThreadPoolExecutor(THREADS) as pool:
        columns = list(pool.map(lambda name: text_column(records, name), names))

        def add(first: int, last: int) -> None:
            for number, texts in enumerate(columns):
                if texts is not None:
                    _add_column(out[first:last], texts[first:last], salt=np.uint64(number))

        cuts = np.linspace(0, len(records), THREADS + 1).astype(int).tolist()
        list(pool.map(add, cuts[:-1], cuts[1:]))
    return out


def _add_column(out: Hashes, texts: pa.Array, salt: np.uint64) -> None:
    """Add to each number of `out` a hash of a text, or of the fact that there is none.

    `salt`: another number for each column.
    """
    bitmap, (starts, data) = texts.buffers()[0], text_buffers(texts)
    validity = np.zeros(0, np.uint8) if bitmap is None else np.frombuffer(bitmap, np.uint8)
    words = data[: len(data) // WORD * WORD].view(np.uint64)
    last = int(np.searchsorted(starts[1:], WORD * len(words) - PADDING, side="right"))
    _add_hashes(out[:last], starts[: last + 1], words, validity, texts.offset, salt)
    # The last texts lie too near the end of the buffer to be read with padding: hash them from a padded copy.
    rest = np.zeros((starts[-1] - starts[last] + PADDING) // WORD + 1, np.uint64)
    rest.view(np.uint8)[: starts[-1] - starts[last]] = data[starts[last] : starts[-1]]
    _add_hashes(out[last:], starts[last:] - starts[last], rest, validity, texts.offset + last, salt)


def shared_hashes(records: pd.DataFrame) -> list[Hashes]:
    """Return for each of `SHARED_COLUMNS` the hash of each record's value (the address with its village), 0 where there
    is none."""
    return [column_hashes(records, "nik"), column_hashes(records, "no_kk"), address_hashes(records)]


@kernel
def _word_at(words: Hashes, at: int, count: int) -> Any:
    """Return up to eight bytes from byte `at` on as one number: `count` of them, none where that is less than 1."""
    shift = np.uint64((at & 7) * 8)
    both = words[at >> 3] >> shift | words[(at >> 3) + 1] << (np.uint64(63) - shift) << np.uint64(1)
    bits = np.uint64(8 * min(max(count, 0), WORD))
    return both & ((np.uint64(1) << (bits >> np.uint64(1)) << (bits - (bits >> np.uint64(1)))) - np.uint64(1))


@kernel
def _hashed(h: Any, word: Any) -> Any:
    """Return the hash `h` continued by one word."""
    h = (h ^ word) * HASH_FACTOR
    h ^= h >> np.uint64(32)
    return h


@compiled
def _add_hashes(out: Hashes, starts: Rows, words: Hashes, validity: Bytes, first_bit: int, salt: np.uint64) -> None:
    """Add to each number of `out` a hash of a text; a missing text and an empty one have different hashes.

    `starts`: byte at which each text starts (texts + 1). `words`: the bytes of the texts and `PADDING` bytes more, as
    64-bit numbers. `validity`: Arrow's bitmap, from bit `first_bit` on 1 where there is a text; empty: there always is.
    """
    seed = mix(salt + np.uint64(1))
    for k in range(len(out)):
        present = np.int64(1)
        if len(validity) > 0:
            present = np.int64(validity[(first_bit + k) >> 3] >> ((first_bit + k) & 7) & 1)
        at, length = starts[k], (starts[k + 1] - starts[k]) * present
        h = seed + np.uint64(present * (length + 1))
        h = _hashed(h, _word_at(words, at, length))
        h = _hashed(h, _word_at(words, at + WORD, length - WORD))  # always done: a branch here is mispredicted often
        for further in range(2 * WORD, length, WORD):
            h = _hashed(h, _word_at(words, at + further, length - further))
        out[k] += mix(h)

"""What goes to a bucket: records that share a key go to the same one, each once.

A record has several keys (*legs*): one for each thing by which it may be compared with others. All records with one
key of one leg are in one bucket together, so that a bucket can compare them without asking the others. A record that
several legs send to a bucket goes there once; `legs` says by which.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from assets.households.linkage.arrays.lookup import GOLDEN_RATIO
from assets.households.linkage.arrays.text import Hashes
from assets.households.linkage.buckets.parcels import Numbers, Parcel
from assets.households.linkage.incremental.content import COLUMNS

ROW, LEGS = "row", "legs"
"""Columns of a shipped record: its number among all records, and a bit for each leg that sent it."""
UPPER_BITS = np.uint64(33)
Sent = Iterator[tuple[int, Parcel]]
"""Parcels by the number of the bucket that they go to."""


@dataclass(frozen=True)
class Part:
    """A row group of the file of records, its first record's number among all, and how many it has."""

    path: Path
    group: int
    first: int
    count: int

    def read(self, columns: Sequence[str] = COLUMNS) -> pa.Table:
        """Return the records with those of the columns that there are, and their numbers (`ROW`)."""
        file = pq.ParquetFile(self.path)
        table = file.read_row_group(self.group, columns=[c for c in columns if c in file.schema_arrow.names])
        return table.append_column(ROW, pa.array(np.arange(self.first, self.first + self.count)))


def parts_of(records: Path) -> list[Part]:
    """Return the parts of a file of records: its row groups."""
    metadata = pq.read_metadata(records)
    counts = [metadata.row_group(k).num_rows for k in range(metadata.num_row_groups)]
    firsts = np.cumsum([0, *counts]).tolist()
    return [Part(records, k, firsts[k], count) for k, count in enumerate(counts)]


def bucket_of(key: Hashes, buckets: int) -> Numbers:
    """Return the bucket of each key."""
    mixed = (key ^ (key >> UPPER_BITS)) * GOLDEN_RATIO
    return ((mixed >> UPPER_BITS) % np.uint64(buckets)).astype(np.int64)


def by_legs(legs: Hashes, buckets: int) -> Iterator[tuple[int, Numbers, npt.NDArray[np.uint16]]]:
    """Return for each bucket which rows go there, and the bits of the legs that send each.

    `legs`: rows × legs, 0 where a leg does not send the record.
    """
    row, leg = np.nonzero(legs)
    code = bucket_of(legs[row, leg], buckets) * len(legs) + row
    order = np.argsort(code, kind="stable")
    code, bit = code[order], np.uint16(1) << leg[order].astype(np.uint16)
    first = np.flatnonzero(np.append(True, np.diff(code) != 0))[: len(code)]
    masks = np.bitwise_or.reduceat(bit, first) if len(first) else bit
    bucket, row = code[first] // max(len(legs), 1), code[first] % max(len(legs), 1)
    ends = np.searchsorted(bucket, np.arange(buckets + 1))
    for number in np.unique(bucket).tolist():
        chosen = slice(ends[number], ends[number + 1])
        yield number, row[chosen], masks[chosen]


def by_bucket(key: Hashes, buckets: int) -> Iterator[tuple[int, Numbers]]:
    """Return for each bucket the rows whose key goes there."""
    bucket = bucket_of(key, buckets)
    order = np.argsort(bucket, kind="stable")
    ends = np.searchsorted(bucket[order], np.arange(buckets + 1))
    for number in np.unique(bucket).tolist():
        yield number, order[ends[number] : ends[number + 1]]


def packed(parcel: Parcel) -> bytes:
    """Write tables as compressed streams in Arrow's format, one after the other."""
    sink = pa.BufferOutputStream()
    for table in parcel:
        with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
            writer.write_table(table.combine_chunks())
    return bytes(sink.getvalue())


def unpacked(streams: bytes) -> Parcel:
    """Return the tables that `packed` wrote."""
    source, tables = pa.BufferReader(streams), list[pa.Table]()
    while source.tell() < source.size():
        tables.append(pa.ipc.open_stream(source).read_all())
    return tuple(tables)

"""What goes to a bucket: records that share a key go to the same one, each once, in columns that take little room.

A record has several keys (*legs*): one for each thing by which it may be compared with others. All records with one
key of one leg are in one bucket together, so that a bucket can compare them without asking the others. A record that
several legs send to a bucket goes there once; `legs` says by which.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from assets.households.linkage.arrays.lookup import GOLDEN_RATIO
from assets.households.linkage.arrays.text import Hashes
from assets.households.linkage.incremental.content import COLUMNS

ROW, LEGS = "row", "legs"
"""Columns of a shipped record: its number among all records, and a bit for each leg that sent it."""
UPPER_BITS = np.uint64(33)
LARGEST_DICTIONARY, LOOKED_AT = 0.5, 1000
"""Distinct texts for each row up to which a column is shipped as numbers of distinct texts; rows that tell it."""
Numbers = npt.NDArray[np.int64]
Sent = Iterator[tuple[int, pa.Table]]
"""Tables by the number of the bucket that they go to."""


@dataclass(frozen=True)
class Part:
    """A row group of the file of records, its first record's number among all, and how many it has."""

    path: Path
    group: int
    first: int
    count: int

    def read(self) -> pa.Table:
        """Return the records with the columns that matching reads, and their numbers (`ROW`)."""
        file = pq.ParquetFile(self.path)
        table = file.read_row_group(self.group, columns=[c for c in COLUMNS if c in file.schema_arrow.names])
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


def sent_by_legs(table: pa.Table, legs: Hashes, buckets: int) -> Sent:
    """Send each record to the buckets of its keys. `legs`: rows × legs, 0 where a leg does not send the record."""
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
        yield number, table.take(pa.array(row[chosen])).append_column(LEGS, pa.array(masks[chosen]))


def split_by_bucket(table: pa.Table, key: Hashes, buckets: int) -> Sent:
    """Send each row to the bucket of its key."""
    bucket = bucket_of(key, buckets)
    order = np.argsort(bucket, kind="stable")
    ends = np.searchsorted(bucket[order], np.arange(buckets + 1))
    for number in np.unique(bucket).tolist():
        yield number, table.take(pa.array(order[ends[number] : ends[number + 1]]))


def packed(table: pa.Table) -> bytes:
    """Write a table as one compressed stream in Arrow's format; texts that many rows share are written once."""
    columns = []
    for column in table.combine_chunks().columns:
        array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
            few = array[:LOOKED_AT]
            array = (
                array.dictionary_encode() if pc.count_distinct(few).as_py() <= LARGEST_DICTIONARY * len(few) else array
            )
        columns.append(array)
    batch = pa.RecordBatch.from_arrays(columns, names=table.column_names)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def unpacked(streams: Iterable[bytes]) -> pa.Table:
    """Return the rows of some streams (at least one) as `packed` wrote them, one after the other."""
    tables = []
    for stream in streams:
        table = pa.ipc.open_stream(stream).read_all()
        for number, field in enumerate(table.schema):
            if pa.types.is_dictionary(field.type):
                table = table.set_column(number, field.name, table.column(number).cast(field.type.value_type))
        tables.append(table)
    return pa.concat_tables(tables)

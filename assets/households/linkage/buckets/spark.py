"""Apache Spark as the engine: bytes go through it, and it never sees a record.

What is shuffled is one packed table for each part and bucket (`shipping.packed`). Rows taken apart in the JVM cost five
times as much. Each worker needs this package, its Python and the file of records at the same path. PySpark is an
optional dependency, imported here alone.
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from assets.households.linkage.buckets.engine import Results, Send, Shipped, Work, put_together, with_beside
from assets.households.linkage.buckets.shipping import Part, packed, unpacked

SENT = pa.schema([("bucket", pa.int32()), ("part", pa.int32()), ("packed", pa.binary())])
FOUND = pa.schema([("name", pa.string()), ("packed", pa.binary())])
GIVEN = -1
"""Stands for a part where a table was given to a bucket and not sent from a part."""
SETTINGS = {
    "spark.sql.adaptive.enabled": "false",  # a bucket is a task
    "spark.sql.execution.arrow.maxRecordsPerBatch": "4",  # rows are packed tables, and large
    "spark.driver.maxResultSize": "0",
    "spark.ui.showConsoleProgress": "false",
}
Batches = Iterable[pa.RecordBatch]


class SparkMissingError(Exception):
    """PySpark is not installed."""


@dataclass(frozen=True)
class Spark:
    """An engine that runs on a Spark session."""

    session: Any
    parts: Sequence[Part]
    buckets: int

    def ship(self, send: Send, beside: Sequence[pa.Table] | None = None, *, keep: bool = False) -> Shipped:
        """See `Engine`."""
        columns = [packed(each) for each in beside] if beside else [b""] * len(self.parts)
        tasks = pa.table({"part": pa.array(range(len(self.parts)), pa.int32()), "beside": pa.array(columns)})
        frame = self.session.createDataFrame(tasks).repartitionById(len(self.parts), "part")
        sent = frame.mapInArrow(_sending(send, self.parts), _columns(SENT))
        return _OnSpark(self.session, _kept_on_disk(sent) if keep else sent, self.buckets)


@dataclass(frozen=True)
class _OnSpark:
    session: Any
    sent: Any
    buckets: int

    def work(
        self, work: Work, given: Mapping[int, pa.Table] | None = None, only: Sequence[int] | None = None
    ) -> Results:
        sent = self.sent
        if only is not None:
            sent = sent.where(sent.bucket.isin(list(only)))
        if given:
            rows = [pa.array(given, pa.int32()), pa.array([GIVEN] * len(given), pa.int32())]
            tables = pa.table([*rows, pa.array(map(packed, given.values()), pa.binary())], SENT)
            sent = sent.union(self.session.createDataFrame(tables))
        found = sent.repartitionById(self.buckets, "bucket").mapInArrow(_working(work), _columns(FOUND)).toArrow()
        names, streams = found.column("name").to_pylist(), found.column("packed").to_pylist()
        return put_together({name: unpacked([stream])} for name, stream in zip(names, streams, strict=True))


def _sending(send: Send, parts: Sequence[Part]) -> Callable[[Batches], Iterator[pa.RecordBatch]]:
    """Return what a task does that sends parts to the buckets."""

    def run(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for number, stream in zip(batch["part"].to_pylist(), batch["beside"].to_pylist(), strict=True):
                part = with_beside(parts[number].read(), unpacked([stream]) if stream else None)
                for bucket, table in send(part):
                    yield _row(SENT, bucket, number, packed(table))

    return run


def _working(work: Work) -> Callable[[Batches], Iterator[pa.RecordBatch]]:
    """Return what a task does that works on buckets."""

    def run(batches: Batches) -> Iterator[pa.RecordBatch]:
        held: dict[int, list[tuple[int, bytes]]] = defaultdict(list)
        for batch in batches:
            for bucket, part, stream in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                held[bucket].append((part, stream))
        for bucket in sorted(held):
            streams = sorted(held.pop(bucket))
            given = [stream for part, stream in streams if part == GIVEN]
            records = [stream for part, stream in streams if part != GIVEN]
            if records:
                found = work(unpacked(records), unpacked(given) if given else None)
                for name, table in found.items():
                    yield _row(FOUND, name, packed(table))

    return run


def _row(schema: pa.Schema, *values: Any) -> pa.RecordBatch:
    arrays = [pa.array([value], field.type) for value, field in zip(values, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _columns(schema: pa.Schema) -> str:
    """Say a schema in Spark's words."""
    names = {pa.int32(): "int", pa.binary(): "binary", pa.string(): "string"}
    return ", ".join(f"{field.name} {names[field.type]}" for field in schema)


def _kept_on_disk(frame: Any) -> Any:
    from pyspark import StorageLevel

    return frame.persist(StorageLevel.DISK_ONLY)


@contextmanager
def spark_session(master: str) -> Iterator[Any]:
    """Start a Spark session, and stop it at the end. Other settings are Spark's own (`spark-defaults.conf`,
    `PYSPARK_SUBMIT_ARGS`). Raises SparkMissingError where PySpark is not installed."""
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise SparkMissingError from None
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(master).appName("pmks match")
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    try:
        yield session
    finally:
        session.stop()

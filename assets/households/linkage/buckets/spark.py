"""Apache Spark as the engine: bytes go through it, and it never sees a record.

What is shuffled is one packed table for each part and bucket (`shipping.packed`). Rows taken apart in the JVM cost five
times as much. Each worker needs this package, its Python and the file of records at the same path. PySpark is an
optional dependency, imported here alone.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa

from assets.households.linkage.buckets.engine import Results, Send, Shipped, Work, put_together, with_beside
from assets.households.linkage.buckets.shipping import Part, packed, unpacked
from assets.households.linkage.match_file import warm_up

GIVEN = -1
"""Stands for a part where a table was given to a bucket and not sent from a part."""
JVM = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Spark's JVM moves bytes: to compile its code well, and to collect garbage in parallel, costs more than it saves."""
KEPT_MEMORY = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "8589934592", "MALLOC_TOP_PAD_": "67108864"}
"""For glibc: workers keep what memory they have had, up to 8 GiB, for the next bucket. To be given pages anew for each
array took a sixth of their time for a million records."""
SETTINGS = {
    **{f"spark.executorEnv.{name}": value for name, value in KEPT_MEMORY.items()},
    "spark.driver.extraJavaOptions": JVM,
    "spark.executor.extraJavaOptions": JVM,
    "spark.python.daemon.module": "assets.households.linkage.buckets.spark",
    "spark.shuffle.compress": "false",  # what is packed is compressed
    "spark.driver.maxResultSize": "0",
    "spark.ui.showConsoleProgress": "false",
}
Packed = tuple[int, bytes]
"""Where a packed table comes from: the number of a part, or `GIVEN`."""


class SparkMissingError(Exception):
    """PySpark is not installed."""


@dataclass(frozen=True)
class Spark:
    """An engine that runs on a Spark context."""

    context: Any
    parts: Sequence[Part]
    buckets: int

    def ship(self, send: Send, beside: Sequence[pa.Table] | None = None) -> Shipped:
        """See `Engine`."""
        columns = [packed(each) for each in beside] if beside else [b""] * len(self.parts)
        tasks = self.context.parallelize(list(enumerate(columns)), len(self.parts))
        sent = tasks.mapPartitions(partial(_send, send, self.parts))
        return _OnSpark(self.context, sent.partitionBy(self.buckets, _its_own), self.buckets)


@dataclass(frozen=True)
class _OnSpark:
    """A bucket is a partition, and a task. What was sent to it stays in the files of the shuffle."""

    context: Any
    sent: Any
    buckets: int

    def work(
        self, work: Work, given: Mapping[int, pa.Table] | None = None, only: Sequence[int] | None = None
    ) -> Results:
        """See `Shipped`."""
        held = self.sent
        if given:
            tables = self.context.parallelize([(bucket, (GIVEN, packed(table))) for bucket, table in given.items()], 1)
            held = held.union(tables.partitionBy(self.buckets, _its_own))
        found = self.context.runJob(held, partial(_work, work), only)
        return put_together({name: unpacked([stream])} for name, stream in found)


def _its_own(bucket: int) -> int:
    """Return the partition of a bucket."""
    return bucket


def _send(send: Send, parts: Sequence[Part], tasks: Iterable[Packed]) -> Iterator[tuple[int, Packed]]:
    """Send the records of some parts to the buckets."""
    for number, stream in tasks:
        part = with_beside(parts[number].read(), unpacked([stream]) if stream else None)
        for bucket, table in send(part):
            yield bucket, (number, packed(table))


def _work(work: Work, sent: Iterable[tuple[int, Packed]]) -> list[tuple[str, bytes]]:
    """Work on a bucket."""
    streams = sorted(stream for _, stream in sent)
    given = [stream for part, stream in streams if part == GIVEN]
    records = [stream for part, stream in streams if part != GIVEN]
    if not records:
        return []
    found = work(unpacked(records), unpacked(given) if given else None)
    return [(name, packed(table)) for name, table in found.items()]


@contextmanager
def spark_context(master: str) -> Iterator[Any]:
    """Start Spark, and stop it at the end. Other settings are Spark's own (`spark-defaults.conf`,
    `PYSPARK_SUBMIT_ARGS`). Raises SparkMissingError where PySpark is not installed."""
    try:
        from pyspark import SparkConf, SparkContext
    except ImportError:
        raise SparkMissingError from None
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    conf = SparkConf().setMaster(master).setAppName("pmks match").setAll(list(SETTINGS.items()))
    context = SparkContext(conf=conf)
    context.setLogLevel("ERROR")
    try:
        yield context
    finally:
        context.stop()


def main() -> None:
    """Start Spark's Python workers from a process that has loaded and compiled what they need: each is a copy of it."""
    from pyspark.daemon import manager

    warm_up()
    manager()


if __name__ == "__main__":
    main()

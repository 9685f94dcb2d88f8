"""Apache Spark as the engine: bytes go through it, and it never sees a record.

What is shuffled is one packed table for each part and bucket (`shipping.packed`). Rows taken apart in the JVM cost five
times as much. Each worker needs this package, its Python and the file of records at the same path. PySpark is an
optional dependency, imported here alone.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa

from assets.households.linkage.buckets.engine import (
    Kept,
    Make,
    Results,
    Send,
    SendPart,
    Shipped,
    Work,
    put_together,
    with_beside,
)
from assets.households.linkage.buckets.parcels import Parcel
from assets.households.linkage.buckets.shipping import Part, Sent, packed, unpacked
from assets.households.linkage.match_file import warm_up
from warehouse.memory import KEEP_FREED

GIVEN = -1
"""Stands for a part where a table was given to a bucket and not sent from a part."""
JVM = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Spark's JVM moves bytes: to compile its code well, and to collect garbage in parallel, costs more than it saves."""
SETTINGS = {
    **{f"spark.executorEnv.{name}": value for name, value in KEEP_FREED.items()},
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

    def __init__(self) -> None:
        super().__init__("PySpark is not installed: pip install 'pmks-referral-pipeline[spark]'")


@dataclass(frozen=True)
class Spark:
    """An engine that runs on a Spark context."""

    context: Any
    parts: Sequence[Part]
    buckets: int

    def ship(self, send: SendPart) -> Shipped:
        """See `Engine`."""
        return _shipped(self.context, self._tasks().mapPartitions(partial(_send, send)), self.buckets)

    def keep(self, make: Make) -> Kept:
        """See `Engine`."""
        made = self._tasks().mapPartitions(partial(_make, make)).partitionBy(len(self.parts), _its_own)
        return _Kept(self.context, made, len(self.parts), self.buckets)

    def _tasks(self) -> Any:
        return self.context.parallelize(list(enumerate(self.parts)), len(self.parts))


@dataclass(frozen=True)
class _Kept:
    """A part is a partition. What was made of it stays in a file of its shuffle, from which each stage takes it."""

    context: Any
    made: Any
    parts: int
    buckets: int

    def ship(self, send: Send, beside: Sequence[pa.Table] | None = None) -> Shipped:
        """See `Kept`."""
        kept = _with_given(self.context, self.made, dict(enumerate(beside or ())), self.parts)
        return _shipped(self.context, kept.mapPartitions(partial(_send_kept, send)), self.buckets)


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
        held = _with_given(self.context, self.sent, given or {}, self.buckets)
        found = self.context.runJob(held, partial(_work, work), only)
        return put_together({name: table} for name, stream in found for table in unpacked(stream))


def _shipped(context: Any, sent: Any, buckets: int) -> Shipped:
    return _OnSpark(context, sent.partitionBy(buckets, _its_own), buckets)


def _with_given(context: Any, held: Any, given: Mapping[int, pa.Table], partitions: int) -> Any:
    """Add tables to the partitions for which they are given."""
    if not given:
        return held
    tables = context.parallelize([(number, (GIVEN, packed((table,)))) for number, table in given.items()], 1)
    return held.union(tables.partitionBy(partitions, _its_own))


def _its_own(number: int) -> int:
    """Return the partition of a bucket or part."""
    return number


def _send(send: SendPart, tasks: Iterable[tuple[int, Part]]) -> Iterator[tuple[int, Packed]]:
    """Send from some parts of the file to the buckets."""
    for number, part in tasks:
        yield from _packed(number, send(part))


def _make(make: Make, tasks: Iterable[tuple[int, Part]]) -> Iterator[tuple[int, Packed]]:
    """Make what is kept of some parts of the file."""
    for number, part in tasks:
        yield number, (number, packed(make(part)))


def _send_kept(send: Send, held: Iterable[tuple[int, Packed]]) -> Iterator[tuple[int, Packed]]:
    """Send from what is kept of a part to the buckets."""
    kept, beside = _opened(held)
    for number, parcel in kept:
        yield from _packed(number, send(parcel if beside is None else with_beside(parcel, beside)))


def _work(work: Work, sent: Iterable[tuple[int, Packed]]) -> list[tuple[str, bytes]]:
    """Work on a bucket."""
    records, given = _opened(sent)
    if not records:
        return []
    found = work([parcel for _, parcel in records], given)
    return [(name, packed((table,))) for name, table in found.items()]


def _packed(part: int, sent: Sent) -> Iterator[tuple[int, Packed]]:
    for bucket, parcel in sent:
        yield bucket, (part, packed(parcel))


def _opened(held: Iterable[tuple[int, Packed]]) -> tuple[list[tuple[int, Parcel]], pa.Table | None]:
    """Return the parcels in a partition by the number of the part that sent them, and the table that was given."""
    parcels = [(part, unpacked(stream)) for part, stream in sorted(packed for _, packed in held)]
    given = [parcel[0] for part, parcel in parcels if part == GIVEN]
    return [(part, parcel) for part, parcel in parcels if part != GIVEN], given[0] if given else None


@contextmanager
def spark_context(master: str, log: str = "ERROR") -> Iterator[Any]:
    """Start Spark, and stop it at the end. `log`: what it writes to its log. Other settings are Spark's own
    (`spark-defaults.conf`, `PYSPARK_SUBMIT_ARGS`). Raises SparkMissingError where PySpark is not installed."""
    try:
        from pyspark import SparkConf, SparkContext
    except ImportError:
        raise SparkMissingError from None
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    conf = SparkConf().setMaster(master).setAppName("pmks match").setAll(list(SETTINGS.items()))
    context = SparkContext(conf=conf)
    context.setLogLevel(log)
    try:
        yield context
    finally:
        context.stop()


def main() -> None:
    """Start Spark's Python workers from a process that has loaded and compiled what they need: each is a copy of it.

    A worker looks for garbage after each task; not among what was there before it began, which took longer than most
    tasks.
    """
    from pyspark.daemon import manager

    warm_up()
    gc.freeze()
    manager()


if __name__ == "__main__":
    main()

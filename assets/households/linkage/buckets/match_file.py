"""`pmks match --engine spark`: the same file of people as from one process, made on Spark."""

from __future__ import annotations

import resource
import time
from math import ceil
from pathlib import Path

import pyarrow.parquet as pq

from assets.households.linkage.blocking import Blocking
from assets.households.linkage.buckets.matching import match_in_buckets
from assets.households.linkage.buckets.shipping import parts_of
from assets.households.linkage.buckets.spark import Spark, spark_context
from assets.households.linkage.match_file import MatchReport, write_people
from assets.households.linkage.matching import Report
from assets.households.linkage.model.parameters import Model
from assets.households.linkage.prepare.records import hashes_of_ids
from warehouse.memory import keep_freed

RECORDS_A_BUCKET = 250_000
"""Records for each bucket, if nothing else is said; as each goes to several, a bucket has up to ten times as many."""


def buckets_for(records: int, asked: int | None) -> int:
    """Return into how many buckets so many records go, unless it is said."""
    return asked or max(1, ceil(records / RECORDS_A_BUCKET))


def match_file_on_spark(
    records: Path,
    out: Path,
    *,
    master: str,
    buckets: int | None = None,
    blocking: Path | None = None,
    model: Path | None = None,
    wrong_merge_cost: float | None = None,
    households: str | None = None,
) -> MatchReport:
    """Match the records of a Parquet file on Spark, and write what `match_file` writes with the same model.

    `buckets`: into how many the records go, each a task. Nothing is trained here: without `model` the shipped one
    serves. Raises as `match_file`, and SparkMissingError where PySpark is not installed.
    """
    keep_freed()
    rules = Blocking.load(blocking) if blocking else Blocking.load()
    given = (Model.load(model) if model else Model.default()).as_set(wrong_merge_cost, households)
    parts = parts_of(records)
    if "record_id" not in pq.read_schema(records).names:
        raise ValueError(f"{records.name} has no column record_id")
    ids = pq.read_table(records, columns=["record_id"]).to_pandas()
    hashes_of_ids(ids)
    buckets = buckets_for(len(ids), buckets)
    with spark_context(master) as context:
        found = match_in_buckets(Spark(context, parts, buckets), parts, buckets, given, rules)
    start = time.perf_counter()
    persons, homes = write_people(out, ids["record_id"], found.person, found.household)
    report = Report(found.timings, [], given.hash, "given" if model else "shipped", len(ids), found.scale.records)
    report.timings["write"] = round(time.perf_counter() - start, 4)
    report.peak_memory_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return MatchReport(len(ids), persons, homes, report)

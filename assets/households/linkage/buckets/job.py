"""Matching on Spark as a job beside the stage of households: what it is given and what it finds are files of a folder.

The stage starts it (`command`) and waits. Spark's driver, and all that it held, are gone when it ends. It tells a run
of Dagster how it went through Dagster Pipes. Nothing of what the records say leaves it by its logs or errors.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from math import ceil
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from dagster_pipes import open_dagster_pipes

from assets.households.linkage.blocking import Blocking
from assets.households.linkage.buckets.match_file import buckets_for
from assets.households.linkage.buckets.matching import links_of, match_in_buckets
from assets.households.linkage.buckets.shipping import parts_of
from assets.households.linkage.buckets.spark import Spark, SparkMissingError, spark_context
from assets.households.linkage.buckets.state import Left
from assets.households.linkage.cardless.possible import possible_table
from assets.households.linkage.incremental.content import COLUMNS
from assets.households.linkage.matching import decided_rows
from assets.households.linkage.model.parameters import Model
from assets.households.linkage.prepare.records import hashes_of_ids
from warehouse.errors import border
from warehouse.memory import keep_freed

RECORDS, MODEL, PEOPLE, HOMES = "records.parquet", "model.json", "people.parquet", "homes.parquet"
"""What it is given: the records, the model, and what reviewers said of people and of households."""
LABELS, LINKS, POSSIBLE = "labels.parquet", "links.parquet", "possible.parquet"
"""What it finds: person and household of each record, in the order of the records; links; households that may be
one."""
PAIRS, EDGES = "pairs.parquet", "edges.parquet"
"""What a later match starts from: weighed pairs of records, by their numbers, and edges of those of one dwelling."""
DECIDED = ["record_id_l", "record_id_r", "decision"]
ENDS_AND_WEIGHT = ["left", "right", "weight"]


class Found(NamedTuple):
    """What `matching.Clusters` says of the same records, under the same names."""

    person: npt.NDArray[np.int64]
    household: npt.NDArray[np.int64]
    links: pd.DataFrame
    possible: pd.DataFrame


def give(
    folder: Path, records: pd.DataFrame, model: Model, people: pd.DataFrame, homes: pd.DataFrame, buckets: int | None
) -> None:
    """Write what the job is given to an empty folder: `records` (at least one), `model` and decisions as for
    `matching.cluster_records`; each part of the file goes through one task."""
    given = pa.Table.from_pandas(records[[c for c in COLUMNS if c in records.columns]], preserve_index=False)
    pq.write_table(given, folder / RECORDS, row_group_size=ceil(len(records) / buckets_for(len(records), buckets)))
    model.save(folder / MODEL)
    people[DECIDED].to_parquet(folder / PEOPLE, index=False)
    homes[DECIDED].to_parquet(folder / HOMES, index=False)


def command(root: Path, folder: Path, master: str, buckets: int | None) -> list[str]:
    """Return the command that runs the job. `root`: the data home, which gets the text of an error.

    Raises SparkMissingError where PySpark is not installed.
    """
    if find_spec("pyspark") is None:
        raise SparkMissingError
    number = [] if buckets is None else ["--buckets", str(buckets)]
    return [sys.executable, "-m", __spec__.name, str(root), str(folder), "--master", master, *number]


def found(folder: Path) -> Found:
    """Read what the job has found."""
    labels = pd.read_parquet(folder / LABELS)
    return Found(
        labels["person"].to_numpy(),
        labels["household"].to_numpy(),
        pd.read_parquet(folder / LINKS),
        pd.read_parquet(folder / POSSIBLE),
    )


def left(folder: Path) -> Left:
    """Read what the job leaves to the next match."""
    labels = pq.read_table(folder / LABELS)
    person, known = (labels.column(name).to_numpy() for name in ("person", "known"))
    return Left(person, known, pq.read_table(folder / PAIRS), pq.read_table(folder / EDGES))


def match(folder: Path, master: str, buckets: int | None) -> dict[str, float]:
    """Match what lies in the folder, and write what was found; return seconds by stage."""
    parts, ids = parts_of(folder / RECORDS), pd.read_parquet(folder / RECORDS, columns=["record_id"])
    hashes_of_ids(ids)
    rows, number = np.arange(len(ids)), buckets_for(len(ids), buckets)
    people, homes = (decided_rows(ids["record_id"], rows, pd.read_parquet(folder / name)) for name in (PEOPLE, HOMES))
    model = Model.load(folder / MODEL)
    with spark_context(master, log="OFF") as context:  # Spark's log quotes what a task choked on
        engine = Spark(context, parts, number)
        got = match_in_buckets(engine, parts, number, model, Blocking.load(), people, homes, levels=True)
    labels = {"person": got.person, "household": got.household, "known": got.known}
    pq.write_table(pa.table(labels), folder / LABELS)
    pq.write_table(got.links.select(ENDS_AND_WEIGHT), folder / PAIRS)
    pq.write_table(got.edges.select(ENDS_AND_WEIGHT), folder / EDGES)
    links_of(got, ids["record_id"], people).to_parquet(folder / LINKS, index=False)
    possible_table(got.possible, ids["record_id"], rows).to_parquet(folder / POSSIBLE, index=False)
    return got.timings


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--master", required=True)
    parser.add_argument("--buckets", type=int)
    asked = parser.parse_args(arguments)
    keep_freed()
    with open_dagster_pipes() as pipes, border(asked.root, "matching-on-spark"):
        timings = match(asked.folder, asked.master, asked.buckets)
        pipes.log.info("; ".join(f"{stage} {seconds:.1f} s" for stage, seconds in timings.items()))


if __name__ == "__main__":
    main()

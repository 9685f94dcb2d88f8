"""How long matching takes when few of many records are new, against matching all of them, and that both agree.

    python bench/population.py OUT_DIR --records 1000000 --seed 5
    python bench/incremental.py OUT_DIR/records.parquet --new 2000

Prints wall and processor seconds: on a busy machine compare the latter.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq

from assets.households.linkage.blocking import Blocking
from assets.households.linkage.incremental.match_state import state_after
from assets.households.linkage.incremental.update import update
from assets.households.linkage.matching import cluster_records
from assets.households.linkage.model.parameters import Model

Result = TypeVar("Result")


def timed(what: str, work: Callable[[], Result]) -> tuple[Result, float, float]:
    wall, processor = time.perf_counter(), time.process_time()
    result = work()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    print(f"{what:<28} {wall:8.2f} s wall {processor:8.2f} s processor")
    return result, wall, processor


def same_partition(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> bool:
    pairs = pd.DataFrame({"a": a, "b": b}).drop_duplicates()
    return pairs["a"].is_unique and pairs["b"].is_unique


def compile_all(few: pd.DataFrame, model: Model, none: pd.DataFrame) -> None:
    """Compile, or load, all that is timed: match some records, then a few more."""
    rules = replace(Blocking.load(), pairs_per_record=10**6)  # so that no rule comes to have too many
    before = few.iloc[10:]
    state = state_after(before, cluster_records(before, model=model, blocking=rules), rules, none)
    update(state, few, model=model, blocking=rules, decisions=none)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("records", type=Path)
    parser.add_argument("--new", type=int, default=2000)
    given = parser.parse_args()
    records = pq.read_table(given.records).combine_chunks().to_pandas()
    model, rules = Model.default(), Blocking.load()
    none = pd.DataFrame({"record_id_l": [], "record_id_r": [], "decision": []}, dtype="str")
    many = records.head(len(records) - given.new)
    compile_all(records.head(5000), model, none)

    first, _, _ = timed("all but the new", lambda: cluster_records(many, model=model))
    state, _, _ = timed("the state of it", lambda: state_after(many, first, rules, none))
    got, part, part_cpu = timed(
        f"{given.new} new", lambda: update(state, records, model=model, blocking=rules, decisions=none)
    )
    whole, full, full_cpu = timed("all, from scratch", lambda: cluster_records(records, model=model))
    print(f"share: {part / full:.3f} of the wall time, {part_cpu / full_cpu:.3f} of the processor time")
    print(f"records matched again: {int(got.rematched.sum())} of {len(records)}")
    equal = same_partition(got.person, whole.person) and same_partition(got.household, whole.household)
    print("persons and households equal those of a match from scratch:", equal)


if __name__ == "__main__":
    main()

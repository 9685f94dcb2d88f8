"""How long matching takes when some of many records are new, against matching all of them, and that both agree.

    python -m bench.population OUT_DIR --records 1000000 --seed 5
    python -m bench.incremental OUT_DIR/records.parquet --new 2000

The new ones are spread evenly over the file. Each step is a process of its own, and leaves what it found in a folder
(`--folder`, of which an earlier run's steps are not done again): first all records from file to file, as `pmks match
link`; then all but the new; then, from the state of that, the new. Prints wall and processor seconds (on a busy machine
compare the latter) and the largest memory of each step. Where new records change the size class, as half of all do, no
state helps: the last step says so and matches all anew, as a run does.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq

from assets.households.linkage.blocking import Blocking
from assets.households.linkage.incremental.content import COLUMNS
from assets.households.linkage.incremental.match_state import MatchState, state_after
from assets.households.linkage.incremental.update import MustRebuildError, Updated, update
from assets.households.linkage.match_file import match_file, warm_up
from assets.households.linkage.matching import Clusters, cluster_records
from assets.households.linkage.model.parameters import DEFAULT_MODEL, Model

NO_DECISIONS = pd.DataFrame({"record_id_l": [], "record_id_r": [], "decision": []}, dtype="str")
WHOLE, STATE, UPDATED = "whole.parquet", "state", "updated.npz"
"""What the steps leave: people from file to file, the state of all but the new, labels after the new."""


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print seconds, and the most memory that this process has had so far."""
    wall, processor = time.perf_counter(), time.process_time()
    yield
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{what:<32} {wall:8.2f} s wall {processor:8.2f} s processor {memory:6.2f} GB", flush=True)


def records_of(path: Path, new: int, with_new: bool) -> pd.DataFrame:
    """Return the columns that are matched, of all records or of all but the new."""
    file = pq.ParquetFile(path)
    table = file.read([name for name in file.schema_arrow.names if name in COLUMNS])
    if not with_new:
        table = table.filter(~is_new(len(table), new))
    records: pd.DataFrame = table.to_pandas(split_blocks=True, self_destruct=True)
    return records


def is_new(records: int, new: int) -> npt.NDArray[np.bool_]:
    """Return which of so many records are new: `new` of them, evenly spread."""
    out = np.zeros(records, bool)
    out[np.linspace(0, records - 1, new).astype(np.int64)] = True
    return out


def from_file_to_file(path: Path, new: int, folder: Path) -> None:
    """Match all records."""
    warm_up()
    with timed("all, from file to file"):
        report = match_file(path, folder / WHOLE, model=DEFAULT_MODEL)
    print(f"{report.records} records, {report.persons} persons, {report.households} households")
    print("  ".join(f"{stage} {seconds:.2f}" for stage, seconds in report.match.timings.items()), flush=True)


def all_but_the_new(path: Path, new: int, folder: Path) -> None:
    """Match all but the new records, and keep the state."""
    many, model = records_of(path, new, with_new=False), Model.default()
    warm_up()
    with timed("all but the new"):
        first = cluster_records(many, model=model)
    with timed("the state of it"):
        state = state_after(many, first, Blocking.load(), NO_DECISIONS)
    state.save(folder / STATE, "")


def only_the_new(path: Path, new: int, folder: Path) -> None:
    """Match all records from the state of all but the new."""
    state, records = MatchState.load(folder / STATE, ""), records_of(path, new, with_new=True)
    assert state is not None
    warm_up()
    found: Updated | Clusters
    try:
        with timed(f"{new} new"):
            found = update(state, records, model=Model.default(), blocking=Blocking.load(), decisions=NO_DECISIONS)
        print(f"records matched again: {int(found.rematched.sum())} of {len(records)}", flush=True)
    except MustRebuildError as why:
        print(f"all are matched anew, since {why}", flush=True)
        with timed(f"{new} new, all anew"):
            found = cluster_records(records, model=Model.default())
    np.savez(folder / UPDATED, person=found.person, household=found.household)


def agree(folder: Path) -> bool:
    """Whether labels after the new are the persons and households of all."""
    with np.load(folder / UPDATED) as updated:
        return all(
            same_partition(updated[name], pq.read_table(folder / WHOLE, columns=[f"{name}_id"]).column(0).to_numpy())
            for name in ("person", "household")
        )


def same_partition(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> bool:
    """Whether two lists of labels put the same records together."""
    a, b = (pd.factorize(labels)[0] for labels in (a, b))
    return bool((a == b).all())  # both number their labels by their first record


STEPS = ((from_file_to_file, WHOLE), (all_but_the_new, f"{STATE}/state.npz"), (only_the_new, UPDATED))
"""Each step, with the last file that it leaves."""


def main() -> None:
    """Run the steps that are not done, and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", type=Path)
    parser.add_argument("--new", type=int, default=2000)
    parser.add_argument("--folder", type=Path, help="keep here what each step leaves")
    given = parser.parse_args()
    with TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for step, leaves in STEPS:
            if not (folder / leaves).exists():
                work = multiprocessing.get_context("spawn").Process(
                    target=step, args=(given.records, given.new, folder)
                )
                work.start()
                work.join()
                if work.exitcode:
                    raise SystemExit(f"{step.__name__} ended with {work.exitcode}")
        print("persons and households equal those of a match of all:", agree(folder))


if __name__ == "__main__":
    main()

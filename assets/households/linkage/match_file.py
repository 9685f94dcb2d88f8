"""`pmks match`: a table of records in a Parquet file to a table of persons and households in another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from assets.households.linkage.blocking import Blocking
from assets.households.linkage.incremental.content import COLUMNS
from assets.households.linkage.incremental.match_state import MatchState, state_after
from assets.households.linkage.incremental.update import update
from assets.households.linkage.matching import Report, check_memory, cluster_prepared, cluster_records
from assets.households.linkage.model.parameters import Model
from assets.households.linkage.prepare.records import prepare
from warehouse.memory import give_back

DECIDED = ["record_id_l", "record_id_r"]


class FileOfRecords:
    """The columns of a Parquet file that matching uses, each read when it is asked for: never all in memory at once.

    Raises ValueError for a file without `record_id`.
    """

    def __init__(self, path: Path) -> None:
        self._file = pq.ParquetFile(path)
        self.columns = [name for name in self._file.schema_arrow.names if name in COLUMNS]
        if "record_id" not in self.columns:
            raise ValueError(f"{path.name} has no column record_id")

    def __len__(self) -> int:
        return int(self._file.metadata.num_rows)

    def __getitem__(self, name: str, /) -> pd.Series:
        column: pd.Series = self._file.read([name]).column(0).to_pandas()
        return column


@dataclass(frozen=True)
class MatchReport:
    """How many records, persons and households a file match had, and the report of the match."""

    records: int
    persons: int
    households: int
    match: Report


def match_file(
    records: Path,
    out: Path,
    *,
    blocking: Path | None = None,
    model: Path | None = None,
    memory_limit: str | None = None,
    wrong_merge_cost: float | None = None,
    households: str | None = None,
) -> MatchReport:
    """Match the records of a Parquet file and write `record_id`, `person_id`, `household_id`, one row a record.

    The ids are `p…` and `h…` with the smallest record id of the cluster. They are good for this file only; lasting
    ids are given by the pipeline. `wrong_merge_cost`, `households`: in the place of the model's. Raises
    FileNotFoundError, and ValueError for a file without `record_id`, or a rule or model file that is not one. `out` is
    replaced whole or not at all.
    """
    rules = Blocking.load(blocking) if blocking else None
    given = Model.load(model) if model else None
    file = FileOfRecords(records)
    report = Report(records=len(file))
    check_memory(len(file), memory_limit)
    with report.stage("compile"):
        warm_up()
    with report.stage("prepare"):
        prepared = prepare(file)
    ids = file["record_id"]
    clusters = cluster_prepared(
        prepared, ids, report, model=given, blocking=rules, wrong_merge_cost=wrong_merge_cost, households=households
    )
    person, household = clusters.person, clusters.household
    del prepared, clusters  # most of the memory; of them nothing is written
    give_back()
    with report.stage("write"):
        persons, homes = write_people(out, ids, person, household)
    return MatchReport(len(ids), persons, homes, report)


def write_people(
    out: Path, record_ids: pd.Series, person: npt.NDArray[np.int64], household: npt.NDArray[np.int64]
) -> tuple[int, int]:
    """Write the person and household of each record, whole or not at all; return how many of both there are.

    `person`, `household`: labels, one a record.
    """
    ids = record_ids.astype("str")
    people = {"person_id": "p" + _smallest(ids, person), "household_id": "h" + _smallest(ids, household)}
    result = pd.DataFrame({"record_id": ids} | people)
    partial = out.with_name(out.name + ".part")
    pq.write_table(pa.Table.from_pandas(result, preserve_index=False), partial)
    partial.replace(out)
    return result["person_id"].nunique(), result["household_id"].nunique()


def warm_up() -> None:
    """Compile what is not compiled yet and load it, so that the time of no stage counts it.

    Matches two lists of an invented family that moved between them, in small blocks, so that these are split; then
    once more with a record changed, from what the first match left; then without cards and heads.
    """
    people = [("SITI AMINAH", "41"), ("BUDI SANTOSO", "01"), ("DEWI LESTARI", "42"), ("JOKO SANTOSO", "03")]
    lists = [
        pd.DataFrame(people, columns=["nama", "hari"]).assign(
            submission_id=which, rt=rt, alamat=f"JALAN {street}", kepala_keluarga=head, kode_desa=f"33.01.02.200{rt}"
        )
        for which, rt, street, head in (("a", "1", "MAWAR", "BUDI SANTOSO"), ("b", "2", "KENANGA", "JOKO SANTOSO"))
    ]
    few = pd.concat(lists, ignore_index=True)
    few = few.assign(
        record_id=list("abcdefgh"), nik="330102" + few["hari"] + "01900001", no_kk="330102010190000" + few["rt"],
        tanggal_lahir=pd.to_datetime("1990-01-" + few["hari"].str[1].str.zfill(2)), presisi_lahir="hari",
    ).drop(columns="hari")  # fmt: skip
    blocking = replace(Blocking.load(), largest_block=2)
    decisions = pd.DataFrame([("a", "e", "different"), ("a", "b", "same")], columns=[*DECIDED, "decision"])
    first = cluster_records(few, blocking=blocking, decisions=decisions)
    with TemporaryDirectory() as folder:
        state_after(few, first, blocking, decisions).save(Path(folder), "")
        before = MatchState.load(Path(folder), "")
        if before is not None:
            changed = few.assign(nama=few["nama"].where(few["record_id"] != "h", "JOKO SUSANTO"))
            again = update(before, changed, model=first.model, blocking=blocking, decisions=decisions)
            _ = first.links, again.clusters.links
    cluster_records(few.assign(no_kk=None, kepala_keluarga=None), blocking=blocking)


def _smallest(ids: pd.Series, labels: npt.NDArray[np.int64]) -> pd.Series[str]:
    """Return for each record the smallest record id of its cluster. `labels`: one a record."""
    order = np.lexsort((ids.to_numpy(), labels))
    first = np.append(True, np.diff(labels[order]) != 0)
    smallest = order[first][np.cumsum(first) - 1]
    back = np.empty(len(order), np.int64)
    back[order] = smallest
    return ids.take(back).reset_index(drop=True)

"""What validating tables costs: `python -m bench.borders [ROWS] [PARTITIONS]` (default 1,000,000 rows; 500 × 2,000).

Invented raw rows are written to a lake, and the records stage turns them into records: once as many small partitions,
once all rows as one. What reading such rows from files takes is measured on one partition. Prints the processor time of
the border checks as a share of all writing, and of reading, writing and making records together. Matching, referring
and publishing are not counted, so that the share of a whole run is smaller.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import warehouse.lake
from assets.intake.reading import READINGS, read_partition
from assets.records.stages.validate import VALIDATE
from bench.records import invented_rows
from validation.findings import findings_frame
from warehouse.archive import archived
from warehouse.home import DataHome
from warehouse.lake import Lake, Partition
from warehouse.stage import run_stage

ROWS_A_PARTITION = 2_000
HEADERS = {"nama": "NAMA", "nik": "NIK", "no_kk": "NO KK", "jenis_kelamin": "JENIS KELAMIN",
           "tanggal_lahir": "TANGGAL LAHIR", "alamat": "ALAMAT", "kategori": "JENIS PMKS"}  # fmt: skip
PREPARED = 5
"""Small partitions that differ; more of them only repeat these."""

Tables = dict[str, pd.DataFrame]


@dataclass
class Spent:
    """Processor seconds by what they went to."""

    of: dict[str, float] = field(default_factory=dict)

    def timed(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """`work`, with the time that it takes added up under `name`."""

        def run(*arguments: Any, **named: Any) -> Any:
            begin = cpu_seconds()
            try:
                return work(*arguments, **named)
            finally:
                self.of[name] = self.of.get(name, 0.0) + cpu_seconds() - begin

        return run


@contextmanager
def watched() -> Iterator[Spent]:
    """Time the checks and the writing of every lake."""
    spent, module = Spent(), warehouse.lake
    before = module.check_table, module.check_references, Lake.write
    module.check_table = spent.timed("tables", module.check_table)
    module.check_references = spent.timed("references", module.check_references)
    Lake.write = spent.timed("writing", Lake.write)  # type: ignore[method-assign]
    try:
        yield spent
    finally:
        module.check_table, module.check_references = before[:2]
        Lake.write = before[2]  # type: ignore[method-assign]


def cpu_seconds() -> float:
    """Processor time of this process and of the readers that it has waited for."""
    return sum(os.times()[:4])


def read_tables(rows: int, seed: int) -> Tables:
    """What reading files gives for so many invented rows."""
    raw, columns = invented_rows(rows, seed)
    ids = raw["submission_id"].unique()
    texts = pd.Series([None] * len(ids), dtype="str")
    facts: dict[str, Any] = dict.fromkeys(READINGS, texts) | {"submission_id": pd.Series(ids, dtype="str")}
    counts = raw.groupby("submission_id").size().reindex(ids).to_numpy()
    numbers = {"rows_physical": pd.array(counts, "Int64"), "rows_data": pd.array(counts, "Int64")}
    same = {"outcome": "accepted", "format": "xlsx", "periode": "2024"}
    numbers |= {"attempts": pd.array([0] * len(ids), "Int64")}
    readings = pd.DataFrame(facts | numbers).assign(control_total=pd.array([None] * len(ids), "Int64"), **same)
    return {
        "readings": readings,
        "ledger": raw[["submission_id", "sheet", "row"]].assign(kind="data"),
        "columns": columns.assign(header="x", mapped_by="alias", evidence=""),
        "raw_rows": raw,
        "intake_findings": findings_frame([]),
        "proposals": pd.DataFrame({"submission_id": texts[:0], "text": texts[:0]}),
    }


def submissions(ids: list[str]) -> pd.DataFrame:
    """The registry of these submissions."""
    text = dict.fromkeys(("path", "declaration", "run_id"), "x") | {"format": "xlsx", "periode": "2024"}
    places = {"kode_desa": None, "kode_kabupaten": "16.10"}
    frame = pd.DataFrame({"submission_id": pd.Series(ids, dtype="str")}).assign(**text, **places)
    frame = frame.astype(dict.fromkeys(places, "str"))
    return frame.assign(size_bytes=pd.array([1] * len(ids), "Int64"), received_at=np.datetime64("2025-01-01", "us"))


def seconds_a_row(raw: pd.DataFrame) -> float:
    """Processor seconds for a row of invented lists, from the bytes of CSV files to the tables of rows."""
    with tempfile.TemporaryDirectory(prefix="pmks-borders-") as folder:
        archive, registered = Path(folder), []
        for number, (_, rows) in enumerate(raw.groupby("submission_id")):
            content = rows[list(HEADERS)].rename(columns=HEADERS).to_csv(index=False, sep=";").encode()
            sid = hashlib.sha256(content).hexdigest()
            archived(archive, sid).parent.mkdir(exist_ok=True)
            archived(archive, sid).write_bytes(content)
            registered.append({"submission_id": sid, "path": f"16.10.05.2036/2024/{number}.csv", "format": "csv"})
        known = pd.DataFrame(registered).assign(periode="2024", declaration="{}")
        begin = cpu_seconds()
        read = read_partition(known, archive, workers=1)
        return (cpu_seconds() - begin) / len(read.raw_rows)


def measured(partitions: list[Tables], reading: float) -> None:
    """Write and validate all partitions in a new lake, and print what the checks took of it, reading included."""
    with tempfile.TemporaryDirectory(prefix="pmks-borders-") as folder:
        home = DataHome(root=Path(folder), inbox=Path(folder) / "inbox")
        lake = Lake(home.lake)
        ids = sorted({sid for tables in partitions for sid in tables["readings"]["submission_id"]})
        lake.write("submissions", {"submissions": submissions(ids)}, inputs="1")
        validate = [Partition("16.10", f"{1000 + number}") for number in range(len(partitions))]
        with watched() as spent:
            begin = cpu_seconds()
            for partition, tables in zip(validate, partitions, strict=True):
                lake.write("rows", tables, inputs=partition.periode, partition=partition)
                run_stage(VALIDATE.begin(lake, home, partition=partition))
            made = cpu_seconds() - begin
        checks = spent.of["tables"] + spent.of["references"]
        rows = sum(len(tables["raw_rows"]) for tables in partitions)
        whole = made + reading * rows
        print(f"borders: {rows:,} rows in {len(partitions)} partitions, 10 tables each")
        print(f"  checks {checks:.2f} s ({spent.of['tables']:.2f} tables, {spent.of['references']:.2f} references)")
        print(f"  {checks / spent.of['writing']:.1%} of all writing ({spent.of['writing']:.1f} s)")
        print(f"  {checks / whole:.1%} of reading ({reading * rows:.0f} s), writing and making records ({made:.0f} s)")
        print(f"  {1000 * checks / len(partitions) / 10:.2f} ms a table")


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 500
    prepared = [read_tables(ROWS_A_PARTITION, seed) for seed in range(PREPARED)]
    seconds_a_row(prepared[0]["raw_rows"].head(300))  # rule tables and schemas are loaded once a process
    reading = seconds_a_row(prepared[0]["raw_rows"])
    with contextlib.redirect_stdout(io.StringIO()):
        measured(prepared[:1], reading)
    measured([prepared[number % PREPARED] for number in range(count)], reading)
    measured([read_tables(rows, 7)], reading)


if __name__ == "__main__":
    main()

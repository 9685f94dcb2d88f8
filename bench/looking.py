"""What looking costs in a large data home: a smaller one copied many times under other ids, villages and paths.

    pmks run --inbox FOLDER --data SMALL
    python -m bench.looking copy SMALL LARGE --copies 52     the lake of SMALL, copied, and its warehouse
    python -m bench.looking project LARGE                    what projecting it anew costs
    python -m bench.looking trace LARGE                      what `pmks trace` takes from each kind of id

Seconds are of the processor: of projecting once, of a trace the least of five, the start of the command included.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from validation.directorates import directorates
from warehouse.connection import literal, memory, opened
from warehouse.home import DataHome
from warehouse.lake import Lake
from warehouse.manifests import Manifest, Manifests, Partition
from warehouse.migrations import stamp
from warehouse.projection import project
from warehouse.tables import lake_tables, tables
from warehouse.wholeness import DIGEST_LENGTH

_DIGITS = {"record": 32, "submission": 64, "referral": 24, "entity": 16, "event": 40, "pair": 12}
_KIND = {
    "record_id": "record", "record_id_l": "record", "record_id_r": "record", "record_ids": "record",
    "submission_id": "submission", "superseded_by": "submission", "superseded_id": "submission",
    "referral_id": "referral", "event_id": "event", "pair_id": "pair", "id": "entity", "other_id": "entity",
    "retired_into": "entity", "kode_desa": "village", "kode_kabupaten": "village", "path": "path",
}  # fmt: skip
_ENTITIES = ("person_id", "household_id")


def kind_of(column: str) -> str:
    """What a column of that name holds, of what differs between copies; empty for what does not."""
    if column in _KIND:
        return _KIND[column]
    if column.endswith("_record_id"):
        return "record"
    return "entity" if any(name in column for name in _ENTITIES) else ""


def _other(kind: str, value: str) -> str:
    """SQL for the value that stands in copy `k` in the place of another; copy 0 is the home as it is."""
    if kind == "village":
        other = f"lpad(CAST(CAST({value}[:2] AS INTEGER) + k AS VARCHAR), 2, '0') || {value}[3:]"
    elif kind == "path":
        other = f"'salinan ' || k || '/' || {value}"
    else:
        first = f"{value}[:1] || " if kind in ("referral", "entity", "pair") else ""
        other = f"{first}{'upper' if kind == 'entity' else ''}(sha256({value} || '/' || k)[:{_DIGITS[kind]}])"
    return f"CASE WHEN k = 0 OR {value} IS NULL OR {value} = '' THEN {value} ELSE {other} END"


def _column(column: str, is_list: bool) -> str:
    kind = kind_of(column)
    if not kind:
        return f'"{column}"'
    made = f'list_transform("{column}", x -> {_other(kind, "x")})' if is_list else _other(kind, f'"{column}"')
    return f'{made} AS "{column}"'


def copied(small: Lake, large: Path, copies: int) -> None:
    """Write the lake that holds `small` so many times over."""
    stamp(large)
    stages = sorted({table.stage for table in lake_tables().values()})
    with memory() as con:
        for stage in stages:
            for partition, manifest in small.manifests(stage).items():
                parts = [range(k, k + 1) for k in range(copies)] if partition else [range(copies)]
                for part in parts:
                    _copy(con, small, large, manifest, partition, part)


def _copy(
    con: duckdb.DuckDBPyConnection,
    small: Lake,
    large: Path,
    manifest: Manifest,
    partition: Partition | None,
    copies: range,
) -> None:
    """Write the tables of a manifest with their copies, and a manifest of those."""
    files, rows = {}, {}
    if partition:
        code = int(partition.kode_kabupaten[:2]) + copies[0]
        partition = Partition(f"{code:02}{partition.kode_kabupaten[2:]}", partition.periode)
    for table, file in manifest.files.items():
        source = pq.ParquetFile(small.root / file).read()
        many = any(kind_of(name) for name in source.column_names)
        shown = ", ".join(_column(f.name, pa.types.is_list(f.type)) for f in source.schema)
        order = ", ".join(f'"{name}"' for name in tables()[table].key) or "ALL"
        found = con.from_arrow(source).query(
            "source",
            f"SELECT {shown} FROM source, range({copies[0]}, {copies[-1] + 1 if many else copies[0] + 1}) AS t(k) "
            f"ORDER BY {order}",
        )
        made = found.to_arrow_table().cast(source.schema)
        sink = pa.BufferOutputStream()
        pq.write_table(made, sink, compression="zstd")
        content = sink.getvalue().to_pybytes()
        folder = f"{table}/kode_kabupaten={partition[0]}/periode={partition[1]}" if partition else table
        files[table] = f"{folder}/part-{hashlib.sha256(content).hexdigest()[:DIGEST_LENGTH]}.parquet"
        rows[table] = made.num_rows
        (large / folder).mkdir(parents=True, exist_ok=True)
        (large / files[table]).write_bytes(content)
    Manifests(large).write(Manifest(manifest.stage, "", "", files, rows), partition)


def projected(home: DataHome) -> dict[str, int]:
    """Make the warehouse anew; prints what it cost."""
    for file in home.warehouse.parent.glob("*warehouse.duckdb*"):
        file.unlink()
    wall, cpu = time.perf_counter(), time.process_time()
    rows = project(Lake(home.lake), home.warehouse)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    size = home.warehouse.stat().st_size
    sys.stdout.write(
        f"projected {sum(rows.values())} rows: {wall:.1f} s, {cpu:.1f} of the processor, {size >> 20} MB\n"
    )
    return rows


def ids(warehouse: Path) -> dict[str, str]:
    """An id of each kind that can be traced, and one that is nearly an id."""
    name = next(iter(directorates()))
    with opened(warehouse, read_only=True) as con:
        referral, person, household, record, village, rule = con.execute(
            f"SELECT referral_id, person_id, household_id, record_ids[1], kode_desa, rule_id FROM referrals.{name} "
            "WHERE len(record_ids) > 1 ORDER BY md5(referral_id) LIMIT 1"
        ).fetchall()[0]
        submission, sheet, row = con.execute(
            f'SELECT submission_id, sheet, "row" FROM records.accepted WHERE record_id = {literal(record)}'
        ).fetchall()[0]
        path = con.execute(
            f"SELECT path FROM intake.submissions WHERE submission_id = {literal(submission)}"
        ).fetchall()
    return {
        "a referral": referral, "a person": person, "a household": household, "a record": record,
        "a cell": f"{path[0][0]}!{sheet}!C{row}", "a list": submission, "a path": path[0][0], "a village": village,
        "a rule": rule, "a wrong id": f"{person[:9]}{'A' if person[9] != 'A' else 'B'}{person[10:]}",
    }  # fmt: skip


def processor(command: list[str]) -> float:
    """Processor seconds of a command, with those it starts: the least of five times."""
    return min(_once(command) for _ in range(5))


def _once(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ), check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("copy", "project", "trace"))
    parser.add_argument("homes", type=Path, nargs="+")
    parser.add_argument("--copies", type=int, default=52)
    given = parser.parse_args()
    *small, large = (DataHome(path, path / "inbox") for path in given.homes)
    if given.what == "copy":
        copied(Lake(small[0].lake), large.lake, given.copies)
    if given.what in ("copy", "project"):
        projected(large)
        return
    pmks = [sys.executable, "-c", "from pipelines.cli import main; main()"]
    sys.stdout.write(f"| from | processor s |\n|---|---|\n| pmks --help | {processor([*pmks, '--help']):.2f} |\n")
    for what, any_id in ids(large.warehouse).items():
        cost = processor([*pmks, "trace", any_id, "--data", str(large.root)])
        sys.stdout.write(f"| {what} | {cost:.2f} |\n")


if __name__ == "__main__":
    main()

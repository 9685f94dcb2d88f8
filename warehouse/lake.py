"""The lake: the output of every stage as Parquet, swapped in whole, with a manifest that says what it was made from.

Danger: a stage is killed between two of its tables, and the next one reads half of it. Remedy: a stage's new
files carry their own names and count only once its manifest, replaced atomically, lists them; readers go by
manifests, never by what lies in the folder.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from validation.borders import check_references, check_table
from warehouse.files import write_whole, writing_together
from warehouse.migrations import stamp
from warehouse.tables import Table, arrow_schema, tables

DIGEST_LENGTH = 32
"""Hexadecimal digits of a SHA-256 that name a lake file by its bytes."""


class Partition(NamedTuple):
    """Kabupaten/kota and reporting period: the unit in which files are read and records validated."""

    kode_kabupaten: str
    periode: str


@dataclass(frozen=True)
class Manifest:
    """What a stage wrote: `inputs` names what it was made from, `digest` what came out, `rows` how many by table."""

    stage: str
    inputs: str
    digest: str
    files: dict[str, str]
    rows: dict[str, int]
    facts: dict[str, Any] = field(default_factory=dict)


def digest_of(*parts: object) -> str:
    """Hash any JSON-able facts into one short, stable name (SHA-256, 32 hex digits)."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class Reader(Protocol):
    """What gives tables by name: the lake, or a stage at work, which has only those that it declares."""

    def read(self, table: str, partition: Partition | None = None, columns: list[str] | None = None) -> pd.DataFrame:
        """One table as a frame, of one partition or of all; empty if nothing was written yet."""
        ...


class Lake:
    """The tables of all stages under one folder. Which stage writes a table stands in its declaration."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(
        self,
        stage: str,
        content: Mapping[str, pd.DataFrame],
        *,
        inputs: str,
        partition: Partition | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> Manifest:
        """Replace what `stage` (of `partition`) holds by `content`, all or nothing; a full disk changes nothing.

        Every table is cast to its declared schema (`warehouse/tables/`); a frame that lacks a declared column
        or has one that is not declared raises `pyarrow.ArrowInvalid` or `KeyError`, and one whose rows break the
        declaration or refer to nothing raises `validation.borders.InvalidTableError`; a table of another stage
        raises `ValueError`.
        """
        foreign = [name for name in content if declared(name).stage != stage]
        if foreign:
            raise ValueError(f"stage {stage} does not write {', '.join(foreign)}")
        if not (self.root / "_manifests").exists():
            stamp(self.root)
        files, rows, contents = {}, {}, {}
        known = _Known(self, content)
        with writing_together() as write_file:
            for name, frame in content.items():
                table = to_arrow(name, frame)
                check_table(declared(name), table)
                check_references(declared(name), table, known)
                parquet = _parquet(table)
                contents[name] = hashlib.sha256(parquet).hexdigest()[:DIGEST_LENGTH]
                relative = _folder(name, partition) / f"part-{contents[name]}.parquet"
                if not (self.root / relative).exists():
                    write_file(self.root / relative, parquet)
                files[name], rows[name] = relative.as_posix(), table.num_rows
        digest = digest_of(contents)
        manifest = Manifest(stage, inputs, digest, files, rows, dict(facts or {}))
        old = self.manifest(stage, partition)
        self._write_manifest(manifest, partition)
        for gone in set(old.files.values() if old else ()) - set(files.values()):
            (self.root / gone).unlink(missing_ok=True)
        return manifest

    def manifest(self, stage: str, partition: Partition | None = None) -> Manifest | None:
        """What `stage` last wrote (for `partition`), or None if it never finished."""
        path = self._manifest_path(stage, partition)
        return Manifest(**json.loads(path.read_text())) if path.exists() else None

    def _write_manifest(self, manifest: Manifest, partition: Partition | None) -> None:
        write_whole(self._manifest_path(manifest.stage, partition), json.dumps(asdict(manifest), indent=1).encode())

    def require_again(self, stage: str, partition: Partition | None = None) -> None:
        """Have a stage run again (for `partition`), whatever it was made from; what it wrote stands until then."""
        manifest = self.manifest(stage, partition)
        if manifest is not None:
            self._write_manifest(replace(manifest, inputs=""), partition)

    def partitions(self, stage: str) -> list[Partition]:
        """The partitions for which `stage` has finished at least once, in order."""
        folder = self.root / "_manifests" / stage
        return sorted(Partition(*path.stem.split("__")) for path in folder.glob("*__*.json"))

    def manifests(self, stage: str) -> dict[Partition | None, Manifest]:
        """All manifests of a stage, by partition (None for a stage without partitions)."""
        keys: list[Partition | None] = [*self.partitions(stage), None]
        found = {key: self.manifest(stage, key) for key in keys}
        return {key: manifest for key, manifest in found.items() if manifest is not None}

    def digest(self, *stages: str) -> str:
        """One hash over the present output of whole stages, to be the `inputs` of what is made from them."""
        return digest_of([(s, key, m.digest) for s in stages for key, m in self.manifests(s).items()])

    def files(self, table: str, partition: Partition | None = None) -> list[Path]:
        """The Parquet files that hold `table` now: of one partition, or of all."""
        stage = declared(table).stage
        found = [self.manifest(stage, partition)] if partition else list(self.manifests(stage).values())
        return [self.root / m.files[table] for m in found if m is not None and table in m.files]

    def read(self, table: str, partition: Partition | None = None, columns: list[str] | None = None) -> pd.DataFrame:
        """Read `table` as a frame: of one partition, or of all, in partition order; empty if there is none."""
        schema = arrow_schema(table)
        parts = [pq.read_table(path, columns=columns) for path in self.files(table, partition)]
        if not parts:
            wanted = schema if columns is None else pa.schema([schema.field(c) for c in columns])
            parts = [wanted.empty_table()]
        return to_pandas(pa.concat_tables(parts, promote_options="default"))

    def rows(self, table: str) -> int:
        """How many rows `table` has, over all partitions."""
        return sum(manifest.rows.get(table, 0) for manifest in self.manifests(declared(table).stage).values())

    def column(self, table: str, column: str) -> pa.ChunkedArray | None:
        """The values of a column in all files of `table`; None if it was never written."""
        files = self.files(table)
        if not files:
            return None
        chunks = [chunk for file in files for chunk in _column_of(file, column).chunks]
        return pa.chunked_array(chunks, arrow_schema(table).field(column).type)

    def _manifest_path(self, stage: str, partition: Partition | None) -> Path:
        folder = self.root / "_manifests"
        return folder / stage / f"{partition[0]}__{partition[1]}.json" if partition else folder / f"{stage}.json"


def declared(table: str) -> Table:
    """The declaration of a lake table. Raises `KeyError` for a name that no stage writes."""
    found = tables().get(table)
    if found is None or not found.stage:
        raise KeyError(f"{table} is not declared as a table of the lake")
    return found


class _Known:
    """The values of a column of any table: of those that are being written, else of those in the lake."""

    def __init__(self, lake: Lake, written: Mapping[str, pd.DataFrame]) -> None:
        self._lake, self._written = lake, written
        self._found: dict[tuple[str, str], pa.ChunkedArray | None] = {}

    def __call__(self, table: str, column: str) -> pa.ChunkedArray | None:
        if (table, column) not in self._found:
            own = self._written.get(table)
            kind = arrow_schema(table).field(column).type
            self._found[table, column] = (
                pa.chunked_array([pa.array(own[column].astype("str"), kind)])
                if own is not None
                else self._lake.column(table, column)
            )
        return self._found[table, column]


@lru_cache(maxsize=4)
def _column_of(path: Path, column: str) -> pa.ChunkedArray:
    """A column of a lake file, whose name says its content; the same small ones are asked for by every partition."""
    return pq.read_table(path, columns=[column])[column]


def _folder(table: str, partition: Partition | None) -> Path:
    if partition is None:
        return Path(table)
    return Path(table) / f"kode_kabupaten={partition.kode_kabupaten}" / f"periode={partition.periode}"


def to_arrow(name: str, frame: pd.DataFrame) -> pa.Table:
    """A frame as the Arrow table that its declaration describes. Raises `KeyError` for other columns than declared."""
    schema = arrow_schema(name, frame)
    missing = [c for c in schema.names if c not in frame.columns]
    unknown = [c for c in frame.columns if c not in schema.names]
    if missing or unknown:
        raise KeyError(f"table {name}: missing columns {missing}, undeclared columns {unknown}")
    if frame.empty:
        return schema.empty_table()  # what a column without rows holds, pandas cannot say
    return pa.Table.from_pandas(frame[schema.names], schema=schema, preserve_index=False).replace_schema_metadata()


def _parquet(table: pa.Table) -> bytes:
    """The bytes of the table's file; the same rows give the same bytes, whatever lies in the slots of nulls."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    content: bytes = sink.getvalue().to_pybytes()
    return content


def to_pandas(table: pa.Table) -> pd.DataFrame:
    """Arrow to pandas by the conventions of `docs/architecture.md`: nullable integers and booleans, lists as lists."""
    nullable = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    frame: pd.DataFrame = table.to_pandas(types_mapper=nullable.get, date_as_object=False)
    for column in table.schema:
        values = frame[column.name]
        if pa.types.is_list(column.type):
            lists = [None if value is None else list(value) for value in values]
            frame[column.name] = pd.Series(lists, index=frame.index, dtype="object")
        elif pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
            frame[column.name] = values.astype("datetime64[us]")
        elif frame.empty:
            frame[column.name] = pd.Series([], dtype=values.dtype)  # pandas cannot merge text that has no chunk
    return frame

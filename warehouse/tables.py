"""The declared schema of every table, lake and warehouse alike: one file of data, `tables.yml`, and its readers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import yaml

from validation.directorates import directorates

SCHEMAS = ("intake", "records", "households", "referrals", "audit")
"""The schemas of the warehouse, in the order of the flow."""
ARROW_TYPES: dict[str, pa.DataType] = {
    "VARCHAR": pa.string(),
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
    "VARCHAR[]": pa.list_(pa.string()),
}


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    description: str


@dataclass(frozen=True)
class Table:
    """One declared table.

    `key`: the columns that no two rows share all of; empty: rows may repeat. `open`: which further columns the table
    may carry, typed as they come; empty: none. Of a lake table: `stage` is the one that writes it, `warehouse` the
    warehouse table that is a copy of it, `asset` the Dagster assets that show it (`room/name`, with `{directorate}`
    where each directorate has one). Of a warehouse table that is no copy: `sources` are its lake tables.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    open: str = ""
    stage: str = ""
    warehouse: str = ""
    asset: str = ""
    sources: tuple[str, ...] = ()

    def assets(self) -> tuple[str, ...]:
        """The Dagster assets that show this table."""
        if not self.asset:
            return ()
        return tuple(dict.fromkeys(self.asset.format(directorate=code) for code in directorates()))


@cache
def tables() -> dict[str, Table]:
    """All declared tables by name: of the lake, and (with a dot) of the warehouse where it differs.

    A declaration whose name holds `{directorate}` stands for one table a directorate. Raises `KeyError` for a type
    that is not in `ARROW_TYPES`.
    """
    declared = yaml.safe_load((Path(__file__).parent / "tables.yml").read_text(encoding="utf-8"))
    found: dict[str, Table] = {}
    for name, entry in declared.items():
        for directorate in directorates().values() if "{" in name else (None,):
            facts = {"directorate": directorate.kode, "nama": directorate.nama} if directorate else {}
            made = _table(name.format(**facts), entry["description"].format(**facts), entry)
            found[made.name] = made
    return found


def _table(name: str, description: str, entry: dict[str, Any]) -> Table:
    columns = tuple(Column(c, kind, text) for c, (kind, text) in entry["columns"].items())
    for column in columns:
        _ = ARROW_TYPES[column.type]
    return Table(
        name,
        description,
        columns,
        tuple(entry.get("key", ())),
        entry.get("open", ""),
        entry.get("stage", ""),
        entry.get("warehouse", ""),
        entry.get("asset", ""),
        tuple(entry.get("from", ())),
    )


def lake_tables(stage: str | None = None) -> dict[str, Table]:
    """The declared tables of the lake, or those that one stage writes, by name."""
    return {name: t for name, t in tables().items() if (t.stage == stage if stage else t.stage)}


@cache
def projection() -> dict[str, tuple[str, ...]]:
    """Each table of the warehouse and the lake tables it is made from, in the order of the schemas."""
    copies = {table.warehouse: (table.name,) for table in tables().values() if table.warehouse}
    made = {table.name: table.sources for table in tables().values() if table.sources}
    return {
        name: sources
        for schema in SCHEMAS
        for name, sources in (made | copies).items()
        if name.partition(".")[0] == schema
    }


def arrow_schema(table: str, frame: pd.DataFrame | None = None) -> pa.Schema:
    """The Arrow schema of a declared table; for an open table, with the further columns of `frame`."""
    declared = tables()[table]
    fields = [pa.field(c.name, ARROW_TYPES[c.type]) for c in declared.columns]
    if declared.open and frame is not None:
        known = {c.name for c in declared.columns}
        further = [c for c in frame.columns if c not in known]
        fields += list(pa.Schema.from_pandas(frame[further], preserve_index=False))
    return pa.schema(fields)

"""The declared schema of every table, lake and warehouse alike: one file of data, `tables.yml`, and its readers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd
import pyarrow as pa
import yaml

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
    """`key`: the columns that no two rows share all of; empty: rows may repeat. `open`: which further columns the
    table may carry, typed as they come; empty: none."""

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    open: str = ""


@cache
def tables() -> dict[str, Table]:
    """All declared tables by name: of the lake, and (with a dot) of the warehouse where it differs.

    Raises `KeyError` for a type that is not in `ARROW_TYPES`.
    """
    declared = yaml.safe_load((Path(__file__).parent / "tables.yml").read_text(encoding="utf-8"))
    found = {}
    for name, entry in declared.items():
        columns = tuple(Column(c, kind, text) for c, (kind, text) in entry["columns"].items())
        for column in columns:
            _ = ARROW_TYPES[column.type]
        found[name] = Table(name, entry["description"], columns, tuple(entry.get("key", ())), entry.get("open", ""))
    return found


def arrow_schema(table: str, frame: pd.DataFrame | None = None) -> pa.Schema:
    """The Arrow schema of a declared table; for an open table, with the further columns of `frame`."""
    declared = tables()[table]
    fields = [pa.field(c.name, ARROW_TYPES[c.type]) for c in declared.columns]
    if declared.open and frame is not None:
        known = {c.name for c in declared.columns}
        further = [c for c in frame.columns if c not in known]
        fields += list(pa.Schema.from_pandas(frame[further], preserve_index=False))
    return pa.schema(fields)

"""A finished run keeps every declaration: each table of the lake, each table and view of the warehouse."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from validation.borders import check_references, check_table
from warehouse.connection import opened
from warehouse.lake import Lake
from warehouse.projection import NOT_PROJECTED, declared_of
from warehouse.tables import arrow_schema, lake_tables, projection, tables


@pytest.mark.parametrize("name", [*projection(), *NOT_PROJECTED])
def test_a_table_or_view_of_the_warehouse_is_as_declared(finished: Path, name: str) -> None:
    declared = declared_of(name)
    with opened(finished / "warehouse.duckdb", read_only=True) as con:
        found = con.execute(f"FROM {name}").to_arrow_table()
    content = found.cast(pa.schema([*arrow_schema(declared.name), *list(found.schema)[len(declared.columns) :]]))
    check_table(declared, content)
    check_references(declared, content, Lake(finished / "lake").column)


@pytest.mark.parametrize("name", lake_tables())
def test_a_table_of_the_lake_is_as_declared_in_every_partition(finished: Path, name: str) -> None:
    lake = Lake(finished / "lake")
    files = lake.files(name)
    assert files, f"no stage wrote {name}"
    for file in files:
        content = pq.read_table(file)
        check_table(tables()[name], content)
        check_references(tables()[name], content, lake.column)

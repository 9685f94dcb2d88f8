"""Whether lake and warehouse are what they claim: every file against its digest, every table against its files."""

from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb

from warehouse.connection import opened
from warehouse.files import sha256_of
from warehouse.lake import DIGEST_LENGTH, Lake
from warehouse.projection import project
from warehouse.tables import lake_tables, projection

PRESENT_TABLES = "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE database_name = 'present'"


def damaged_files(lake: Lake) -> list[str]:
    """Files that a manifest lists and that are missing, or hold other bytes than their name says."""
    listed = {
        relative
        for stage in sorted({table.stage for table in lake_tables().values()})
        for manifest in lake.manifests(stage).values()
        for relative in manifest.files.values()
    }
    return [relative for relative in sorted(listed) if not _is_whole(lake.root / relative)]


def _is_whole(path: Path) -> bool:
    return path.is_file() and path.stem == f"part-{sha256_of(path)[:DIGEST_LENGTH]}"


def differing_tables(lake: Lake, warehouse: Path) -> list[str]:
    """Warehouse tables that hold other rows than the lake makes, found by projecting the lake anew beside it."""
    with tempfile.TemporaryDirectory(prefix=".verify-", dir=warehouse.parent) as folder:
        fresh = Path(folder) / "fresh.duckdb"
        project(lake, fresh)
        with opened(fresh, read_only=True) as con:
            path = str(warehouse).replace("'", "''")
            con.execute(f"ATTACH '{path}' AS present (READ_ONLY)").fetchall()
            there = {row[0] for row in con.execute(PRESENT_TABLES).fetchall()}
            return [name for name in projection() if name not in there or _differs(con, name)]


def _differs(con: duckdb.DuckDBPyConnection, name: str) -> bool:
    both = (("present.", "fresh."), ("fresh.", "present."))
    return any(
        con.execute(f"SELECT 1 FROM (FROM {a}{name} EXCEPT ALL FROM {b}{name}) LIMIT 1").fetchone() for a, b in both
    )

"""Whether lake and warehouse are what they claim: every file against its digest, every table against its files."""

from __future__ import annotations

from pathlib import Path

import duckdb

from warehouse.connection import opened
from warehouse.files import scratch_folder
from warehouse.lake import Lake
from warehouse.manifests import FOLDER as MANIFESTS
from warehouse.manifests import decoded, is_irreplaceable
from warehouse.projection import project
from warehouse.tables import projection
from warehouse.wholeness import SECOND_COPIES, is_whole

PRESENT_TABLES = "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE database_name = 'present'"


def damaged_files(lake: Lake) -> list[str]:
    """Manifests that cannot be read, files that they list and that are missing or hold other bytes than their names
    say, and second copies of which the same is true. Changes nothing."""
    found: set[str] = set()
    for folder in (lake.root, lake.root / SECOND_COPIES):
        for path in (folder / MANIFESTS).rglob("*.json"):
            try:
                listed = decoded(path.read_bytes()).files
            except (OSError, ValueError):
                found.add(path.relative_to(lake.root).as_posix())
                continue
            kept = listed.items() if folder == lake.root else [i for i in listed.items() if is_irreplaceable(i[0])]
            found |= {(folder / f).relative_to(lake.root).as_posix() for _, f in kept if not is_whole(folder / f)}
    return sorted(found)


def differing_tables(lake: Lake, warehouse: Path) -> list[str]:
    """Warehouse tables that hold other rows than the lake makes, found by projecting the lake anew beside it."""
    with scratch_folder(warehouse.parent) as folder:
        fresh = folder / "fresh.duckdb"
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

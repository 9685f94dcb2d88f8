"""The warehouse for many readers: its tables in a DuckLake, whose catalogue is a PostgreSQL database.

Danger: a DuckDB file has one writer, and who reads it over a network copies it. Remedy: files of columns in a folder or
in object storage, and a catalogue that says which of them count. Each DuckDB file that is shared (the warehouse, the
list of each directorate) has a *share*: a schema of the catalogue and a folder of its own, so that rights are given by
share. Files are encrypted; their keys are in the catalogue. A reader sees a snapshot, never half of one; each is named
by the run that it came from. There is one writer; a second one fails and changes nothing.

The extensions of DuckDB are optional dependencies, and are loaded from their packages: nothing is downloaded.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import duckdb

from warehouse.connection import literal, memory

EXTENSIONS = ("ducklake", "postgres_scanner", "httpfs")
"""The last one encrypts, and speaks to object storage."""
SHARE, SOURCE = "share", "source"
"""What the DuckLake, and the file that is shared, are attached as."""
ORPHANS_DAYS = 1
"""Files that a killed writer left are removed after so many days."""
DIGESTS = "digests"
TABLE = "TABLE"
_OBJECTS = f"""
SELECT schema_name || '.' || table_name AS name, '{TABLE}' AS kind, sql AS definition, comment, table_oid AS oid
FROM duckdb_tables() WHERE database_name = '{SOURCE}'
UNION ALL
SELECT schema_name || '.' || view_name, 'VIEW', sql, comment, view_oid
FROM duckdb_views() WHERE database_name = '{SOURCE}' AND NOT internal
ORDER BY kind, oid
"""


class ExtensionMissingError(Exception):
    """An extension of DuckDB is not installed."""


@dataclass(frozen=True)
class Share:
    """Where a file is shared. `catalogue`: what libpq takes, such as `host=db dbname=pmks`; `name`: the schema in it,
    and the folder below `files` (a path, or `s3://…`)."""

    catalogue: str
    files: str
    name: str

    @property
    def folder(self) -> str:
        return f"{self.files.rstrip('/')}/{self.name}/"


def share_file(source: Path, share: Share, run_id: str, keep_days: int) -> list[str]:
    """Bring a share in line with a DuckDB file in one transaction; return the tables that were replaced.

    `run_id` names the snapshot. Snapshots older than `keep_days` go, with their files; the last one stays. Raises
    `duckdb.Error` where catalogue or files cannot be reached, and then changes nothing; ExtensionMissingError.
    """
    with _attached(share) as con:
        con.execute(f"ATTACH {literal(str(source))} AS {SOURCE} (READ_ONLY)").fetchall()
        new, old = _digests(con), _digests_of_last(con)
        changed = [name for name in new if new[name] != old.get(name)]
        gone = [name for name in old if name not in new]
        if changed or gone:
            con.execute("BEGIN").fetchall()
            for name in gone:
                con.execute(f"DROP {_kind(old[name])} IF EXISTS {SHARE}.{name}").fetchall()
            for name in changed:
                _replace(con, name, _kind(new[name]))
            said = json.dumps({DIGESTS: new})
            con.execute(f"CALL {SHARE}.set_commit_message('pmks', ?, extra_info => ?)", [run_id, said]).fetchall()
            con.execute("COMMIT").fetchall()
        _let_go(con, keep_days)
    return [name for name in changed if _kind(new[name]) == TABLE]


@contextmanager
def opened_share(share: Share) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection that reads a share, as `share`."""
    with _attached(share, read_only=True) as con:
        yield con


@contextmanager
def _attached(share: Share, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    how = "READ_ONLY" if read_only else f"DATA_PATH {literal(share.folder)}, ENCRYPTED, DATA_INLINING_ROW_LIMIT 0"
    with memory() as con:
        for name in EXTENSIONS:
            con.execute(f"LOAD {literal(str(_extension(name)))}").fetchall()
        if share.files.startswith("s3://"):
            con.execute(_secret()).fetchall()
        address, schema = literal(f"ducklake:postgres:{share.catalogue}"), literal(share.name)
        con.execute(f"ATTACH {address} AS {SHARE} (METADATA_SCHEMA {schema}, {how})").fetchall()
        yield con
        con.execute("USE memory").fetchall()
        con.execute(f"DETACH {SHARE}").fetchall()  # closes what is open to the server


def _extension(name: str) -> Path:
    """The file of an extension, in its package."""
    package = find_spec(f"duckdb_extension_{name}")
    found = [file for folder in (package.submodule_search_locations or [] if package else [])
             for file in Path(folder).rglob(f"{name}.duckdb_extension")]  # fmt: skip
    if not found:
        raise ExtensionMissingError(name)
    return found[0]


def _secret() -> str:
    """The statement that tells DuckDB the keys of object storage: those of the environment, by their usual names."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    said = {
        "KEY_ID": os.environ.get("AWS_ACCESS_KEY_ID", ""),
        "SECRET": os.environ.get("AWS_SECRET_ACCESS_KEY", ""),
        "SESSION_TOKEN": os.environ.get("AWS_SESSION_TOKEN", ""),
        "REGION": os.environ.get("AWS_REGION", os.environ.get("AWS_DEFAULT_REGION", "")),
        "ENDPOINT": endpoint.partition("://")[2],
        "URL_STYLE": "path" if endpoint else "",
    }
    options = [f"{name} {literal(value)}" for name, value in said.items() if value]
    options += ["USE_SSL false"] if endpoint.startswith("http://") else []
    return f"CREATE SECRET ({', '.join(['TYPE s3', *options])})"


def _digests(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """For each table and then each view of the source, by name, its kind and a digest of all that it says."""
    out = {}
    for name, kind, definition, comment, _ in con.execute(_OBJECTS).fetchall():
        said = [definition, comment, _comments(con, name)]
        if kind == TABLE:
            said += con.execute(f"SELECT count(*), sum(hash(t)::HUGEINT) FROM {SOURCE}.{name} AS t").fetchall()
        out[name] = f"{kind} {sha256(repr(said).encode()).hexdigest()}"
    return out


def _digests_of_last(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The same as it was noted in the last snapshot that was made here."""
    notes = con.execute(
        f"SELECT commit_extra_info FROM {SHARE}.snapshots() WHERE commit_extra_info IS NOT NULL "
        "ORDER BY snapshot_id DESC LIMIT 1"
    ).fetchall()
    return dict(json.loads(notes[0][0])[DIGESTS]) if notes else {}


def _kind(digest: str) -> str:
    return digest.partition(" ")[0]


def _comments(con: duckdb.DuckDBPyConnection, name: str) -> list[tuple[str, str]]:
    """The columns of a table or view of the source that have comments, and these."""
    return con.execute(
        "SELECT column_name, comment FROM duckdb_columns() WHERE database_name = ? AND comment IS NOT NULL "
        "AND schema_name || '.' || table_name = ? ORDER BY column_index",
        [SOURCE, name],
    ).fetchall()


def _replace(con: duckdb.DuckDBPyConnection, name: str, kind: str) -> None:
    """Write a table or view of the source into the share, with its comments (columns of views can have none there)."""
    con.execute(f"USE {SHARE}").fetchall()
    con.execute(f"CREATE SCHEMA IF NOT EXISTS {name.partition('.')[0]}").fetchall()
    ((definition, comment),) = con.execute(
        f"SELECT definition, comment FROM ({_OBJECTS}) WHERE name = ?", [name]
    ).fetchall()
    if kind == TABLE:
        con.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM {SOURCE}.{name}").fetchall()
    else:
        con.execute(definition.replace("CREATE VIEW", "CREATE OR REPLACE VIEW", 1)).fetchall()
    if comment is not None:
        con.execute(f"COMMENT ON {kind} {name} IS {literal(comment)}").fetchall()
    for column, text in _comments(con, name) if kind == TABLE else ():
        con.execute(f'COMMENT ON COLUMN {name}."{column}" IS {literal(text)}').fetchall()
    con.execute("USE memory").fetchall()


def _let_go(con: duckdb.DuckDBPyConnection, keep_days: int) -> None:
    """Remove snapshots that are older than so many days, their files, and those of writers that were killed."""
    old = f"older_than => now() - INTERVAL {keep_days} DAY"
    con.execute(f"CALL ducklake_expire_snapshots('{SHARE}', {old})").fetchall()
    con.execute(f"CALL ducklake_cleanup_old_files('{SHARE}', cleanup_all => true)").fetchall()
    orphans = f"older_than => now() - INTERVAL {ORPHANS_DAYS} DAY"
    con.execute(f"CALL ducklake_delete_orphaned_files('{SHARE}', {orphans})").fetchall()

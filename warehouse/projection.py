"""The warehouse: a projection of the lake into one DuckDB file, replaced in a single transaction.

Danger: a reader sees records without their households, or referrals of an older run. Remedy: all tables change
in one transaction, after every stage has finished; a killed load leaves the file as it was. A table whose inputs
did not change is left alone, so that the cost follows what changed.
"""

from __future__ import annotations

import time
from pathlib import Path

import duckdb

from validation.directorates import directorates
from warehouse.code import code_digest
from warehouse.connection import opened
from warehouse.lake import Lake, digest_of
from warehouse.migrations import VERSION, FormatError, newer
from warehouse.tables import SCHEMAS, Table, arrow_schema, projection, tables

SQL = Path(__file__).parent / "sql"

VIEWS = ("audit.lineage",)
NOT_PROJECTED = (*VIEWS, "audit.projection", "audit.format")
"""What stands in the warehouse besides: views over its tables, what each table was made from, and its version."""

LOCK_PATIENCE_SECONDS = 120.0


def project(lake: Lake, target: Path, *, patience: float = LOCK_PATIENCE_SECONDS) -> dict[str, int]:
    """Bring the warehouse file in line with the lake. Returns the rows of each table that was replaced.

    Waits up to `patience` seconds for a reader that holds the file, then raises `duckdb.IOException`, which says
    who holds it. On any error the file stays as it was.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            with opened(target, read_only=False) as con:
                replaced = _replace_changed(con, lake)
            target.chmod(0o600)
            return replaced
        except duckdb.IOException as error:
            if "lock" not in str(error).lower() or time.monotonic() > deadline:
                raise
            time.sleep(1.0)


def _replace_changed(con: duckdb.DuckDBPyConnection, lake: Lake) -> dict[str, int]:
    replaced: dict[str, int] = {}
    con.execute("BEGIN").fetchall()
    for schema in SCHEMAS:
        con.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}").fetchall()
    _require_version(con)
    con.execute("CREATE TABLE IF NOT EXISTS audit.projection (name VARCHAR PRIMARY KEY, inputs VARCHAR)").fetchall()
    loaded = dict(con.execute("SELECT name, inputs FROM audit.projection").fetchall())
    definitions = code_digest(__name__)
    for name, sources in projection().items():
        inputs = digest_of(definitions, [[path.name for path in lake.files(source)] for source in sources])
        if loaded.get(name) == inputs:
            continue
        for source in sources:
            _expose(con, lake, source)
        con.execute(f"CREATE OR REPLACE TABLE {name} AS {_query(name, sources)}").fetchall()
        _describe(con, name)
        con.execute("INSERT OR REPLACE INTO audit.projection VALUES (?, ?)", [name, inputs]).fetchall()
        count = con.execute(f"SELECT count(*) FROM {name}").fetchone()
        replaced[name] = count[0] if count else 0
    if replaced:
        for script in sorted(SQL.glob("view.*.sql")):
            con.execute(_filled(script.read_text(encoding="utf-8"))).fetchall()
        for name in NOT_PROJECTED:
            _describe(con, name)
    con.execute("COMMIT").fetchall()
    return replaced


def _require_version(con: duckdb.DuckDBPyConnection) -> None:
    """Refuse a warehouse of a newer program, and write down that this one is of this program's version."""
    con.execute("CREATE TABLE IF NOT EXISTS audit.format (version BIGINT)").fetchall()
    found = con.execute("SELECT max(version) FROM audit.format").fetchall()[0][0]
    if found is not None and found > VERSION:
        raise FormatError(newer(Path("warehouse.duckdb"), found))
    if found != VERSION:
        con.execute("CREATE OR REPLACE TABLE audit.format AS SELECT ?::BIGINT AS version", [VERSION]).fetchall()
        _describe(con, "audit.format")


def _query(name: str, sources: tuple[str, ...]) -> str:
    """The query that makes a warehouse table: its script, that of its kind for a directorate's own, or a copy."""
    schema, _, table = name.partition(".")
    script, common = SQL / f"{name}.sql", SQL / f"{schema}.{{directorate}}.sql"
    if script.exists():
        return script.read_text(encoding="utf-8")
    if table in directorates() and common.exists():
        return _filled(common.read_text(encoding="utf-8"), directorate=table)
    return f"SELECT * FROM lake_{sources[0]}"


def _filled(script: str, directorate: str = "") -> str:
    """A script with `{directorate}` and `{every_directorate}` (the referrals of all, with whose they are) filled in."""
    each = (f"SELECT '{code}' AS directorate, * FROM referrals.{code}" for code in directorates())
    return script.replace("{directorate}", directorate).replace("{every_directorate}", " UNION ALL BY NAME ".join(each))


def _expose(con: duckdb.DuckDBPyConnection, lake: Lake, table: str) -> None:
    """Make the lake table visible as `lake_<table>`, with its declared types even when it has no rows yet."""
    paths = lake.whole_files(table)
    if not paths:
        con.register(f"lake_{table}", arrow_schema(table).empty_table())
        return
    listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW lake_{table} AS SELECT * FROM "
        f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"
    ).fetchall()


def declared_of(name: str) -> Table:
    """The declaration of a warehouse table or view: its own, or that of the lake table it is a copy of."""
    return tables().get(name) or tables()[projection()[name][0]]


def _describe(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """Put the declared descriptions on a table or view and its columns, for whoever opens the file years later."""
    declared = declared_of(name)
    kind = "VIEW" if name in VIEWS else "TABLE"
    con.execute(f"COMMENT ON {kind} {name} IS {_literal(declared.description)}").fetchall()
    present = {row[0] for row in con.execute(f"DESCRIBE {name}").fetchall()}
    for column in declared.columns:
        if column.name in present:
            con.execute(f'COMMENT ON COLUMN {name}."{column.name}" IS {_literal(column.description)}').fetchall()


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"

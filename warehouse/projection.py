"""The warehouse: a projection of the lake into one DuckDB file, replaced in a single transaction.

Danger: a reader sees records without their households, or referrals of an older run. Remedy: all tables change
in one transaction, after every stage has finished; a killed load leaves the file as it was. A table whose inputs
did not change is left alone, so that the cost follows what changed.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import duckdb
import pyarrow as pa

from validation.directorates import directorates
from warehouse.code import code_digest
from warehouse.column_lineage import column_lineage
from warehouse.connection import literal, opened
from warehouse.files import replacing
from warehouse.id_hashes import make_hash_of
from warehouse.kept_file import State, inputs_of, note_begun, note_left, set_aside, state_of
from warehouse.lake import Lake, digest_of
from warehouse.migrations import VERSION, FormatError, newer
from warehouse.repairs import note_repair
from warehouse.tables import SCHEMAS, Table, arrow_schema, projection, tables

SQL = Path(__file__).parent / "sql"

VIEWS = ("audit.checks", "audit.lineage", "audit.table_runs", "referrals.events")
MACROS = ("referrals.as_of",)
LINEAGE = "audit.column_lineage"
NOT_PROJECTED = (*VIEWS, LINEAGE, "audit.projection", "audit.format")
"""What stands in the warehouse besides: views over its tables, what its columns and tables were made from, and its
version."""

_MOST_MEMORY = "1GB"
"""What DuckDB keeps at most. It takes no longer with it for a million rows, and half of it is enough."""
LOCK_PATIENCE_SECONDS = 120.0
Result = TypeVar("Result")


def project(
    lake: Lake,
    target: Path,
    *,
    patience: float = LOCK_PATIENCE_SECONDS,
    before_it_counts: Callable[[], object] = lambda: None,
) -> dict[str, int]:
    """Bring the warehouse file in line with the lake. Returns the rows of each table that was replaced.

    A file that is not as the last projection left it (`kept_file.py`) is not added to: all tables are made anew beside
    it, and it is set aside. Waits up to `patience` seconds for a reader that holds the file, then raises
    `duckdb.IOException`, which says who holds it. On any error the file stays as it was.

    `before_it_counts`: what has to be done whenever tables were replaced; a file of which it was not done is made anew.
    """
    state, inputs = state_of(target), _inputs(lake)
    if state is State.LEFT and inputs_of(target) == inputs:
        return {}
    if state in (State.ABSENT, State.LEFT):
        replaced = _added_to(lake, target, patience)
    else:
        replaced = _made_anew(lake, target, patience, damaged=state is State.DIFFERENT)
    before_it_counts()
    note_left(target, inputs)
    return replaced


def _inputs(lake: Lake) -> str:
    """One hash over the definitions of all tables and the files that they are made from."""
    return digest_of(code_digest(__name__), [_sources(lake, sources) for sources in projection().values()])


def _sources(lake: Lake, sources: tuple[str, ...]) -> list[list[str]]:
    return [[path.name for path in lake.files(source)] for source in sources]


def _added_to(lake: Lake, target: Path, patience: float) -> dict[str, int]:
    """Replace what changed in the file. After an error nothing of it counts, and the file is whole as before."""
    before = inputs_of(target)
    note_begun(target)
    try:
        return _patiently(lambda: _bring_in_line(lake, target), patience)
    except Exception:
        if target.exists():
            with suppress(OSError):  # a full disk: the next projection makes all anew
                note_left(target, before)
        raise


def _bring_in_line(lake: Lake, target: Path) -> dict[str, int]:
    with lake.in_use(), opened(target, read_only=False) as con:
        con.execute("SET threads = 1").fetchall()  # several take twice the work, and hardly less time
        con.execute(f"SET memory_limit = '{_MOST_MEMORY}'").fetchall()
        make_hash_of(con)
        replaced = _replace_changed(con, lake)
    target.chmod(0o600)
    return replaced


def _made_anew(lake: Lake, target: Path, patience: float, *, damaged: bool) -> dict[str, int]:
    """Make all tables in a new file, which takes the place of the old one. Raises `FormatError` for one of a newer
    program."""
    with suppress(duckdb.CatalogException):  # no table says its version
        try:
            _patiently(lambda: _refuse_newer(target), patience)
        except duckdb.Error as error:
            if _is_locked(error):
                raise
    with replacing(target) as beside:
        replaced = _bring_in_line(lake, beside)
        if damaged:
            note_repair(lake.root, "warehouse", set_aside(target).name)
        note_begun(target)
        target.with_name(f"{target.name}.wal").unlink(missing_ok=True)
    return replaced


def _refuse_newer(target: Path) -> None:
    with opened(target, read_only=True) as con:
        _require_not_newer(con)


def _patiently(work: Callable[[], Result], patience: float) -> Result:
    """The result of `work`, which is tried for up to `patience` seconds while another process holds the file."""
    deadline = time.monotonic() + patience
    while True:
        try:
            return work()
        except duckdb.IOException as error:
            if not _is_locked(error) or time.monotonic() > deadline:
                raise
            time.sleep(1.0)


def _is_locked(error: duckdb.Error) -> bool:
    """Whether another process holds the file. (A damaged file is said to be so in some "block".)"""
    return "set lock on file" in str(error).lower()


def _replace_changed(con: duckdb.DuckDBPyConnection, lake: Lake) -> dict[str, int]:
    replaced: dict[str, int] = {}
    made_from: dict[str, str] = {}
    con.execute("BEGIN").fetchall()
    for schema in SCHEMAS:
        con.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}").fetchall()
    _require_version(con)
    con.execute("CREATE TABLE IF NOT EXISTS audit.projection (name VARCHAR PRIMARY KEY, inputs VARCHAR)").fetchall()
    loaded = dict(con.execute("SELECT name, inputs FROM audit.projection").fetchall())
    definitions = code_digest(__name__)
    for name, sources in projection().items():
        inputs = digest_of(definitions, _sources(lake, sources))
        if loaded.get(name) == inputs:
            continue
        for source in sources:
            _expose(con, lake, source)
        con.execute(f"CREATE OR REPLACE TABLE {name} AS {_query(name, sources)}").fetchall()
        describe(con, name)
        made_from[name] = inputs
        count = con.execute(f"SELECT count(*) FROM {name}").fetchone()
        replaced[name] = count[0] if count else 0
    if replaced:
        values = ", ".join(f"({literal(name)}, {literal(inputs)})" for name, inputs in made_from.items())
        con.execute(f"INSERT OR REPLACE INTO audit.projection VALUES {values}").fetchall()
        for script in sorted(SQL.glob("view.*.sql")):
            con.execute(_filled(script.read_text(encoding="utf-8"))).fetchall()
        con.register("edges", pa.Table.from_pylist([edge._asdict() for edge in column_lineage()]))
        con.execute(f"CREATE OR REPLACE TABLE {LINEAGE} AS SELECT * FROM edges").fetchall()
        con.unregister("edges")
        for name in NOT_PROJECTED:
            describe(con, name)
    con.execute("COMMIT").fetchall()
    return replaced


def _require_version(con: duckdb.DuckDBPyConnection) -> None:
    """Refuse a warehouse of a newer program, and write down that this one is of this program's version."""
    con.execute("CREATE TABLE IF NOT EXISTS audit.format (version BIGINT)").fetchall()
    found = _require_not_newer(con)
    if found != VERSION:
        con.execute("CREATE OR REPLACE TABLE audit.format AS SELECT ?::BIGINT AS version", [VERSION]).fetchall()
        describe(con, "audit.format")


def _require_not_newer(con: duckdb.DuckDBPyConnection) -> int | None:
    """The version that a warehouse says. Raises `FormatError` for one of a newer program."""
    found: int | None = con.execute("SELECT max(version) FROM audit.format").fetchall()[0][0]
    if found is not None and found > VERSION:
        raise FormatError(newer(Path("warehouse.duckdb"), found))
    return found


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
    """A script with `{directorate}`, `{every_check}` (the standing checks, one row each), `{every_source}` (the tables
    with what they are made from) and `{every_directorate}` (the referrals of all, with whose they are) filled in."""
    made = {
        "{directorate}": lambda: directorate,
        "{every_check}": _every_check,
        "{every_source}": _every_source,
        "{every_directorate}": _every_directorate,
    }
    for name, make in made.items():
        if name in script:
            script = script.replace(name, make())
    return script


def _every_directorate() -> str:
    """A query for the referrals of all directorates, each with whose it is."""
    each = (f"SELECT '{code}' AS directorate, * FROM referrals.{code}" for code in directorates())
    return " UNION ALL BY NAME ".join(each)


def _every_check() -> str:
    """A query that counts what each standing check finds (`checks.csv`), beside the query that lists the ids."""
    with (SQL / "checks.csv").open(encoding="utf-8", newline="") as lines:
        return " UNION ALL ".join(
            f'SELECT {literal(row["check"])} AS "check", {literal(row["title"])} AS title, '
            f"(SELECT count(*) FROM ({row['query']})) AS found, (SELECT count(*) FROM ({row['among']})) AS among, "
            f"{literal(row['source'])} AS source, {literal(_filled(row['query']))} AS query"
            for row in csv.DictReader(lines)
        )


def _every_source() -> str:
    """A query for each table of the warehouse, each lake table that it is made from, and the stage that writes that."""
    rows = ((name, source, tables()[source].stage) for name, sources in projection().items() for source in sources)
    values = ", ".join(f"({', '.join(literal(text) for text in row)})" for row in rows)
    return f'SELECT * FROM (VALUES {values}) AS t("table", source, stage)'


def _expose(con: duckdb.DuckDBPyConnection, lake: Lake, table: str) -> None:
    """Make the lake table visible as `lake_<table>`, with its declared types even when it has no rows yet."""
    paths = lake.whole_files(table)
    if not paths:
        con.register(f"lake_{table}", arrow_schema(table).empty_table())
        return
    listed = ", ".join(literal(str(path)) for path in paths)
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW lake_{table} AS SELECT * FROM "
        f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"
    ).fetchall()


def declared_of(name: str) -> Table:
    """The declaration of a warehouse table or view: its own, or that of the lake table it is a copy of."""
    return tables().get(name) or tables()[projection()[name][0]]


def make_macros(con: duckdb.DuckDBPyConnection) -> None:
    """Make the table functions over tables that are there."""
    for name in MACROS:
        con.execute(_filled((SQL / f"view.{name}.sql").read_text(encoding="utf-8"))).fetchall()


def describe(con: duckdb.DuckDBPyConnection, name: str, kind: str = "") -> None:
    """Put the declared descriptions on a table or view and its columns, for whoever opens the file years later.

    `kind`: `TABLE` for a view that stands there as a table.
    """
    declared = declared_of(name)
    kind = kind or ("VIEW" if name in VIEWS else "TABLE")
    present = {row[0] for row in con.execute(f"DESCRIBE {name}").fetchall()}
    said = [f"COMMENT ON {kind} {name} IS {literal(declared.description)}"]
    said += [
        f'COMMENT ON COLUMN {name}."{column.name}" IS {literal(column.description)}'
        for column in declared.columns
        if column.name in present
    ]
    con.execute("; ".join(said)).fetchall()

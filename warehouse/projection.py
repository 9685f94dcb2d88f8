"""The warehouse: a projection of the lake into one DuckDB file, replaced in a single transaction.

Danger: a reader sees records without their households, or referrals of an older run. Remedy: all tables change
in one transaction, after every stage has finished; a killed load leaves the file as it was. A table whose inputs
did not change is left alone, and of one that is made row by row only rows are made again that did, so that the cost
follows what changed.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import duckdb
import pyarrow as pa

from validation.directorates import directorates
from warehouse.changed_rows import changed
from warehouse.code import code_digest
from warehouse.column_lineage import column_lineage
from warehouse.connection import is_locked, is_mostly_deleted, literal, opened
from warehouse.files import replacing, sha256_of
from warehouse.id_hashes import make_hash_of
from warehouse.kept_file import State, inputs_of, note_begun, note_left, set_aside, state_of
from warehouse.lake import Lake, digest_of
from warehouse.last_look import last_look
from warehouse.made_from import keep_files, kept_files
from warehouse.migrations import VERSION, FormatError, newer
from warehouse.repairs import note_repair
from warehouse.tables import SCHEMAS, Table, arrow_schema, projection, tables
from warehouse.wholeness import is_whole

SQL = Path(__file__).parent / "sql"

VIEWS = ("audit.checks", "audit.lineage", "audit.table_runs", "referrals.events")
MACROS = ("referrals.as_of",)
LINEAGE = "audit.column_lineage"
NOT_PROJECTED = (*VIEWS, LINEAGE, "audit.projection", "audit.format")
"""What stands in the warehouse besides: views over its tables, what its columns and tables were made from, and its
version."""

MADE_BY = {
    "intake.rows": ("submission_id", "sheet", "row"),
    "intake.sources": ("submission_id", "sheet", "row"),
    "intake.submissions": ("submission_id",),
    "records.accepted": ("submission_id",),
    "records.findings": ("submission_id",),
    "households.links": ("record_id_l", "record_id_r"),
    "households.membership": ("record_id",),
    "referrals.{directorate}": ("referral_id",),
}
"""Columns of tables that a script makes: all rows with certain values there are made from those rows of each lake table
that have the same values in columns of the same names, and from no others. A copy is so made by those columns of its
key that are never null."""
_MOST_MEMORY = "1GB"
"""What DuckDB keeps at most. It takes no longer with it for a million rows, and half of it is enough."""
LOCK_PATIENCE_SECONDS = 120.0
Asked = TypeVar("Asked")
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
    with lake.in_use():
        lake = lake.with_fixed({tables()[source].stage for source in _sources_of_all()})
        state, inputs = state_of(target, last_look(lake.root).holds), _inputs(lake)
        if state is State.LEFT and inputs_of(target) == inputs:
            return {}
        if state in (State.ABSENT, State.LEFT):
            replaced = _added_to(lake, target, patience)
        else:
            replaced = _made_anew(lake, target, patience, damaged=state is State.DIFFERENT)
        keep_files(lake, _sources_of_all(), target)
    with _ahead(sha256_of, [target]) as sha256_left:
        before_it_counts()
        sha256 = sha256_left(target)
    note_left(target, inputs, sha256)
    last_look(lake.root).wrote(target, sha256)
    return replaced


def _sources_of_all() -> tuple[str, ...]:
    return tuple(dict.fromkeys(source for sources in projection().values() for source in sources))


def is_due(lake: Lake, target: Path) -> bool:
    """Whether the warehouse file was made from something else than the lake holds now, as far as its note says;
    nothing else is looked at."""
    return inputs_of(target) != _inputs(lake)


def _inputs(lake: Lake) -> str:
    """One hash over the definitions of all tables and the files that they are made from."""
    return digest_of(code_digest(__name__), [_sources(lake, sources) for sources in projection().values()])


def _sources(lake: Lake, sources: tuple[str, ...]) -> list[list[str]]:
    return [[file.rpartition("/")[2] for file in lake.listed_files(source)] for source in sources]


def _added_to(lake: Lake, target: Path, patience: float) -> dict[str, int]:
    """Replace what changed in the file. After an error nothing of it counts, and the file is whole as before."""
    before = inputs_of(target)
    note_begun(target)
    try:
        return _patiently(lambda: _bring_in_line(lake, target), patience)
    except Exception:
        if target.exists():
            with suppress(OSError):  # a full disk: the next projection makes all anew
                note_left(target, before, sha256_of(target))
        raise


def _bring_in_line(lake: Lake, target: Path) -> dict[str, int]:
    with opened(target, read_only=False) as con:
        con.execute("SET threads = 1").fetchall()  # several take twice the work, and hardly less time
        con.execute(f"SET memory_limit = '{_MOST_MEMORY}'").fetchall()
        make_hash_of(con)
        replaced = _replace_changed(con, lake, target)
    target.chmod(0o600)
    return replaced


def _made_anew(lake: Lake, target: Path, patience: float, *, damaged: bool) -> dict[str, int]:
    """Make all tables in a new file, which takes the place of the old one. Raises `FormatError` for one of a newer
    program."""
    with suppress(duckdb.CatalogException):  # no table says its version
        try:
            _patiently(lambda: _refuse_newer(target), patience)
        except duckdb.Error as error:
            if is_locked(error):
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
            if not is_locked(error) or time.monotonic() > deadline:
                raise
            time.sleep(1.0)


def _replace_changed(con: duckdb.DuckDBPyConnection, lake: Lake, target: Path) -> dict[str, int]:
    replaced: dict[str, int] = {}
    con.execute("BEGIN").fetchall()
    for schema in SCHEMAS:
        con.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}").fetchall()
    _require_version(con)
    con.execute("CREATE TABLE IF NOT EXISTS audit.projection (name VARCHAR PRIMARY KEY, inputs VARCHAR)").fetchall()
    loaded = dict(con.execute("SELECT name, inputs FROM audit.projection").fetchall())
    definitions = code_digest(__name__)
    earlier = _Earlier(lake, target, {name: inputs for name, inputs in loaded.items() if name in projection()})
    now = {name: digest_of(definitions, _sources(lake, sources)) for name, sources in projection().items()}
    made_from = {name: inputs for name, inputs in now.items() if loaded.get(name) != inputs}
    with _ahead(earlier.changed_rows, made_from) as changed_rows_of:
        for name in made_from:
            rows = changed_rows_of(name)
            if rows is None or is_mostly_deleted(con, name):
                _make_anew(con, lake, name)
            elif len(rows):
                _make_again(con, lake, name, rows)
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


@contextmanager
def _ahead(find: Callable[[Asked], Result], asked: Iterable[Asked]) -> Iterator[Callable[[Asked], Result]]:
    """What is found for each of some arguments, in their order, by a thread that goes ahead: DuckDB works meanwhile."""
    threads = ThreadPoolExecutor(1)
    found = {argument: threads.submit(find, argument) for argument in asked}
    try:
        yield lambda argument: found[argument].result()
    finally:
        threads.shutdown(cancel_futures=True)


class _Earlier:
    """The files that tables of the warehouse were made from, and which rows of the lake are others since then.

    `loaded`: what the tables say of that, by name.
    """

    def __init__(self, lake: Lake, warehouse: Path, loaded: Mapping[str, str]) -> None:
        self._lake, self._warehouse, self._loaded = lake, warehouse, loaded
        self._kept: dict[str, dict[str, Path]] = {}
        self._found: dict[tuple[str, tuple[str, ...]], list[pa.Table] | None] = {}

    def changed_rows(self, name: str) -> pa.Table | None:
        """The values, in the columns by which a table is made, of rows that changed. None where it has to be made anew:
        what it was made from is not known, or not by which columns, or too much changed."""
        by, sources = _made_by(name), projection()[name]
        names = [[path.name for path in self._files(source).values()] for source in sources]
        if not by or self._loaded.get(name) != digest_of(code_digest(__name__), names):
            return None
        found = [self._changed(source, by) for source in sources]
        rows = [table for each in found for table in each or ()]
        if None in found or any(column.null_count for table in rows for column in table.columns):
            return None
        return pa.concat_tables(rows) if rows else pa.table({})

    def _changed(self, source: str, by: tuple[str, ...]) -> list[pa.Table] | None:
        if (source, by) not in self._found:
            before, now = self._files(source), self._lake.files(source)
            whole = dict(zip(now, self._lake.whole_files(source), strict=True))
            after = {path.parent.relative_to(self._lake.root).as_posix(): whole[path] for path in now}
            replaced = {path for path in before.values() if path.name not in {other.name for other in now}}
            self._found[source, by] = changed(before, after, by) if all(map(is_whole, replaced)) else None
        return self._found[source, by]

    def _files(self, source: str) -> dict[str, Path]:
        if source not in self._kept:
            self._kept[source] = kept_files(self._warehouse, source)
        return self._kept[source]


def _made_by(name: str) -> tuple[str, ...]:
    """The columns by which a table is made (`MADE_BY`); none where that is not known."""
    script = _script(name)
    if script:
        return MADE_BY.get(script.stem, ())
    declared = declared_of(name)
    return tuple(column.name for column in declared.columns if column.name in declared.key and not column.nullable)


def _make_anew(con: duckdb.DuckDBPyConnection, lake: Lake, name: str) -> None:
    for source in projection()[name]:
        _expose(con, lake, source)
    con.execute(f"CREATE OR REPLACE TABLE {name} AS {_query(name)}").fetchall()
    describe(con, name)


def _make_again(con: duckdb.DuckDBPyConnection, lake: Lake, name: str, rows: pa.Table) -> None:
    """Replace the rows of a table that have the values of some of `rows`."""
    con.register("changed_rows", rows)
    columns = [f'"{column}"' for column in rows.column_names]
    same = " AND ".join(f"changed.{column} = {name}.{column}" for column in columns)
    con.execute(f"DELETE FROM {name} WHERE EXISTS (FROM changed_rows AS changed WHERE {same})").fetchall()
    for source in projection()[name]:
        _expose(con, lake, source, f"SEMI JOIN changed_rows USING ({', '.join(columns)})")
    con.execute(f"INSERT INTO {name} BY NAME {_query(name)}").fetchall()
    con.unregister("changed_rows")


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


def _script(name: str) -> Path | None:
    """The script that makes a table of the warehouse: its own, or that of its kind for a directorate's."""
    schema, _, table = name.partition(".")
    own, common = SQL / f"{name}.sql", SQL / f"{schema}.{{directorate}}.sql"
    if own.exists():
        return own
    return common if table in directorates() and common.exists() else None


def _query(name: str) -> str:
    """The query that makes a warehouse table: its script, or a copy."""
    script = _script(name)
    if script is None:
        return f"SELECT * FROM lake_{projection()[name][0]}"
    return _filled(script.read_text(encoding="utf-8"), directorate=name.partition(".")[2])


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


def _expose(con: duckdb.DuckDBPyConnection, lake: Lake, table: str, chosen: str = "") -> None:
    """Make the lake table visible as `lake_<table>`, with its declared types even when it has no rows yet.

    `chosen`: what leaves only some rows of it.
    """
    paths = lake.whole_files(table)
    if not paths:
        con.register(f"lake_{table}", arrow_schema(table).empty_table())
        return
    listed = ", ".join(literal(str(path)) for path in paths)
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW lake_{table} AS SELECT * FROM "
        f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false) {chosen}"
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

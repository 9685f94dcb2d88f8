"""The warehouse: a projection of the lake into one DuckDB file, replaced in a single transaction.

Danger: a reader sees records without their households, or referrals of an older run. Remedy: all tables change
in one transaction, after every stage has finished; a killed load leaves the file as it was. A table whose inputs
did not change is left alone, so that the cost follows what changed.
"""

from __future__ import annotations

import time
from pathlib import Path

import duckdb

from warehouse.connection import opened
from warehouse.lake import Lake, digest_of, digest_of_files
from warehouse.tables import Table, arrow_schema, declaration_files, tables

SQL = Path(__file__).parent / "sql"

STAGE_OF: dict[str, str] = {
    "submissions": "submissions",
    "receipts": "submissions",
    "unplaced_readings": "submissions",
    "registration_findings": "submissions",
    "readings": "rows",
    "ledger": "rows",
    "columns": "rows",
    "raw_rows": "rows",
    "intake_findings": "rows",
    "outcomes": "outcomes",
    "outcome_changes": "outcomes",
    "outcome_findings": "outcomes",
    "accepted": "records",
    "quarantined": "records",
    "findings": "records",
    "row_outcomes": "records",
    "membership": "households",
    "links": "households",
    "persons": "households",
    "households": "households",
    "identity_events": "households",
    "review_queue": "households",
    "referrals": "referrals",
    "unrouted": "referrals",
    "overlap": "referrals",
    "history": "referrals",
    "raw_answers": "submissions",
    "answers": "referrals",
    "answers_unknown": "referrals",
    "needs": "referrals",
    "quality": "quality",
    "runs": "runs",
    "rules": "referrals",
}
"""Which stage writes each lake table."""

PROJECTION: dict[str, tuple[str, ...]] = {
    "intake.submissions": ("submissions", "unplaced_readings", "readings", "outcomes", "row_outcomes"),
    "intake.receipts": ("receipts",),
    "intake.rows": ("ledger", "row_outcomes"),
    "intake.columns": ("columns",),
    "intake.changes": ("outcome_changes",),
    "records.accepted": ("accepted", "outcomes"),
    "records.quarantined": ("quarantined",),
    "records.findings": ("registration_findings", "intake_findings", "outcome_findings", "findings"),
    "records.quality": ("quality",),
    "households.membership": ("membership",),
    "households.links": ("links",),
    "households.persons": ("persons",),
    "households.households": ("households",),
    "households.events": ("identity_events",),
    "households.review_queue": ("review_queue",),
    "referrals.rehsos": ("referrals",),
    "referrals.dayasos": ("referrals",),
    "referrals.jamsos": ("referrals",),
    "referrals.unrouted": ("unrouted",),
    "referrals.overlap": ("overlap",),
    "referrals.history": ("history",),
    "referrals.answers": ("answers",),
    "referrals.answers_unknown": ("answers_unknown",),
    "referrals.needs": ("needs",),
    "audit.runs": ("runs",),
    "audit.rules": ("rules",),
}
"""Each warehouse table and the lake tables it is made from; how, stands in `sql/<schema>.<table>.sql`,
or it is the one lake table as it is."""

VIEWS = ("audit.lineage",)
NOT_PROJECTED = (*VIEWS, "audit.projection")
"""What stands in the warehouse besides: views over its tables, and what each table was made from."""

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
    for schema in sorted({name.split(".")[0] for name in PROJECTION}):
        con.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}").fetchall()
    con.execute("CREATE TABLE IF NOT EXISTS audit.projection (name VARCHAR PRIMARY KEY, inputs VARCHAR)").fetchall()
    loaded = dict(con.execute("SELECT name, inputs FROM audit.projection").fetchall())
    definitions = digest_of_files([*SQL.glob("*.sql"), *declaration_files()])
    for name, sources in PROJECTION.items():
        inputs = digest_of(definitions, [[p.name for p in lake.files(STAGE_OF[s], s)] for s in sources])
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
            con.execute(script.read_text(encoding="utf-8")).fetchall()
        for name in NOT_PROJECTED:
            _describe(con, name)
    con.execute("COMMIT").fetchall()
    return replaced


def _query(name: str, sources: tuple[str, ...]) -> str:
    script = SQL / f"{name}.sql"
    return script.read_text(encoding="utf-8") if script.exists() else f"SELECT * FROM lake_{sources[0]}"


def _expose(con: duckdb.DuckDBPyConnection, lake: Lake, table: str) -> None:
    """Make the lake table visible as `lake_<table>`, with its declared types even when it has no rows yet."""
    paths = lake.files(STAGE_OF[table], table)
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
    return tables().get(name) or tables()[PROJECTION[name][0]]


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
